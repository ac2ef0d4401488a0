public import Connectors
public import EventModel
import Foundation
import Programs
import Records

/// Settings of `singer` as a source: a tap, and which messages its records are.
public struct SingerSourceSettings: SourceSettings {
    private struct Own: Decodable {
        var catalog: String?
        var discover: Bool?
        var streams: SettingObject?
        var userId: String?
        var every: Double?
        var idle: Double?
    }
    private let program: ProgramSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "singer", summary: "Runs any Singer tap, a program that reads another system, and maps its records to messages.",
        settings: [
            ProgramSettings.command("tap"),
            ProgramSettings.config("tap"),
            .optional("catalog", .text, "The file that says which streams and columns the tap reads (`--catalog`)."),
            .optional(
                "discover", .truth, "Whether the tap is asked for its streams before each run, and reads all of them.", usual: "false"),
            .optional(
                "streams", .object(withSecrets: false), "What records become: by a stream's name, a rule, a list of rules, or skip.",
                usual: "track messages named after the stream, with the record as properties"),
            .optional("userId", .text, "Whose messages are where a rule names nobody, such as .customer_id."),
            ProgramSettings.environment("tap"),
            .optional("every", .number(0.05...31_536_000), "How long after its end the tap is run again.", unit: "s", usual: "3600"),
            .optional(
                "idle", .number(0.05...604_800), "After how long without a word the tap is ended, and tried again.", unit: "s", usual: "600"
            ),
        ])

    public init(from decoder: any Decoder) throws {
        program = try ProgramSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks the rules; the tap is looked for when it is run.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        let idle = Duration.seconds(own.idle ?? 600)
        let tap = try program.makeProgram(
            context, patience: idle,
            .init(
                problem: "it said nothing for \(idle.inSeconds) seconds",
                remedy: "It is tried again; give it more time with `idle`, or see what it waits for."),
            example: "tap-postgres")
        if own.catalog != nil, own.discover == true {
            throw SettingsError(at: ["discover"], "there is a catalog already", remedy: "Write either catalog or discover: true.")
        }
        let mapping = try RecordMapping(streams: own.streams?.object ?? JSONObject(), userID: own.userId.map { .string($0) })
        if own.userId == nil, own.streams?.object.members.isEmpty ?? true {
            throw SettingsError(
                at: [], "nothing says whose the messages are",
                remedy: "Write userId with the member of the records that says it, such as .customer_id, or rules under streams.")
        }
        return SingerSource(
            tap: tap, selection: own.discover == true ? .everything : own.catalog.map { .file(context.path($0)) } ?? .tapsOwn,
            mapping: mapping, every: context.isRunOnce ? nil : .seconds(own.every ?? 3_600),
            now: context.now)
    }
}
