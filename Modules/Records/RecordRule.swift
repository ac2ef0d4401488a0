import EventModel
import Rules

/// The message that a record becomes where a condition holds.
struct RecordRule: Sendable {
    private var when: Clause?
    private var kind = Message.Kind.track
    /// `event`, `name`, `groupId` and so on, as the kind has them; those without a value are named after the stream, or left out.
    private var names: [(name: String, isNeeded: Bool, value: RecordValue?)] = []
    private var people: [(name: String, value: RecordValue)] = []
    private var messageID: RecordValue?
    private var timestamp: RecordValue?
    private var sections: [(name: String, value: RecordValue)] = []

    private static let people = ["userId", "anonymousId"]
    private static let sections = ["context", "properties", "traits"]
    private static let ownNames = ["event", "name", "category", "groupId", "previousId"]
    private static let settings = ["when", "type"] + ownNames + people + ["messageId", "timestamp"] + sections

    /// What holds for streams without a rule: a track message named after the stream, with the whole record.
    init(person: RecordValue?) {
        names = kind.names.map { ($0.name, $0.isNeeded, nil) }
        people = person.map { [("userId", $0)] } ?? []
        sections = [("properties", .whole)]
    }

    /// - Parameter person: The `userId` of a rule that names nobody.
    init(_ settings: JSONValue, person: RecordValue?, at path: [String]) throws(SettingsError) {
        guard let settings = settings.asObject else {
            throw SettingsError(
                at: path, "this is no rule", remedy: "Write a map such as {event: Order Completed, userId: .customer_id}, or skip.")
        }
        for member in settings.members where !Self.settings.contains(where: { $0.sameScalars(as: member.name) }) {
            let near = nearMatch(to: member.name, among: Self.settings).map { "Did you mean `\($0)`?" }
            throw SettingsError(
                at: path + [member.name], "a rule has no such setting", remedy: near ?? "It has: \(listed(Self.settings)).")
        }
        if let type = settings["type"] {
            guard let word = type.asString, let read = Message.Kind(word: word) else {
                let words = listed(Message.Kind.allCases.map(\.word))
                throw SettingsError(at: path + ["type"], "this is no kind of message", remedy: "Write \(words).")
            }
            kind = read
        }
        if let text = settings["when"] { when = try Self.condition(text, at: path + ["when"]) }
        try refuseStrangers(settings, at: path)
        for (name, isNeeded) in kind.names {
            let value = try Self.value(name, of: settings, at: path)
            guard value != nil || !isNeeded || kind == .track else {
                throw SettingsError(
                    at: path, "a \(kind.word) message needs `\(name)`", remedy: "Write a member of the record, such as \(name): .id.")
            }
            names.append((name, isNeeded, value))
        }
        for name in Self.people {
            if let value = try Self.value(name, of: settings, at: path) { people.append((name, value)) }
        }
        if people.isEmpty, let person { people = [("userId", person)] }
        if people.isEmpty {
            throw SettingsError(
                at: path, "nothing says whose the message is", remedy: "Write userId or anonymousId here, or userId for all streams.")
        }
        messageID = try Self.value("messageId", of: settings, at: path)
        timestamp = try Self.value("timestamp", of: settings, at: path)
        for name in Self.sections {
            guard let value = try Self.value(name, of: settings, at: path) else { continue }
            guard value.canBeObject else {
                throw SettingsError(
                    at: path + [name], "this is no map", remedy: "Write a map from names to values, or one dot for the whole record.")
            }
            sections.append((name, value))
        }
    }

    /// Whether its condition holds.
    func takes(_ record: Record) -> Bool { when?.holds(for: RecordSubject(fields: record.fields)) ?? true }

    /// - Parameter number: Of the rule, from 0.
    func message(of record: Record, number: Int) throws(RecordRefusal) -> JSONObject {
        var message = JSONObject([.init("type", .string(kind.word))])
        for (name, isNeeded, value) in names {
            let text = value == nil && isNeeded ? record.stream : value?.text(of: record.fields)
            if let text {
                message.members.append(.init(name, .string(text)))
            } else if isNeeded {
                throw RecordRefusal("\(name) has no value, and a \(kind.word) message needs it. Take such records out with `when`.")
            }
        }
        var isSomebodys = false
        for (name, value) in people {
            guard let text = value.text(of: record.fields) else { continue }
            message.members.append(.init(name, .string(text)))
            isSomebodys = true
        }
        guard isSomebodys else {
            throw RecordRefusal(
                "neither userId nor anonymousId has a value, so the message belongs to nobody. Name the member that says whose it is.")
        }
        let own = messageID?.text(of: record.fields)
        message.members.append(.init("messageId", .string(own ?? record.identifier(ofRule: number))))
        message.members.append(.init("timestamp", .string(try time(of: record).text)))
        for (name, value) in sections {
            guard let json = value.json(of: record.fields) else { continue }
            guard case .object = json else { throw RecordRefusal("\(name) is no object. Name a member that is one.") }
            message.members.append(.init(name, json))
        }
        return message
    }

    private func time(of record: Record) throws(RecordRefusal) -> Instant {
        guard let timestamp else { return record.timestamp }
        switch timestamp.json(of: record.fields) {
        case .string(let text):
            if let instant = Instant(text: text) { return instant }
        case .integer(let milliseconds): return Instant(milliseconds: milliseconds)
        default: break
        }
        throw RecordRefusal(
            "timestamp is no time. Name a member that is one, as 2026-06-30T12:00:00Z or in whole milliseconds since 1970.")
    }

    // MARK: - settings

    private static func condition(_ setting: JSONValue, at path: [String]) throws(SettingsError) -> Clause {
        guard let text = setting.asString else {
            throw SettingsError(at: path, "this is no condition", remedy: "Write one such as .status == \"paid\".")
        }
        do throws(RuleError) { return try Rule(parsing: text, scope: .row).root } catch { throw SettingsError(error, at: path) }
    }

    private static func value(_ name: String, of settings: JSONObject, at path: [String]) throws(SettingsError) -> RecordValue? {
        guard let setting = settings[name] else { return nil }
        return try RecordValue(setting, at: path + [name])
    }

    /// Settings that messages of this kind do not have.
    private func refuseStrangers(_ settings: JSONObject, at path: [String]) throws(SettingsError) {
        let own = kind.names.map(\.name)
        for name in Self.ownNames where settings[name] != nil && !own.contains(name) {
            throw SettingsError(
                at: path + [name], "\(kind.word) messages have no `\(name)`", remedy: "Take it out, or put it under properties.")
        }
        if kind == .identify, settings["properties"] != nil {
            throw SettingsError(
                at: path + ["properties"], "identify messages have no properties",
                remedy: "What is known of a person stands under `traits`.")
        }
        if kind != .identify, kind != .group, settings["traits"] != nil {
            throw SettingsError(
                at: path + ["traits"], "only identify and group messages have traits", remedy: "Write another rule of type identify.")
        }
    }
}

extension SettingsError {
    /// What is wrong with a text of the language.
    init(_ error: RuleError, at path: [String]) {
        let hint = error.hint.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
        self.init(at: path, "\(error.message) (column \(error.column))", remedy: hint ?? "Write a value of the segment language.")
    }
}
