public import Connectors
import EventModel
import FormatPostHog
import FormatSegment
import Foundation

/// Makes connectors of settings, as a settings file has them in JSON.
public struct Trial: Sendable {
    private let secrets: [String: String]

    /// - Parameter password: What `env:PASSWORD` is in settings; `env:WRONG` is another one.
    public init(password: String) { secrets = ["PASSWORD": password, "WRONG": "hunter3-password"] }

    /// How much more a run with `TESSERA_LONG` does.
    public static let scale = ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 1 : 20

    /// What was made is of another type, or settings are no object.
    struct Unexpected: Error { let what: String }

    private func object(_ settings: String) throws -> JSONObject {
        guard let object = try JSONValue(parsing: Array(settings.utf8)).asObject else { throw Unexpected(what: settings) }
        return object
    }

    /// Makes a source of a kind.
    public func source<Made: Source>(
        _ kind: any SourceSettings.Type, _ settings: String, runsOnce: Bool = true, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Made {
        let formats = FormatRegistry([SegmentFormat.self, PostHogFormat.self])
        let source = try SourceRegistry([kind]).make(
            kind.descriptor.name, settings: object(settings), environment: secrets,
            context: ConnectorContext(formats: formats, folder: "/", isRunOnce: runsOnce, report: report))
        guard let source = source as? Made else { throw Unexpected(what: "\(source)") }
        return source
    }

    /// Makes a destination of a kind.
    public func destination<Made: Destination>(_ kind: any DestinationSettings.Type, _ settings: String) throws -> Made {
        let destination = try DestinationRegistry([kind]).make(
            kind.descriptor.name, settings: object(settings), environment: secrets,
            context: ConnectorContext(formats: FormatRegistry([]), folder: "/"))
        guard let destination = destination as? Made else { throw Unexpected(what: "\(destination)") }
        return destination
    }
}
