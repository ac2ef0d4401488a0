import CConnector
public import Connectors
import EventModel
import Foundation
import Secrets

/// A connector of a library in the process of its author's tests, before it is in a library.
public struct LibraryTrial: Sendable {
    private let table: LibraryTable
    private let settings: [(name: String, value: String)]
    private let secrets: [String]

    /// - Parameter exported: What `export(_:to:)` of ConnectorKit gives.
    /// - Parameter settings: Checked as a worker checks them: numbers in digits, truths as true or false, durations in seconds or with their
    ///   unit, lists and maps as JSON, secrets in the clear. A relative path starts from the folder of the process.
    /// - Throws: What is wrong with the table or the settings.
    public init(_ exported: UnsafeRawPointer?, settings: [String: String]) throws(ConnectorError) {
        table = try LibraryTable(exported?.assumingMemoryBound(to: tessera_connector_table.self), of: "the connector")
        var (written, secrets) = (JSONObject(), [Secret]())
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            let kind = table.about.connector.settings.first { $0.name == name }?.kind
            if kind == .secret { secrets.append(Secret(value)) }
            written.set(name, Self.value(value, as: kind))
        }
        self.secrets = secrets.map(\.value)
        do throws(SettingsError) {
            let folder = FileManager.default.currentDirectoryPath
            self.settings = try table.about.checked(SettingObject(written, secrets: secrets)) { SettingsFolder(folder).path($0) }
        } catch {
            throw ConnectorError(.mendSettings, at: error.path.joined(separator: "."), error.problem, remedy: error.remedy)
        }
    }

    /// What a settings file would have there.
    private static func value(_ text: String, as kind: SettingDescriptor.Kind?) -> JSONValue {
        switch kind {
        case .integer, .number, .truth, .texts, .map: (try? JSONValue(parsing: text)) ?? .string(text)
        case .duration: .string(Int(text) == nil ? text : text + "s")
        default: .string(text)
        }
    }

    /// The source, made anew; it ends where nothing more is there.
    public func source() -> any Source { LibrarySource(connector: connector, interval: nil) }

    /// The destination, made anew.
    public func destination() -> any Destination { LibraryDestination(connector: connector) }

    private var connector: BlockingConnector {
        BlockingConnector(TableCalls(table, settings: settings, report: { _ in }), secrets: secrets)
    }
}
