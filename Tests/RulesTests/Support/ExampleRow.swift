import EventModel
import Foundation
import Rules
import Testing

/// One row of the worked examples: an expression, messages in shorthand, an instant, and what comes out.
struct ExampleRow: Sendable, CustomTestStringConvertible {
    var number: Int
    var expression: String
    var now: Instant
    /// `true`, `false`, or the class of an error.
    var expected: String
    var note: String
    /// Messages by person, the first of each messageId only; "u" is always there.
    var people: [String: [Message]]

    var testDescription: String { "row \(number): \(note)" }

    /// The folder of the test data; nil where the variable is not set.
    static let folder = ProcessInfo.processInfo.environment["TESSERA_TESTDATA"]

    /// Every row of the file, empty where the folder is not set.
    static let all: [ExampleRow] = {
        guard let folder, let data = FileManager.default.contents(atPath: folder + "/vectors/segment-language/examples.tsv") else {
            return []
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true)
        return lines.enumerated().compactMap { index, line in
            if line.hasPrefix("#") || line.hasPrefix("expression\t") { return nil }
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return ExampleRow(number: index + 1, cells: cells)
        }
    }()

    init(number: Int, cells: [String]) {
        self.number = number
        (expression, expected, note) = (cells[0], cells[3], cells[4])
        now = Instant(text: cells[2])!
        people = Self.people(try! JSONValue(parsing: cells[1]).asArray!.map { $0.asObject! }, now: now)
    }

    // MARK: Shorthand

    private static func people(_ entries: [JSONObject], now: Instant) -> [String: [Message]] {
        let messages = entries.enumerated().map { message($1, number: $0 + 1, now: now) }
        var owner: [String: String] = [:]  // Anonymous id to user id, over all messages.
        for message in messages { if let user = message.userID, let device = message.anonymousID { owner[device] = user } }
        var people: [String: [Message]] = ["u": []]
        var seen: Set<String> = []
        for message in messages where seen.insert(message.messageID).inserted {
            let person = message.userID ?? message.anonymousID.map { owner[$0] ?? $0 } ?? ""
            people[person, default: []].append(message)
        }
        return people
    }

    private static func message(_ entry: JSONObject, number: Int, now: Instant) -> Message {
        let timestamp = Instant(milliseconds: now.milliseconds + offset(entry["at"]!.asString!))
        let id = entry["id"]?.asString ?? "m" + (number < 10 ? "0" : "") + String(number)
        var json = JSONObject()
        var kind = Message.Kind.track
        for candidate in Message.Kind.allCases {
            guard let value = entry[candidate.word] else { continue }
            kind = candidate
            switch candidate {
            case .track: json.set("event", value)
            case .page, .screen: json.set("name", value)
            case .identify: json.set("traits", value)
            case .alias: json.set("previousId", value)
            case .group: json.set("groupId", value)
            }
        }
        json.set("type", .string(kind.word))
        json.set("messageId", .string(id))
        json.set("timestamp", .string(timestamp.text))
        let user = entry["u"]?.asString ?? "u"
        if !user.isEmpty { json.set("userId", .string(user)) }
        if let device = entry["a"] { json.set("anonymousId", device) }
        if let properties = entry["p"] { json.set("properties", properties) }
        if let traits = entry["traits"] { json.set("traits", traits) }
        if let context = entry["c"] { json.set("context", context) }
        return Message(kind: kind, messageID: id, timestamp: timestamp, json: json)
    }

    /// Milliseconds of `-2h 30m`, `+1d`, `0`.
    private static func offset(_ text: String) -> Int64 {
        let sign: Int64 = text.hasPrefix("-") ? -1 : 1
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
        return text.drop { $0 == "-" || $0 == "+" }.split(separator: " ").reduce(0) { total, part in
            guard let unit = units[part.last!] else { return total }
            return total + sign * Int64((Double(part.dropLast())! * Double(unit)).rounded())
        }
    }
}
