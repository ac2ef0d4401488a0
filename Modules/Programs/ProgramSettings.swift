package import Connectors
package import EventModel

/// The settings that connectors which run a program share: which program it is, and what it is given.
package struct ProgramSettings: Decodable, Sendable {
    package var command: [String]
    var config: SettingObject?
    var environment: SettingObject?

    /// - Parameter word: What the program is: `tap`.
    package static func command(_ word: String) -> SettingDescriptor {
        .required("command", .texts, "The \(word) and its arguments, a text each; no shell reads them.")
    }

    /// - Parameter word: What the program is: `tap`.
    package static func config(_ word: String) -> SettingDescriptor {
        .optional(
            "config", .object(withSecrets: true),
            "The \(word)'s own settings, given to it as a file that nobody else can read (`--config`).")
    }

    /// - Parameter word: What the program is: `tap`.
    package static func environment(_ word: String) -> SettingDescriptor {
        .optional("environment", .object(withSecrets: true), "Variables that the \(word) is given beside the usual ones.")
    }

    /// The program; it is looked for when it is run.
    ///
    /// - Parameter example: A command, for sentences.
    package func makeProgram(
        _ context: ConnectorContext, patience: Duration, _ impatience: Program.Impatience, example: String
    ) throws(SettingsError) -> Program {
        guard let executable = command.first else {
            throw SettingsError(at: ["command"], "there is no program in it", remedy: "Write for example [\(example)].")
        }
        var variables: [String: String] = [:]
        for member in environment?.object.members ?? [] {
            guard let value = member.value.asString, !member.name.isEmpty, !member.name.utf8.contains(UInt8(ascii: "=")) else {
                throw SettingsError(at: ["environment", member.name], "this is not a text", remedy: "Write the variable in quotes.")
            }
            variables[member.name] = value
        }
        return Program(
            executable: executable.contains("/") ? context.path(executable) : executable, arguments: Array(command.dropFirst()),
            config: config?.object, variables: variables, folder: context.folder, patience: patience, impatience: impatience,
            secrets: (config?.secrets ?? []) + (environment?.secrets ?? []), report: context.report)
    }
}
