public import Connectors
public import EventModel

/// The connectors that a settings file names, checked: section `connectors`, a list.
public struct ConnectorPlan: Sendable {
    /// One of them.
    public struct Entry: Sendable {
        /// Its own name: what it left is kept under it, and its messages are counted under it.
        public var name: String
        /// The kind of source or destination.
        public var kind: String
        /// Whether it runs.
        public var isEnabled: Bool
        /// Messages a second, over time; nil: as fast as they come.
        public var rate: Double?
        /// How it is tried again.
        public var retry: RetryPolicy
        /// The source or destination itself.
        public var work: Work
        /// Everything that was written of it, and which schema it names: another text means that it is to be started anew.
        public var written: JSONObject
        /// The files with its secrets: where one holds another secret, it is to be started anew, too.
        var secrets: SecretFiles

        /// Whether it can go on as that one does.
        func isSame(as other: Entry) -> Bool { name == other.name && written == other.written && secrets == other.secrets }
    }
    /// What a connector does.
    public enum Work: Sendable {
        /// It brings messages.
        case source(any Source)
        /// It is given what the plan says.
        case destination(any Destination, DeliveryPlan)

        /// Looks at the other side once, and says in a sentence what it found.
        public func probe() async throws(ConnectorError) -> String {
            switch self {
            case .source(let source): try await source.probe()
            case .destination(let destination, _): try await destination.probe()
            }
        }
    }
    /// In their order; no two of one name.
    public var entries: [Entry] = []
    /// The caches that they may share.
    public var caches = CachePlan()

    /// No connector.
    public init() {}

    /// The files with secrets of all of them, and of the caches.
    var secrets: SecretFiles { entries.reduce(into: caches.secrets) { $0.formUnion($1.secrets) } }

    /// Settings that every connector has.
    static let common = ["name", "kind", "enabled", "rate", "retry"]
    private static let section = NamedEntries(
        word: "connector", most: 256, example: "- {name: nightly, kind: files, path: /var/lib/exports}",
        kept: "its position is kept under it")

    /// Checks a section.
    ///
    /// - Throws: Everything that is wrong with it, each with its path in the section.
    public init(
        settings: JSONValue, kinds: ConnectorRegistries, environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) {
        try Self.section.read(settings) { written, name, errors throws(SettingsErrors) in
            if let entry = try Self.entry(written, name, kinds, environment, context, &errors) { entries.append(entry) }
        }
    }

    /// - Returns: nil where `errors` are not empty.
    private static func entry(
        _ written: JSONObject, _ name: String, _ kinds: ConnectorRegistries, _ environment: [String: String], _ context: ConnectorContext,
        _ errors: inout [SettingsError]
    ) throws(SettingsErrors) -> Entry? {
        func read<Read>(_ fallback: Read, _ body: () throws(SettingsError) -> Read) -> Read {
            do throws(SettingsError) { return try body() } catch {
                errors.append(error)
                return fallback
            }
        }
        let kind = read("") { () throws(SettingsError) in
            guard let kind = written["kind"]?.asString, !kind.isEmpty else {
                throw SettingsError(
                    at: ["kind"], "the kind of connector is missing", remedy: "There are: \(listed(kinds.names)).")
            }
            return kind
        }
        let rate = read(nil) { () throws(SettingsError) in try number(written, "rate", 0.001...1e9, at: ["rate"]) }
        let isEnabled = read(true) { () throws(SettingsError) in
            guard let value = written["enabled"] else { return true }
            guard case .bool(let truth) = value else {
                throw SettingsError(at: ["enabled"], "this is not true or false", remedy: "Write true or false.")
            }
            return truth
        }
        let retry = read(RetryPolicy()) { () throws(SettingsError) in try Self.retry(written["retry"]) }
        if kind.isEmpty { return nil }
        var lent = context
        lent.report = { context.report("The connector \(name): \($0)") }
        let work: Work
        let isDestination = try kinds.isDestination(kind, written)
        // Before the secrets themselves: one that changes meanwhile is found to be another.
        let described = (isDestination ? kinds.destinations.descriptors : kinds.sources.descriptors).first { $0.name == kind }
        let secrets = SecretFiles(described?.secretFiles(in: written) ?? [])
        if isDestination {
            let described = kinds.described.first { $0.descriptor.name == kind && $0.role == "destination" }
            // All at once, so that a mistake is told with every setting that there is.
            _ = try described?.descriptor.checked(written, besides: common, environment: environment)
            let own = kinds.destinations.descriptors.first { $0.name == kind }?.settings.map(\.name) ?? []
            // A kind's own setting stands before one of all destinations that has its name.
            let others = DeliveryPlan.settings.map(\.name).filter { !own.contains($0) }
            let plan = try DeliveryPlan(written, kind: kind, besides: common + own, rate: rate, retry: retry)
            let destination = try kinds.destinations.make(
                kind, settings: written, besides: common + others, environment: environment, context: lent)
            work = .destination(destination, plan)
        } else {
            work = .source(
                try kinds.sources.make(kind, settings: written, besides: common, environment: environment, context: lent))
        }
        guard errors.isEmpty else { return nil }
        var told = written
        // Where its schema changes, it is another connector.
        if let identity = written["payload"]?.asString.flatMap({ context.payloads.identity(of: $0) }) {
            told.set("payload", .array([.string(written["payload"]?.asString ?? ""), .integer(Int64(identity))]))
        }
        return Entry(name: name, kind: kind, isEnabled: isEnabled, rate: rate, retry: retry, work: work, written: told, secrets: secrets)
    }

