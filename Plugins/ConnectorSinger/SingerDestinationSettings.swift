public import Connectors
public import EventModel
import Programs

/// Settings of `singer` as a destination: a target, and the streams that it is given.
public struct SingerDestinationSettings: DestinationSettings {
    private struct Own: Decodable {
        var streams: [String: String]?
        var objects: String?
        var acknowledgement: String?
        var perBatch: Bool?
        var timeout: Double?
    }
    private let program: ProgramSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "singer", summary: "Gives records to any Singer target, a program that writes into another system.",
        settings: [
            ProgramSettings.command("target"),
            ProgramSettings.config("target"),
            .optional(
                "streams", .map, "Names of the streams by what goes there: messages, memberships, profiles.", usual: "those words"),
            .optional(
                "objects", .word(TargetStreams.Nesting.allCases.map(\.rawValue)),
                "What properties, traits and other objects become: they stay objects, are given as a JSON text, or their members become "
                    + "columns.", usual: TargetStreams.Nesting.object.rawValue),
            .optional(
                "acknowledgement", .word(Acknowledgement.allCases.map(\.rawValue)),
                "What says that the target has a batch: it writes back the state behind it, or it ends with status 0.",
                usual: Acknowledgement.state.rawValue),
            .optional(
                "perBatch", .truth, "Whether the target is run for each batch, which ends its input; it runs on between them else.",
                usual: "false, and true where `acknowledgement` is exit"),
            ProgramSettings.environment("target"),
            .optional(
                "timeout", .number(0.05...604_800), "After how long a batch has failed that is not acknowledged.", unit: "s", usual: "300"),
        ])

    public init(from decoder: any Decoder) throws {
        program = try ProgramSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names; the target is looked for when it is run.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        let timeout = Duration.seconds(own.timeout ?? 300)
        let target = try program.makeProgram(
            context, patience: timeout,
            .init(
                problem: "it did not acknowledge a batch within \(timeout.inSeconds) seconds",
                remedy:
                    "It is tried again; give it more time with `timeout`, or write perBatch: true where it only writes states at its end."
            ),
            example: "target-csv")
        let usual = ["messages": "messages", "memberships": "memberships", "profiles": "profiles"]
        let names = try DeliveryPlaces(nil, at: "stream", usual.merging(own.streams ?? [:]) { $1 }, at: "streams") {
            name, path throws(SettingsError) in
            guard name.utf8.count <= MessageLimits.longestName else {
                throw SettingsError(at: path, "this name is too long", remedy: "Write at most \(MessageLimits.longestName) bytes.")
            }
        }
        guard names.all.count == usual.count else {
            throw SettingsError(
                at: ["streams"], "two streams have one name", remedy: "Give each a name of its own: their columns differ.")
        }
        let acknowledgement = own.acknowledgement.flatMap { Acknowledgement(rawValue: $0) } ?? .state
        if acknowledgement == .exit, own.perBatch == false {
            throw SettingsError(
                at: ["perBatch"], "a target that runs on does not end behind a batch",
                remedy: "Leave `perBatch` out, or let `acknowledgement` be state.")
        }
        return SingerDestination(
            target, streams: TargetStreams(names: names, nesting: own.objects.flatMap { TargetStreams.Nesting(rawValue: $0) } ?? .object),
            acknowledgement, isRunPerBatch: own.perBatch ?? (acknowledgement == .exit))
    }
}
