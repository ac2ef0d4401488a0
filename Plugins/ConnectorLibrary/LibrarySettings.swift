public import Connectors
public import EventModel
import Secrets

/// Settings of `library`: a connector in a shared library, and what it is told.
public struct LibrarySettings: SourceSettings, DestinationSettings {
    var path: String
    var settings: SettingObject?
    var inProcess: Bool?
    var memory: Int?
    var interval: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "library", summary: "Runs a connector of a shared library, made with ConnectorKit or in C, in a process of its own.",
        settings: [
            .required("path", .text, "The library."),
            .optional(
                "settings", .object(withSecrets: true), "The connector's own settings: `connectors describe PATH` lists them.",
                usual: "none"),
            .optional(
                "inProcess", .truth, "Whether it runs in the worker itself: faster, and what traps or hangs there does so to the worker.",
                usual: "false"),
            .optional("memory", .integer(16...65_536), "What a process of its own may use.", unit: "MiB", usual: "1024"),
            .optional("interval", .number(0.01...86_400), "How long a source waits where nothing is there.", unit: "s", usual: "1"),
        ])

    /// Asks the library for its settings, in a process of its own where it runs in one, and checks what is written.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        LibrarySource(
            connector: try connector(.source, context),
            interval: context.isRunOnce ? nil : .seconds(interval ?? 1))
    }

    /// Asks the library for its settings, in a process of its own where it runs in one, and checks what is written.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        LibraryDestination(connector: try connector(.destination, context))
    }

    private func connector(_ role: LibraryDescriptor.Role, _ context: ConnectorContext) throws(SettingsError) -> BlockingConnector {
        let (path, bytes) = (context.path(path), (memory ?? 1_024) << 20)
        let table: LibraryTable?
        let about: LibraryDescriptor
        do throws(ConnectorError) {
            table = inProcess == true ? try LibraryTable(opening: path) : nil
            if let table { about = table.about } else { about = try HelperCalls.about(path, memory: bytes) }
        } catch { throw SettingsError(at: ["path"], "\(error.place): \(error.problem)", remedy: error.remedy) }
        guard about.role == role else {
            throw SettingsError(
                at: ["path"], "`\(about.connector.name)` is a \(about.role.rawValue)",
                remedy: about.role == .source ? "Take `deliver` away." : "Write what it is given: `deliver: [messages]`.")
        }
        let values = try about.checked(settings ?? SettingObject(JSONObject())) { context.path($0) }
        let secrets = settings?.secrets.map(\.value) ?? []
        let redaction = Redaction(secrets)
        let report: @Sendable (String) -> Void = { context.report(redaction($0)) }
        if let table { return BlockingConnector(TableCalls(table, settings: values, report: report), secrets: secrets) }
        // Who runs one by hand is shown what it prints.
        return BlockingConnector(
            HelperCalls(path, memory: bytes, settings: values, isShown: context.isRunOnce, report: report), secrets: secrets)
    }

    /// What a library says of itself, asked in a process of its own.
    public static func describe(_ path: String) throws(ConnectorError) -> (descriptor: ConnectorDescriptor, role: String) {
        let about = try HelperCalls.about(path, memory: 1 << 30)
        return (about.connector, about.role.rawValue)
    }
}
