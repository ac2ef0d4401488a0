import EventModel
import Foundation

/// Kinds of one sort of connector by their names, and how what is written of one becomes its settings.
struct ConnectorKinds<Settings>: Sendable {
    /// One kind.
    struct Kind: Sendable {
        var descriptor: ConnectorDescriptor
        var decode: @Sendable (Data) throws -> Settings
    }
    private let word: String
    private let kinds: [Kind]

    /// Traps if two share a name.
    ///
    /// - Parameter word: What they are, for sentences: `source`.
    init(_ word: String, _ kinds: [Kind]) {
        for (index, kind) in kinds.enumerated() {
            let name = kind.descriptor.name
            precondition(!kinds[..<index].contains { $0.descriptor.name.sameScalars(as: name) }, "two \(word)s are called '\(name)'")
        }
        (self.word, self.kinds) = (word, kinds)
    }

    var descriptors: [ConnectorDescriptor] { kinds.map(\.descriptor) }

    /// Checks what is written of a connector of the kind called `name`; see `ConnectorDescriptor.checked`.
    func settings(
        _ name: String, _ written: JSONObject, besides known: [String], environment: [String: String]
    ) throws(SettingsErrors) -> Settings {
        guard let kind = kinds.first(where: { $0.descriptor.name.sameScalars(as: name) }) else {
            let names = descriptors.map(\.name)
            let near = nearMatch(to: name, among: names).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsErrors([
                SettingsError(at: ["kind"], "there is no \(word) `\(name)`", remedy: near + "There are: \(listed(names)).")
            ])
        }
        let checked = try kind.descriptor.checked(written, besides: known, environment: environment)
        do { return try kind.decode(Data(checked.text.utf8)) } catch {
            // The descriptor let it through: the type decodes something else than it says.
            throw SettingsErrors([
                SettingsError(
                    at: [], "`\(kind.descriptor.name)` cannot read its own settings",
                    remedy: "This is an error of the connector: \(error)")
            ])
        }
    }
}