    private static func retry(_ value: JSONValue?) throws(SettingsError) -> RetryPolicy {
        var policy = RetryPolicy()
        guard let value else { return policy }
        let known = ["first", "longest", "maximumAge"]
        guard let object = value.asObject else {
            throw SettingsError(
                at: ["retry"], "this is not a map of \(listed(known))", remedy: "Write, in seconds, {first: 1, longest: 300}.")
        }
        for member in object.members where !known.contains(where: { $0.sameScalars(as: member.name) }) {
            let near = nearMatch(to: member.name, among: known).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsError(
                at: ["retry", member.name], "`retry` has no such setting", remedy: near + "It has: \(listed(known)), in seconds.")
        }
        if let first = try number(object, "first", 0.001...86_400, at: ["retry", "first"]) { policy.first = .seconds(first) }
        if let longest = try number(object, "longest", 0.001...86_400, at: ["retry", "longest"]) { policy.longest = .seconds(longest) }
        if object["first"] == nil { policy.first = min(policy.first, policy.longest) }
        guard policy.first <= policy.longest else {
            throw SettingsError(
                at: ["retry", "first"], "the bound of the first wait is above `longest`, that of any wait",
                remedy: "Write less, or a `longest` of as much or more: usually it is 300.")
        }
        if let age = try number(object, "maximumAge", 0...1e9, at: ["retry", "maximumAge"]) { policy.maximumAge = .seconds(age) }
        return policy
    }

    private static func number(
        _ object: JSONObject, _ name: String, _ range: ClosedRange<Double>, at path: [String]
    ) throws(SettingsError) -> Double? {
        guard let value = object[name] else { return nil }
        guard let number = value.asDouble, range.contains(number) else {
            let wanted = SettingDescriptor.Kind.number(range).wanted
            throw SettingsError(at: path, "this is not \(wanted)", remedy: "Write \(wanted).")
        }
        return number
    }
}

/// The kinds of connector that there are.
public struct ConnectorRegistries: Sendable {
    /// Those that bring messages.
    public var sources: SourceRegistry
    /// Those that are given records.
    public var destinations: DestinationRegistry

    /// Joins both.
    public init(sources: SourceRegistry, destinations: DestinationRegistry) { (self.sources, self.destinations) = (sources, destinations) }

    /// Every kind with its role, `source` or `destination`, and all settings that can be written for it.
    public var described: [(descriptor: ConnectorDescriptor, role: String)] {
        let given = destinations.descriptors.map { descriptor in
            var descriptor = descriptor
            let own = descriptor.settings.map(\.name)
            descriptor.settings += DeliveryPlan.settings.filter { !own.contains($0.name) }
            return (descriptor: descriptor, role: "destination")
        }
        return sources.descriptors.map { ($0, "source") } + given
    }

    /// Every name once, sources first.
    var names: [String] {
        let sources = sources.descriptors.map(\.name)
        return sources + destinations.descriptors.map(\.name).filter { !sources.contains($0) }
    }

    /// Whether a connector is a destination: its kind is none but that, or it says what is delivered.
    func isDestination(_ kind: String, _ written: JSONObject) throws(SettingsErrors) -> Bool {
        let isSource = sources.descriptors.contains { $0.name == kind }
        let isDestination = destinations.descriptors.contains { $0.name == kind }
        guard isSource || isDestination else {
            let near = nearMatch(to: kind, among: names).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsErrors([
                SettingsError(at: ["kind"], "there is no connector `\(kind)`", remedy: near + "There are: \(listed(names)).")
            ])
        }
        return isDestination && (!isSource || written["deliver"] != nil)
    }
}
