public import EventModel
import Storage

/// Makes lines of messages with everything that is allowed and unusual in them, and some that must be refused.
///
/// Names given twice, deep nesting, nulls, empty objects, arrays with objects, escapes, numbers at every edge, ids of every spelling,
/// times of every form, names of events with odd characters, ids seen before, and objects whose members come in any order.
public struct OddMessages {
    private var random: ContractRandom
    private var usedIDs: [String] = []
    private var made = 0

    /// One line in this many is a message that must be refused; 0: none.
    public var refusedOnceIn: UInt64 = 40
    /// How many people there are.
    public var people = 24
    /// Texts that values are drawn from; large numbers overflow vocabularies.
    public var texts = 60

    /// Makes the same lines for the same seed and settings.
    public init(seed: UInt64) { random = ContractRandom(seed: seed) }

    /// The next line, without a newline.
    public mutating func next() -> String {
        made += 1
        if refusedOnceIn > 0, random.once(in: refusedOnceIn) { return refused() }
        let kind = random.pick(["track", "track", "track", "track", "identify", "page", "screen", "group", "alias"])
        var members = ids() + [("type", quoted(kind))] + times()
        if let id = messageID() { members.append(("messageId", id)) }
        switch kind {
        case "track": members.append(("event", eventName()))
        case "group": members.append(("groupId", quoted("group \(random.below(5))")))
        case "alias": members.append(("previousId", quoted(personID(random.below(people)))))
        case "page", "screen":
            if random.once(in: 2) { members.append(("name", random.once(in: 6) ? "null" : text())) }
            if random.once(in: 3) { members.append(("category", text())) }
        default: break
        }
        if kind != "track", random.once(in: 30) { members.append(("event", random.pick(["null", "5", "\"\"", "\"stray\"", "{}"]))) }
        if kind != "alias", random.once(in: 30) { members.append(("previousId", random.pick(["null", "\"\"", "\"p1\"", "7"]))) }
        if random.once(in: 25) { members.append((random.pick(["name", "category"]), kind == "page" || kind == "screen" ? "null" : "404")) }
        for field in ["properties", "traits", "context"] where random.once(in: field == "properties" ? 1 : 3) {
            members.append((field, random.once(in: 12) ? random.pick(["null", "{}"]) : object(depth: 1 + random.below(4))))
        }
        if random.once(in: 5) { members.append(("integrations", "{\"All\":true,\"x y\":{\"k\":[]}}")) }
        if random.once(in: 9) { members.append((random.pick(["version", "x", "", "\\u0000", "sentAt", "événement"]), value(depth: 2))) }
        if random.once(in: 3) { members.shuffle(using: &random) }
        if random.once(in: 25) { members.append(random.pick(members)) }
        return written(members)
    }

    /// A batch of `count` lines with blank lines and carriage returns among them.
    public mutating func batch(_ count: Int, firstLine: Int = 1) -> MessageBatch {
        var lines = ""
        for _ in 0..<count {
            if random.once(in: 30) { lines += random.pick(["\n", "  \n", "\r\n"]) }
            lines += next() + (random.once(in: 10) ? "\r\n" : "\n")
        }
        return MessageBatch(lines: lines, firstLine: firstLine)
    }

    // MARK: Members with a meaning

    /// The id of person `number`, in JSON text without quotes.
    private func personID(_ number: Int) -> String {
        switch number % 9 {
        case 0: "u-\(number)"
        case 1: "00000000-0000-4000-8000-0000000000\(10 + number % 90)"
        case 2: "ABCDEF00-0000-4000-8000-0000000000\(10 + number % 90)"
        case 3: "caf\u{E9} \(number)"
        case 4: "cafe\u{301} \(number - 1)"
        case 5: "nul\\u0000\(number)"
        case 6: "\\\"\\\\\\n\\/ \(number)"
        case 7: "\\ud83d\\ude00\(number)"
        default: "long \(number) " + String(repeating: "x", count: 300)
        }
    }

