public import EventModel
import Foundation

/// The kinds of source that an app offers, by name. A value: nothing is registered at import, and a test builds the registry it needs.
public struct SourceRegistry: Sendable {
    private let kinds: [any SourceSettings.Type]

    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any SourceSettings.Type]) {
        for (index, kind) in all.enumerated() {
            let name = kind.descriptor.name
            precondition(!all[..<index].contains { $0.descriptor.name.sameScalars(as: name) }, "two sources are called '\(name)'")
        }
        kinds = all
    }

    /// The kinds in the order they were given.
    public var descriptors: [ConnectorDescriptor] { kinds.map { $0.descriptor } }

    /// Checks the settings of a source of the kind called `name` and builds it.
    ///
    /// - Parameter settings: As they were written; see `ConnectorDescriptor.checked` for the others.
    /// - Throws: Everything that is wrong with them.
    public func makeSource(
        _ name: String, settings: JSONObject, besides known: [String] = [], environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) -> any Source {
        guard let kind = kinds.first(where: { $0.descriptor.name.sameScalars(as: name) }) else {
            let names = descriptors.map(\.name)
            let near = nearMatch(to: name, among: names).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsErrors([
                SettingsError(at: ["kind"], "there is no source `\(name)`", remedy: near + "There are: \(listed(names)).")
            ])
        }
        let checked = try kind.descriptor.checked(settings, besides: known, environment: environment)
        do throws(SettingsError) { return try make(kind, checked).makeSource(context) } catch { throw SettingsErrors([error]) }
    }

    private func make(_ kind: any SourceSettings.Type, _ settings: JSONObject) throws(SettingsError) -> any SourceSettings {
        do { return try JSONDecoder().decode(kind, from: Data(settings.text.utf8)) } catch {
            // The descriptor let it through: the type decodes something else than it says.
            throw SettingsError(
                at: [], "`\(kind.descriptor.name)` cannot read its own settings", remedy: "This is an error of the connector: \(error)")
        }
    }
}
