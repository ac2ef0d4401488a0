public import Connectors
public import EventModel
import Programs

/// Settings of `exec`: a program that is run once for each batch.
public struct ExecSettings: DestinationSettings {
    private struct Own: Decodable {
        var timeout: Double?
    }
    private let program: ProgramSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "exec", summary: "Runs a program for each batch, which reads the records as lines of JSON.",
        settings: [
            ProgramSettings.command("program"), ProgramSettings.environment("program"),
            .optional("timeout", .number(0.05...604_800), "After how long a run has failed that has not ended.", unit: "s", usual: "300"),
        ])

    public init(from decoder: any Decoder) throws {
        program = try ProgramSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// The program is looked for when it is run.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let timeout = Duration.seconds(own.timeout ?? 300)
        return ExecDestination(
            try program.makeProgram(
                context, patience: timeout,
                .init(
                    problem: "it did not end within \(timeout.inSeconds) seconds",
                    remedy: "It is tried again; give it more time with `timeout`, or less to do with `batchRecords`."),
                example: "./deliver.sh"))
    }
}
