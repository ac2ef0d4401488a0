public import EventModel
import Foundation

/// The kinds of source that an app offers, by name. A value: nothing is registered at import, and a test builds the registry it needs.
public struct SourceRegistry: Sendable {
    private let kinds: ConnectorKinds<any SourceSettings>

    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any SourceSettings.Type]) {
        func kind(_ type: any SourceSettings.Type) -> ConnectorKinds<any SourceSettings>.Kind {
            .init(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0) }
        }
        kinds = ConnectorKinds("source", all.map(kind))
    }

    /// The kinds in the order they were given.
    public var descriptors: [ConnectorDescriptor] { kinds.descriptors }

    /// Checks the settings of a source of the kind called `name` and builds it.
    ///
    /// - Parameter settings: As they were written; see `ConnectorDescriptor.checked` for the others.
    /// - Throws: Everything that is wrong with them.
    public func makeSource(
        _ name: String, settings: JSONObject, besides known: [String] = [], environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) -> any Source {
        let decoded = try kinds.settings(name, settings, besides: known, environment: environment)
        do throws(SettingsError) { return try decoded.makeSource(context) } catch { throw SettingsErrors([error]) }
    }
}

/// The kinds of destination that an app offers, by name.
public struct DestinationRegistry: Sendable {
    private let kinds: ConnectorKinds<any DestinationSettings>

    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any DestinationSettings.Type]) {
        func kind(_ type: any DestinationSettings.Type) -> ConnectorKinds<any DestinationSettings>.Kind {
            .init(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0) }
        }
        kinds = ConnectorKinds("destination", all.map(kind))
    }

    /// The kinds in the order they were given.
    public var descriptors: [ConnectorDescriptor] { kinds.descriptors }

    /// Checks the settings of a destination of the kind called `name` and builds it.
    ///
    /// - Parameter settings: As they were written; see `ConnectorDescriptor.checked` for the others.
    /// - Throws: Everything that is wrong with them.
    public func makeDestination(
        _ name: String, settings: JSONObject, besides known: [String] = [], environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) -> any Destination {
        let decoded = try kinds.settings(name, settings, besides: known, environment: environment)
        do throws(SettingsError) { return try decoded.makeDestination(context) } catch { throw SettingsErrors([error]) }
    }
}

/// The kinds of enricher that an app offers, by name.
public struct EnricherRegistry: Sendable {
    private let kinds: ConnectorKinds<any EnricherSettings>

    /// Offers every kind in `all`, in that order; traps if two share a name.
    public init(_ all: [any EnricherSettings.Type]) {
        func kind(_ type: any EnricherSettings.Type) -> ConnectorKinds<any EnricherSettings>.Kind {
            .init(descriptor: type.descriptor) { try JSONDecoder().decode(type, from: $0) }
        }
        kinds = ConnectorKinds("enricher", all.map(kind))
    }

    /// The kinds in the order they were given.
    public var descriptors: [ConnectorDescriptor] { kinds.descriptors }

    /// Checks the settings of an enricher of the kind called `name` and builds it.
    ///
    /// - Parameter settings: As they were written; see `ConnectorDescriptor.checked` for the others.
    /// - Throws: Everything that is wrong with them.
    public func makeEnricher(
        _ name: String, settings: JSONObject, besides known: [String] = [], environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) -> any Enricher {
        let decoded = try kinds.settings(name, settings, besides: known, environment: environment)
        do throws(SettingsError) { return try decoded.makeEnricher(context) } catch { throw SettingsErrors([error]) }
    }
}
