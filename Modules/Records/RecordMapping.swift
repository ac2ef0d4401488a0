public import EventModel
import Storage

/// Which messages the records of another system become: the rules of each of its streams, and what holds where a rule does not say.
///
/// A record becomes the message of each rule whose `when` holds. Records of a stream without rules become track messages named after the
/// stream, with the whole record as properties. The same record and mapping always give the same messages, with the same identifiers.
public struct RecordMapping: Sendable {
    /// What the records of one stream become.
    enum Stream: Sendable {
        case rules([RecordRule])
        /// They are passed over.
        case skipped
    }
    private let rules: [Text: Stream]
    private let usual: RecordRule

    /// Text compared by scalars, as a key.
    private struct Text: Hashable, Sendable {
        let string: String
        static func == (a: Text, b: Text) -> Bool { a.string.sameScalars(as: b.string) }
        func hash(into hasher: inout Hasher) { for byte in string.utf8 { hasher.combine(byte) } }
    }

    /// Reads the rules.
    ///
    /// - Parameter streams: For each stream, by its name: one rule, a list of them, or the word `skip`.
    /// - Parameter userID: Whose a message is, where its rule names nobody; nil: such a message is refused.
    /// - Throws: The first mistake, with its path: `streams`, the stream, and so on, or `userId`.
    public init(streams: JSONObject, userID: JSONValue?) throws(SettingsError) {
        var person: RecordValue?
        if let userID { person = try RecordValue(userID, at: ["userId"]) }
        var read: [Text: Stream] = [:]
        for member in streams.members {
            let path = ["streams", member.name]
            switch member.value {
            case .string(let word) where word.sameScalars(as: "skip"): read[Text(string: member.name)] = .skipped
            case .array(let elements) where !elements.isEmpty:
                var rules: [RecordRule] = []
                for (index, element) in elements.enumerated() {
                    rules.append(try RecordRule(element, person: person, at: path + ["\(index)"]))
                }
                read[Text(string: member.name)] = .rules(rules)
            default: read[Text(string: member.name)] = .rules([try RecordRule(member.value, person: person, at: path)])
            }
        }
        (rules, usual) = (read, RecordRule(person: person))
        self.streams = streams.members.map(\.name)
    }

    /// Names of the streams that there are rules for.
    public let streams: [String]

    /// Whether the records of a stream are passed over.
    public func skips(_ stream: String) -> Bool {
        if case .skipped = rules[Text(string: stream)] { true } else { false }
    }

    /// The messages of a record; none where no rule takes it.
    ///
    /// - Throws: Where one of them cannot be made: then none is.
    public func messages(of record: Record) throws(RecordRefusal) -> [JSONObject] {
        switch rules[Text(string: record.stream)] {
        case .skipped: return []
        case nil: return [try usual.message(of: record, number: 0)]
        case .rules(let rules):
            var messages: [JSONObject] = []
            for (number, rule) in rules.enumerated() where rule.takes(record) {
                messages.append(try rule.message(of: record, number: number))
            }
            return messages
        }
    }
}

/// Why a record cannot become a message: a sentence that shows nothing of the record but names of its members.
public struct RecordRefusal: Error, Sendable, Hashable {
    /// The sentence, and what to do.
    public let reason: String

    /// Takes the sentence.
    public init(_ reason: String) { self.reason = reason }
}

/// A record of another system, with what is known of it there.
public struct Record: Sendable {
    /// The stream (table, topic) it belongs to.
    public let stream: String
    /// What it says.
    public let fields: JSONObject
    /// When it happened, for messages whose rule names no time.
    public let timestamp: Instant
    /// Stands for its stream, its keys and what it says: another version of it has another.
    let key: MessageKey

    /// - Parameter keys: Names of the members that tell it from the other records of its stream.
    /// - Parameter passing: Whether a member, by its name, says something of the reading rather than of the record: it makes no difference
    ///   to the message's identifier, unless it is one of the keys.
    public init(stream: String, fields: JSONObject, keys: [String], timestamp: Instant, passing: (String) -> Bool = { _ in false }) {
        (self.stream, self.fields, self.timestamp) = (stream, fields, timestamp)
        var bytes = ContiguousArray<UInt8>()
        JSONText.append(string: stream, to: &bytes)
        for name in keys { (fields[name] ?? .null).append(to: &bytes) }
        // Members may come in another order the next time, which is no change.
        JSONObject(fields.members.filter { !passing($0.name) }).sorted.append(to: &bytes)
        key = bytes.withUnsafeBufferPointer { MessageKey.derived(from: $0) }
    }

    /// - Parameter identifier: What tells it from all other records of its stream, whatever it says.
    public init(stream: String, fields: JSONObject, identifier: String, timestamp: Instant) {
        (self.stream, self.fields, self.timestamp) = (stream, fields, timestamp)
        var bytes = ContiguousArray<UInt8>()
        JSONText.append(string: stream, to: &bytes)
        JSONText.append(string: identifier, to: &bytes)
        key = bytes.withUnsafeBufferPointer { MessageKey.derived(from: $0) }
    }

    /// The identifier of the message that a rule makes of it.
    func identifier(ofRule number: Int) -> String {
        if number == 0 { return key.uuidText }
        let text = "\(key.uuidText) \(number)"
        return Array(text.utf8).withUnsafeBufferPointer { MessageKey.derived(from: $0) }.uuidText
    }
}

extension JSONObject {
    /// With its members, and those of objects in it, in the order of their names.
    fileprivate var sorted: JSONObject {
        JSONObject(members.map { Member($0.name, $0.value.sorted) }.sorted { $0.name.precedesByScalars($1.name) })
    }
}

extension JSONValue {
    fileprivate var sorted: JSONValue {
        switch self {
        case .object(let object): .object(object.sorted)
        case .array(let elements): .array(elements.map(\.sorted))
        case .null, .bool, .integer, .unsigned, .number, .string: self
        }
    }
}