    private mutating func ids() -> [(String, String)] {
        let user = quoted(personID(random.below(people)))
        // Some texts serve as both kinds of id: they are two identifiers.
        let anonymous = quoted(random.once(in: 4) ? personID(random.below(people)) : "a\(random.below(people * 2))")
        switch random.below(12) {
        case 0, 1, 2, 3: return [("userId", user)]
        case 4, 5, 6: return [("anonymousId", anonymous)]
        case 7: return [("anonymousId", anonymous), ("userId", random.pick(["null", "\"\""]))]
        case 8: return [("userId", user), ("anonymousId", random.pick(["null", "\"\""]))]
        default: return [("anonymousId", anonymous), ("userId", user)]
        }
    }

    private mutating func times() -> [(String, String)] {
        let milliseconds = Int64(random.below(400)) * 86_400_000 + Int64(random.below(86_400_000)) + 1_700_000_000_000
        let canonical = Instant(milliseconds: random.once(in: 5) ? 1_700_000_000_000 : milliseconds).text
        let bare = String(canonical.dropLast(5))
        switch random.below(14) {
        case 0: return [("timestamp", quoted(bare + "Z"))]
        case 1: return [("timestamp", quoted(bare + "+02:00"))]
        case 2: return [("timestamp", quoted(bare + ".123456789-0330"))]
        case 3: return [("timestamp", "\(milliseconds)")]
        case 4: return [("receivedAt", quoted(canonical))]
        case 5: return [("timestamp", quoted("yesterday")), ("originalTimestamp", "null"), ("receivedAt", quoted(String(bare.prefix(10))))]
        case 6: return [("timestamp", "1.5"), ("originalTimestamp", "\(milliseconds)")]
        case 7:
            return [
                ("timestamp", quoted(random.pick(["0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "1969-12-31 23:59:59.999"])))
            ]
        default: return [("timestamp", quoted(canonical))]
        }
    }

    private mutating func messageID() -> String? {
        if !usedIDs.isEmpty, random.once(in: 9) { return random.pick(usedIDs) }
        let digits = String(random.next(), radix: 16) + "0000000000000000"
        let uuid = "\(digits.prefix(8))-0000-4000-8000-\(digits.dropFirst(4).prefix(12))"
        let id: String
        switch random.below(12) {
        case 0: return random.once(in: 2) ? nil : "null"
        case 1: id = quoted(uuid.uppercased() + "A")
        case 2: id = quoted(String(uuid.uppercased().prefix(35)) + "F")
        case 3: id = quoted("m-\(made)")
        case 4: id = quoted("m\\u0000\(made) \u{1F600}")
        case 5: id = quoted("m\(made) " + String(repeating: "y", count: 400))
        default: id = quoted(uuid)
        }
        usedIDs.append(id)
        return id
    }

    private mutating func eventName() -> String {
        switch random.below(8) {
        case 0:
            random.pick([
                "\"caf\u{E9}\"", "\"cafe\u{301}\"", "\"a\\u0000b\"", "\"a\"", "\"\\\"q\\\"\\\\\"", "\" \"", "\"\\n\"", "\"event\"",
            ])
        case 1: quoted("rare \(random.below(40))")
        case 2: quoted(String(repeating: "n", count: 512))
        default: quoted("Event \(random.below(4))")
        }
    }

    private mutating func refused() -> String {
        random.pick([
            "{", "[1,2]", "null", "{\"type\":\"track\"}",
            "{\"type\":\"Track\",\"event\":\"e\",\"userId\":\"u\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"track\",\"event\":\"\",\"userId\":\"u\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"page\",\"name\":404,\"userId\":\"refused\",\"messageId\":\"r\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"screen\",\"category\":{},\"userId\":\"refused\",\"messageId\":\"r\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"track\",\"event\":5,\"userId\":\"u\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"group\",\"groupId\":null,\"userId\":\"refused\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"alias\",\"previousId\":\"\",\"userId\":\"refused\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"identify\",\"userId\":7,\"anonymousId\":\"a\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"identify\",\"userId\":\"\",\"anonymousId\":null,\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"identify\",\"anonymousId\":\"refused\",\"userId\":\"refused\",\"timestamp\":\"never\"}",
            "{\"type\":\"identify\",\"userId\":\"refused\",\"traits\":[],\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"identify\",\"userId\":\"refused\",\"messageId\":\"\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"identify\",\"userId\":\"half \\ud83d\",\"timestamp\":\"2026-01-01\"}",
            "{\"type\":\"identify\",\"userId\":\"" + String(repeating: "z", count: 513) + "\",\"timestamp\":\"2026-01-01\"}",
        ])
    }

    // MARK: Values

    private func quoted(_ inside: String) -> String { "\"" + inside + "\"" }

    private mutating func written(_ members: [(String, String)]) -> String {
        let (comma, colon) = random.once(in: 10) ? (" ,\t", " : ") : (",", ":")
        return "{" + members.map { quoted($0.0) + colon + $0.1 }.joined(separator: comma) + "}"
    }

    private mutating func object(depth: Int) -> String {
        var members: [(String, String)] = []
        let names = [
            "price", "b", "c", "a.b", "", "caf\u{E9}", "cafe\u{301}", "\\u0000", "event", "type", "userId", "\\\"", "products", "k9",
            "timestamp",
        ]
        for _ in 0..<random.below(6) { members.append((random.pick(names), value(depth: depth))) }
        var seen: Set<[UInt8]> = []
        let repeats = random.once(in: 30)
        members = members.filter { seen.insert(Array($0.0.utf8)).inserted || repeats }
        return written(members)
    }

    private mutating func value(depth: Int) -> String {
        if random.once(in: 400) {
            let levels = 40 + random.below(70)
            return String(repeating: "[", count: levels) + "{}" + String(repeating: "]", count: levels)
        }
        switch random.below(12) {
        case 0, 1: return number()
        case 2, 3: return "\(random.below(2_000_000) - 1_000).\(random.below(100))"
        case 4: return "\(random.below(50))"
        case 5, 6, 7: return text()
        case 8: return random.pick(["true", "false", "null", "{}", "[]"])
        case 9 where depth > 0:
            return "[" + (0..<random.below(4)).map { _ in value(depth: depth - 1) }.joined(separator: ",") + "]"
        case _ where depth > 0: return object(depth: depth - 1)
        default: return random.pick(["true", "false", "null"])
        }
    }

    private mutating func text() -> String {
        switch random.below(10) {
        case 0:
            return random.pick([
                "\"\"", "\"\\u0000\"", "\"\\u0000x\"", "\"caf\u{E9}\"", "\"cafe\u{301}\"", "\"\\ud83d\\ude00\"",
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                "\"\u{10FFFF}\"", "\"\\u007f\"", "\"null\"",
            ])
        case 1: return quoted(String(repeating: "w", count: 60 + random.below(10)))
        case 2: return quoted("long \(random.below(20)) " + String(repeating: "abc ", count: 200))
        default: return quoted("text \(random.below(texts))")
        }
    }

    private mutating func number() -> String {
        if random.once(in: 4) { return "\(Double(bitPattern: random.next() & ~(0x7FF << 52) | UInt64(random.below(2_047)) << 52))" }
        return random.pick([
            "0", "-0", "-0.0", "0.0", "1.0", "5e-324", "1e400", "-1e400", "1e-400", "1.7976931348623157e308", "18446744073709551615",
            "9223372036854775808", "9223372036854775807", "-9223372036854775808", "-9223372036854775809", "123456789012345678901234567890",
            "1000000000000001.0", "1000000000000001", "1e15", "999999999999999.0", "999999999999999.9", "99999999999999.99", "0.1", "19.90",
            "1E5", "0.000000001", "0.0000000001", "1e-9", "-123456.789012345", "0.30000000000000004", "4503599627370497.5",
            "12345678.123456789",
        ])
    }
}
