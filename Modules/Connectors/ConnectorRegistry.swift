public import EventModel
import Foundation

/// The kinds of source that an app offers, by name.
public typealias SourceRegistry = ConnectorRegistry<any Source>
/// The kinds of destination that an app offers, by name.
public typealias DestinationRegistry = ConnectorRegistry<any Destination>
/// The kinds of enricher that an app offers, by name.
public typealias EnricherRegistry = ConnectorRegistry<any Enricher>
/// The kinds of cache that an app offers, by name.
public typealias CacheRegistry = ConnectorRegistry<any Cache>

/// The kinds of one sort of connector that an app offers, by name. A value: nothing is registered at import, and a test builds the registry
/// it needs.
public struct ConnectorRegistry<Made>: Sendable {
    /// One kind.
    private struct Kind: Sendable {
        var descriptor: ConnectorDescriptor
        var make: @Sendable (Data, ConnectorContext) throws -> Made
    }
    /// What they are, for sentences: `source`.
    private let word: String
    private let kinds: [Kind]

    private init(_ word: String, _ kinds: [Kind]) {
        for (index, kind) in kinds.enumerated() {
            let name = kind.descriptor.name
            precondition(!kinds[..<index].contains { $0.descriptor.name.sameScalars(as: name) }, "two \(word)s are called '\(name)'")
        }
        (self.word, self.kinds) = (word, kinds)
    }

    /// The kinds in the order they were given.
    public var descriptors: [ConnectorDescriptor] { kinds.map(\.descriptor) }

    /// Checks the settings of a connector of the kind called `name` and builds it.
    ///
    /// - Parameter settings: As they were written.
    /// - Parameter known: Settings of others that may stand beside them; see `ConnectorDescriptor.checked`.
    /// - Throws: Everything that is wrong with them.
    public func make(
        _ name: String, settings: JSONObject, besides known: [String] = [], environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) -> Made {
        guard let kind = kinds.first(where: { $0.descriptor.name.sameScalars(as: name) }) else {
            let names = descriptors.map(\.name)
            let near = nearMatch(to: name, among: names).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsErrors([
                SettingsError(at: ["kind"], "there is no \(word) `\(name)`", remedy: near + "There are: \(listed(names)).")
            ])
        }
        let checked = try kind.descriptor.checked(settings, besides: known, environment: environment)
        do { return try kind.make(Data(checked.text.utf8), context) } catch let error as SettingsError {
            throw SettingsErrors([error])
        } catch {
            // The descriptor let it through: the type decodes something else than it says.
            throw SettingsErrors([
                SettingsError(
                    at: [], "`\(kind.descriptor.name)` cannot read its own settings",
                    remedy: "This is an error of the connector: \(error)")
            ])
        }
    }
}

extension ConnectorRegistry where Made == any Source {
    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any SourceSettings.Type]) {
        func kind(_ type: any SourceSettings.Type) -> Kind {
            Kind(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0).makeSource($1) }
        }
        self.init("source", all.map(kind))
    }
}

extension ConnectorRegistry where Made == any Destination {
    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any DestinationSettings.Type]) {
        func kind(_ type: any DestinationSettings.Type) -> Kind {
            Kind(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0).makeDestination($1) }
        }
        self.init("destination", all.map(kind))
    }
}

extension ConnectorRegistry where Made == any Enricher {
    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any EnricherSettings.Type]) {
        func kind(_ type: any EnricherSettings.Type) -> Kind {
            Kind(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0).makeEnricher($1) }
        }
        self.init("enricher", all.map(kind))
    }
}

extension ConnectorRegistry where Made == any Cache {
    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any CacheSettings.Type]) {
        func kind(_ type: any CacheSettings.Type) -> Kind {
            Kind(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0).makeCache($1) }
        }
        self.init("cache", all.map(kind))
    }
}
