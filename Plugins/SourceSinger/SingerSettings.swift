public import Connectors
public import EventModel
import Foundation
import Records

/// Settings of `singer`: a program that speaks the Singer specification, and which messages its records are.
public struct SingerSettings: SourceSettings {
    var command: [String]
    var config: SettingObject?
    var catalog: String?
    var discover: Bool?
    var streams: SettingObject?
    var userId: String?
    var environment: SettingObject?
    var every: Double?
    var idle: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "singer", summary: "Runs any Singer tap, a program that reads another system, and maps its records to messages.",
        settings: [
            .required("command", .texts, "The tap and its arguments, a text each; no shell reads them."),
            .optional(
                "config", .object(withSecrets: true),
                "The tap's own settings, given to it as a file that nobody else can read (`--config`)."),
            .optional("catalog", .text, "The file that says which streams and columns the tap reads (`--catalog`)."),
            .optional(
                "discover", .truth, "Whether the tap is asked for its streams before each run, and reads all of them.", usual: "false"),
            .optional(
                "streams", .object(withSecrets: false), "What records become: by a stream's name, a rule, a list of rules, or skip.",
                usual: "track messages named after the stream, with the record as properties"),
            .optional("userId", .text, "Whose messages are where a rule names nobody, such as .customer_id."),
            .optional("environment", .object(withSecrets: true), "Variables that the tap is given beside the usual ones."),
            .optional("every", .number(0.05...31_536_000), "How long after its end the tap is run again.", unit: "s", usual: "3600"),
            .optional(
                "idle", .number(0.05...604_800), "After how long without a word the tap is ended, and tried again.", unit: "s", usual: "600"
            ),
        ])

    /// Checks the rules; the tap is looked for when it is run.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        guard let program = command.first else {
            throw SettingsError(at: ["command"], "there is no program in it", remedy: "Write for example [tap-postgres].")
        }
        if catalog != nil, discover == true {
            throw SettingsError(at: ["discover"], "there is a catalog already", remedy: "Write either catalog or discover: true.")
        }
        var variables: [String: String] = [:]
        for member in environment?.object.members ?? [] {
            guard let value = member.value.asString, !member.name.isEmpty, !member.name.utf8.contains(UInt8(ascii: "=")) else {
                throw SettingsError(at: ["environment", member.name], "this is not a text", remedy: "Write the variable in quotes.")
            }
            variables[member.name] = value
        }
        let mapping = try RecordMapping(streams: streams?.object ?? JSONObject(), userID: userId.map { .string($0) })
        if userId == nil, streams?.object.members.isEmpty ?? true {
            throw SettingsError(
                at: [], "nothing says whose the messages are",
                remedy: "Write userId with the member of the records that says it, such as .customer_id, or rules under streams.")
        }
        let tap = Tap(
            program: program.contains("/") ? context.path(program) : program, arguments: Array(command.dropFirst()),
            config: config?.object, variables: variables, folder: context.folder, idle: .seconds(idle ?? 600),
            secrets: ((config?.secrets ?? []) + (environment?.secrets ?? [])), report: context.report)
        return SingerSource(
            tap: tap, selection: discover == true ? .everything : catalog.map { .file(context.path($0)) } ?? .tapsOwn, mapping: mapping,
            every: context.isRunOnce ? nil : .seconds(every ?? 3_600),
            now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) })
    }
}
