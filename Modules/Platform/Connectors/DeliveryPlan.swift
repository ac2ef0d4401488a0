public import Connectors
public import EventModel

/// What a destination of a settings file is to be given, and how.
public struct DeliveryPlan: Sendable, Hashable {
    /// What it is given.
    public let kinds: Set<DeliveryBatch.Kind>
    /// Names of the track messages it is given; nil: of any name.
    public let events: [String]?
    /// The kinds of message it is given; nil: all.
    public let types: Set<Message.Kind>?
    /// Segments whose memberships it is given; nil: all.
    public let segments: [String]?
    /// Traits that stand beside memberships, each name once; nil: memberships have no member for them.
    public let traits: [String]?
    /// Whether the profiles that there are already are given, too.
    public let givesExisting: Bool
    /// How it is driven.
    public let policy: DestinationRunner.Policy

    private static let words: [(word: String, kind: DeliveryBatch.Kind)] = [
        ("messages", .message), ("memberships", .membership), ("profiles", .profile),
    ]

    /// Names of traits, at most: they are read for each membership.
    static let mostTraits = 32

    /// Settings that every destination has beside its own.
    public static let settings: [SettingDescriptor] = [
        .required("deliver", .texts, "What it is given: \(listed(words.map(\.word)))."),
        .optional("events", .texts, "Only track messages of these names.", usual: "any"),
        .optional("types", .texts, "Only messages of these kinds: \(listed(Message.Kind.allCases.map(\.word))).", usual: "all"),
        .optional("segments", .texts, "Only memberships of these segments.", usual: "all"),
        .optional(
            "traits", .texts, "Traits of the person that stand beside each membership, at most \(mostTraits): email, firstName.",
            usual: "none"),
        .optional("existing", .truth, "Whether the profiles that there are already are given, too, once.", usual: "false"),
        .optional("batchRecords", .integer(1...100_000), "Records at once, at most.", usual: "500"),
        .optional("batchBytes", .integer(1_024...(16 << 20)), "Bytes of records at once, about.", unit: "bytes", usual: "1048576"),
        .optional("batchWait", .number(0...3_600), "How long the first record of a batch waits for others.", unit: "s", usual: "1"),
        .optional("breakerFailures", .integer(1...1_000), "Failures in a row after which nothing is tried for a while.", usual: "5"),
        .optional("breakerRest", .number(0.001...86_400), "How long nothing is tried then.", unit: "s", usual: "60"),
    ]

    /// Reads a destination's settings; those of its kind are left out.
    ///
    /// - Parameter known: Names that whoever reads the settings knows itself.
    /// - Throws: Everything that is wrong with them.
    init(_ written: JSONObject, kind: String, besides known: [String], rate: Double?, retry: RetryPolicy) throws(SettingsErrors) {
        let settings = try ConnectorDescriptor(name: kind, summary: "", settings: Self.settings)
            .checked(written, besides: known, environment: [:])
        func texts(_ name: String) -> [String]? { settings[name]?.asArray.map { $0.compactMap(\.asString) } }
        var errors: [SettingsError] = []
        let meanings = [
            ("deliver", "Write what it is to be given: [messages], for example."), ("events", "Leave it out for events of any name."),
            ("types", "Leave it out for all kinds."), ("segments", "Leave it out for all segments."),
        ]
        for (name, remedy) in meanings where texts(name)?.isEmpty == true {
            errors.append(SettingsError(at: [name], "this list is empty, so that nothing would be delivered", remedy: remedy))
        }
        func read<Word, Value>(_ name: String, _ known: [(word: Word, value: Value)]) -> [Value]? where Word: StringProtocol {
            let texts = texts(name) ?? []
            for (index, text) in texts.enumerated() where texts[..<index].contains(where: { $0.sameScalars(as: text) }) {
                errors.append(SettingsError(at: [name, "\(index)"], "`\(text)` is there twice", remedy: "Write it once."))
            }
            return settings[name] == nil
                ? nil
                : texts.enumerated().compactMap { index, text in
                    if let found = known.first(where: { String($0.word).sameScalars(as: text) }) { return found.value }
                    let words = known.map { String($0.word) }
                    let near = nearMatch(to: text, among: words).map { "Did you mean `\($0)`? " } ?? ""
                    errors.append(
                        SettingsError(
                            at: [name, "\(index)"], "`\(text)` is nothing that is delivered", remedy: near + "There are: \(listed(words)).")
                    )
                    return nil
                }
        }
        kinds = Set(read("deliver", Self.words.map { ($0.word, $0.kind) }) ?? [])
        types = read("types", Message.Kind.allCases.map { ($0.word, $0) }).map { Set($0) }
        (events, segments, traits) = (texts("events"), texts("segments"), texts("traits"))
        if case .bool(true)? = settings["existing"] { givesExisting = true } else { givesExisting = false }
        if givesExisting, !kinds.contains(.profile) {
            errors.append(
                SettingsError(
                    at: ["existing"], "no profiles are delivered", remedy: "Write `profiles` in `deliver`, or leave it out."))
        }
        if segments?.isEmpty == false, !kinds.contains(.membership) {
            errors.append(
                SettingsError(
                    at: ["segments"], "segments choose among memberships, and none are delivered",
                    remedy: "Write `deliver: [memberships]`, or leave it out."))
        }
        if let traits {
            if !kinds.contains(.membership) {
                errors.append(
                    SettingsError(
                        at: ["traits"], "traits stand beside memberships, and none are delivered",
                        remedy: "Write `deliver: [memberships]`, or leave it out."))
            } else if !(1...Self.mostTraits).contains(traits.count) {
                errors.append(
                    SettingsError(
                        at: ["traits"], "these are not 1 to \(Self.mostTraits) traits", remedy: "Write [email, firstName], or leave it out."
                    ))
            }
            for (index, name) in traits.enumerated() where traits[..<index].contains(where: { $0.sameScalars(as: name) }) {
                errors.append(SettingsError(at: ["traits", "\(index)"], "this trait is there twice", remedy: "Write it once."))
            }
        }
        func number(_ name: String, _ usual: Double) -> Double { settings[name]?.asDouble ?? usual }
        policy = DestinationRunner.Policy(
            limits: DeliveryLimits(
                records: Int(number("batchRecords", 500)), bytes: Int(number("batchBytes", 1_048_576)),
                wait: .seconds(number("batchWait", 1))),
            retry: retry,
            breaker: CircuitBreaker(failures: Int(number("breakerFailures", 5)), rest: .seconds(number("breakerRest", 60))), rate: rate)
        if !errors.isEmpty { throw SettingsErrors(errors) }
    }

    /// Whether the log of messages is read for it.
    var needsLog: Bool { kinds.contains(.message) || kinds.contains(.profile) }

    /// Whether a message is delivered.
    func takes(_ message: MessageHead) -> Bool {
        if let types, !types.contains(message.kind) { return false }
        guard let events else { return true }
        return message.kind == .track && events.contains { $0.sameScalars(as: message.event ?? "") }
    }

    /// The segments whose memberships are delivered.
    var wanted: DeliveryPlace.Segments {
        guard kinds.contains(.membership) else { return .only([]) }
        return segments.map { .only($0) } ?? .all
    }

    /// Whether the memberships of a segment are delivered.
    func takes(segment: String) -> Bool { wanted.contains(segment) }
}
