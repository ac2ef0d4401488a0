import BuiltIn
import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Platform
import Testing

/// Every kind of connector that the apps offer, by the settings of its sample.
@Suite struct ConnectorSettingsTests {
    private static let plugins = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Plugins").standardized.path

    /// A library's settings are its own, and it must be there.
    static let samples: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: plugins)) ?? []).sorted().filter { plugin in
        plugin != "ConnectorLibrary" && ["Connector", "Destination", "Source"].contains { plugin.hasPrefix($0) }
    }

    @Test(arguments: samples, SettingsContract.allCases)
    func `a kind of connector keeps the promises of its settings`(plugin: String, promise: SettingsContract) throws {
        let path = "\(Self.plugins)/\(plugin)/sample.yaml"
        let kinds = Plugins.builtIn.connectors
        // One that a database takes, and one that a webhook takes: the others take any.
        let secret =
            plugin == "ConnectorPostgres" ? "postgresql://ada@host/shop" : "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        let names = try String(contentsOfFile: path, encoding: .utf8).matches(of: /env:([A-Z0-9_]+)/).map { (String($0.output.1), secret) }
        let environment = Dictionary(names) { first, _ in first }
        let context = ConnectorContext(formats: Plugins.builtIn.formats, folder: "\(Self.plugins)/\(plugin)")
        var tried = 0
        for written in try SettingsFile(path: path)["connectors"]?.asArray ?? [] {
            guard let written = written.asObject, let kind = written["kind"]?.asString else { continue }
            func own(_ descriptors: [ConnectorDescriptor]) -> JSONObject? {
                guard let names = descriptors.first(where: { $0.name == kind })?.settings.map(\.name) else { return nil }
                return JSONObject(written.members.filter { names.contains($0.name) })
            }
            if written["deliver"] == nil, let settings = own(kinds.sources.descriptors) {
                try promise.verify(kinds.sources, kind, settings: settings, environment: environment, context: context)
            } else if let settings = own(kinds.destinations.descriptors) {
                try promise.verify(kinds.destinations, kind, settings: settings, environment: environment, context: context)
            } else {
                continue
            }
            tried += 1
        }
        // What was left out of the build is not offered.
        #expect(tried > 0 || !Plugins.builtIn.connectors.described.contains { plugin.lowercased().hasSuffix($0.descriptor.name) })
    }
}
