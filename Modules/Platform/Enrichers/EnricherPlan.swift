public import Connectors
public import EventModel

/// The enrichers that a settings file names, checked: section `enrichers`, a list.
public struct EnricherPlan: Sendable {
    /// One of them.
    public struct Entry: Sendable {
        /// Its own name: `context.source` of what it gives.
        public var name: String
        /// What it is: the word of `kind:`.
        public var kind: String
        /// Kinds of message that it is asked about.
        public var kinds: Set<Message.Kind>
        /// Names of the track messages that it is asked about; nil: all.
        public var events: [String]?
        /// `context.purpose` of what it gives, unless it says another.
        public var purpose: String
        /// For how long that holds, unless it says otherwise; nil: until other traits take its place.
        public var timeToLive: Duration?
        /// The enricher itself.
        public var enricher: any Enricher

        /// Whether it is asked about a message.
        func isAsked(about message: Message) -> Bool {
            guard kinds.contains(message.kind) else { return false }
            guard let events, message.kind == .track else { return true }
            return message.event.map { event in events.contains { $0.sameScalars(as: event) } } ?? false
        }
    }
    /// In their order; no two of one name.
    public var entries: [Entry] = []

    /// No enricher.
    public init() {}

    /// What can be written for every kind of enricher beside `name` and `kind`.
    public static let settings: [SettingDescriptor] = [
        .required("purpose", .text, "What the traits may be used for: `context.purpose` of the messages that carry them."),
        .optional(
            "ttl", .duration(.seconds(1)...(.seconds(86_400 * 36_500))), "For how long the traits hold.", usual: "until others replace them"
        ),
        .optional("types", .texts, "Only messages of these kinds: track, identify, page, screen, group.", usual: "all of them"),
        .optional("events", .texts, "Only track messages of these names.", usual: "all"),
        .optional("enabled", .truth, "Whether it is asked.", usual: "true"),
    ]
    private static let section = NamedEntries(
        word: "enricher", most: 64, example: "- {name: regions, kind: table, ...}",
        kept: "what it gives is known by it")
    /// An alias says who somebody is and nothing about anybody.
    private static let kinds = Message.Kind.allCases.filter { $0 != .alias }

    /// Checks a section.
    ///
    /// - Throws: Everything that is wrong with it, each with its path in the section.
    public init(
        settings: JSONValue, kinds: EnricherRegistry, environment: [String: String], context: ConnectorContext
    ) throws(SettingsErrors) {
        try Self.section.read(settings) { written, name, errors throws(SettingsErrors) in
            guard let entry = try Self.entry(written, name, kinds, environment, context, &errors) else { return }
            if written["enabled"] != .bool(false) { entries.append(entry) }
        }
    }

    /// - Returns: nil where `errors` are not empty.
    private static func entry(
        _ written: JSONObject, _ name: String, _ registry: EnricherRegistry, _ environment: [String: String], _ context: ConnectorContext,
        _ errors: inout [SettingsError]
    ) throws(SettingsErrors) -> Entry? {
        guard let kind = written["kind"]?.asString, !kind.isEmpty else {
            let known = registry.descriptors.map(\.name)
            errors.append(SettingsError(at: ["kind"], "the kind of enricher is missing", remedy: "There are: \(listed(known))."))
            return nil
        }
        let kinds = read(written["types"], into: &errors)
        let own = registry.descriptors.first { $0.name.sameScalars(as: kind) }
        if var described = own {
            // All at once, so that a mistake is told with every setting that there is.
            described.settings += settings
            do throws(SettingsErrors) {
                _ = try described.checked(written, besides: ["name", "kind"], environment: environment)
            } catch { errors += error.errors }
        }
        guard errors.isEmpty else { return nil }
        var lent = context
        lent.report = { context.report("The enricher \(name): \($0)") }
        let enricher = try registry.make(
            kind, settings: written, besides: ["name", "kind"] + settings.map(\.name), environment: environment, context: lent)
        return Entry(
            name: name, kind: kind, kinds: kinds, events: written["events"]?.asArray?.compactMap(\.asString),
            purpose: written["purpose"]?.asString ?? "", timeToLive: written["ttl"]?.asString.flatMap { Duration(text: $0) },
            enricher: enricher)
    }

    /// Kinds of message by their words.
    private static func read(_ types: JSONValue?, into errors: inout [SettingsError]) -> Set<Message.Kind> {
        guard let words = types?.asArray else { return Set(kinds) }
        var read: Set<Message.Kind> = []
        for (index, word) in words.compactMap(\.asString).enumerated() {
            guard let kind = kinds.first(where: { $0.word.sameScalars(as: word) }) else {
                let near = nearMatch(to: word, among: kinds.map(\.word)).map { "Did you mean `\($0)`? " } ?? ""
                errors.append(
                    SettingsError(
                        at: ["types", "\(index)"], "there is no such kind of message",
                        remedy: near + "Choose from: \(listed(kinds.map(\.word)))."))
                continue
            }
            read.insert(kind)
        }
        return read
    }
}

extension EnricherRegistry {
    /// Every kind with its role, and all settings that can be written for it.
    public var described: [(descriptor: ConnectorDescriptor, role: String)] {
        descriptors.map { descriptor in
            var descriptor = descriptor
            descriptor.settings += EnricherPlan.settings
            return (descriptor: descriptor, role: "enricher")
        }
    }
}
