import EventModel
import Storage
import StorageSQLite
import Synchronization
import TestFolder
import Testing

@testable import StorageTesting

/// A store with messages in blocks and in the tail, and what SQL must say of it.
private struct Sample {
    let folder: Folder
    let snapshot: any StoreSnapshot
    let now: Instant
    /// Messages until now, with the name of whom each counts for.
    let messages: [(message: Message, owner: ExpectedStore.Identifier, profile: String)]
    let people: [Set<ExpectedStore.Identifier>]

    init(seed: UInt64, count: Int = 120) throws {
        folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        var odd = OddMessages(seed: seed)
        var expected = ExpectedStore()
        let writer = try store.makeWriter()
        for _ in 0..<2 {
            let batch = odd.batch(count)
            _ = expected.take(batch)
            _ = try writer.append(writer.makeDecoder().decode(batch))
            try writer.commit(source: nil, position: nil)
        }
        let tail = odd.batch(count / 2)
        _ = expected.take(tail)
        _ = try writer.appendDurably(tail)
        snapshot = try store.snapshot()
        let times = expected.messages.map(\.timestamp.milliseconds).sorted()
        now = Instant(milliseconds: times[times.count * 4 / 5])
        people = Array(expected.people())
        var names: [ExpectedStore.Identifier: String] = [:]
        for person in people {
            let name = String(decoding: ExpectedStore.canonicalID(of: person), as: UTF8.self)
            for identifier in person { names[identifier] = name }
        }
        let limit = now
        messages = expected.messages.filter { $0.timestamp <= limit }.map { message in
            let owner = ExpectedStore.identifiers(of: message)[0]
            return (message, owner, names[owner] ?? "")
        }
    }

    func rows(_ sql: String) throws -> [[JSONValue]] { try SQLiteViews().rows(of: sql, over: SQLViews(snapshot: snapshot, now: now)).rows }
}

private func orNull(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

@Test(arguments: UInt64(1)...6)
func `events are the messages until now, of blocks and tail alike`(seed: UInt64) throws {
    let sample = try Sample(seed: seed)
    let rows = try sample.rows("SELECT * FROM events")
    let told = Dictionary(grouping: rows) { $0[7] }
    #expect(rows.count == sample.messages.count && told.count == rows.count)
    for (message, owner, profile) in sample.messages {
        func json(_ name: String) -> JSONValue { message.json[name].flatMap { $0 == .null ? nil : .string($0.text) } ?? .null }
        let wanted: [JSONValue] = [
            .string(message.timestamp.text), .integer(message.timestamp.milliseconds), .string(message.kind.word),
            orNull(message.kind == .track ? message.event : nil), .string(profile),
            orNull(owner.kind == .user ? message.userID : nil), orNull(message.anonymousID), .string(message.messageID),
            json("properties"), json("context"), json("traits"), .string(message.json.text),
        ]
        #expect(told[.string(message.messageID)] == [wanted])
    }
}

@Test(arguments: UInt64(1)...6)
func `whatever a scan passes over, the answer is that of all messages`(seed: UInt64) throws {
    let sample = try Sample(seed: seed)
    var random = ContractRandom(seed: seed)
    func quoted(_ text: String) -> String {
        // A zero byte cannot stand in a statement.
        "'" + text.replacing("'", with: "''").replacing("\u{0}", with: "'||char(0)||'") + "'"
    }
    for _ in 0..<60 {
        let some = random.pick(sample.messages)
        let time = some.message.timestamp
        var conditions: [(sql: String, holds: (Message, String) -> Bool)] = []
        if random.once(in: 2), let event = some.message.event {
            conditions.append(
                (
                    "event = \(quoted(event))",
                    { message, _ in
                        message.kind == .track && message.event?.sameScalars(as: event) ?? false
                    }
                ))
        }
        if random.once(in: 3) {
            conditions.append(("type = '\(some.message.kind.word)'", { message, _ in message.kind == some.message.kind }))
        }
        if random.once(in: 3) { conditions.append(("profile = \(quoted(some.profile))", { $1.sameScalars(as: some.profile) })) }
        switch random.below(8) {
        case 0: conditions.append(("time_ms >= \(time.milliseconds)", { message, _ in message.timestamp >= time }))
        case 1: conditions.append(("time_ms < \(time.milliseconds) + 0.5", { message, _ in message.timestamp <= time }))
        case 2: conditions.append(("time > '\(time.text)'", { message, _ in time.text.precedesByScalars(message.timestamp.text) }))
        case 3:
            let day = String(time.text.prefix(10))
            conditions.append(("time <= '\(day)'", { message, _ in !day.precedesByScalars(message.timestamp.text) }))
        case 4: conditions.append(("time = '\(time.text)'", { message, _ in message.timestamp == time }))
        case 5: conditions.append(("time_ms = \(time.milliseconds)", { message, _ in message.timestamp == time }))
        default: break
        }
        let isAny = random.once(in: 4)
        let clause = conditions.map(\.sql).joined(separator: isAny ? " OR " : " AND ")
        let rows = try sample.rows("SELECT message_id FROM events" + (clause.isEmpty ? "" : " WHERE \(clause)"))
        let wanted = sample.messages.filter { one in
            if conditions.isEmpty { return true }
            return isAny
                ? conditions.contains { $0.holds(one.message, one.profile) } : conditions.allSatisfy { $0.holds(one.message, one.profile) }
        }
        #expect(Set(rows.map { $0[0] }) == Set(wanted.map { .string($0.message.messageID) }), "\(clause)")
        #expect(rows.count == wanted.count, "\(clause)")
    }
}

@Test(arguments: UInt64(1)...4)
func `profiles have their ids, and traits as the latest identifies say`(seed: UInt64) throws {
    let sample = try Sample(seed: seed)
    var wanted: [[JSONValue]] = []
    for person in sample.people {
        func ids(_ kind: IdentifierKind) -> JSONValue {
            let texts = person.filter { $0.kind == kind }.map { String(decoding: $0.text, as: UTF8.self) }
            return .string(JSONValue.array(texts.sorted { $0.precedesByScalars($1) }.map { .string($0) }).text)
        }
        let said = sample.messages.filter { $0.message.kind == .identify && person.contains($0.owner) }.map(\.message).sorted { a, b in
            a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.messageID.precedesByScalars(b.messageID)
        }
        var traits = JSONObject()
        for message in said { for member in message.traits.members { traits.set(member.name, member.value) } }
        traits = JSONObject(traits.members.filter { $0.value != .null })
        let name = String(decoding: ExpectedStore.canonicalID(of: person), as: UTF8.self)
        wanted.append([.string(name), ids(.user), ids(.anonymous), .string(traits.text)])
    }
    #expect(Set(try sample.rows("SELECT * FROM profiles")) == Set(wanted))
    // One by one, the first few are read alone and the rest at once.
    let single = try sample.rows(
        "WITH some AS MATERIALIZED (SELECT profile FROM profiles) SELECT p.* FROM some CROSS JOIN profiles p WHERE p.profile = some.profile"
    )
    #expect(Set(single) == Set(wanted))
}

/// A store of a few plain messages.
private func store(_ folder: Folder, _ lines: [String]) throws -> any StoreSnapshot {
    let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    let writer = try store.makeWriter()
    _ = try writer.append(writer.makeDecoder().decode(MessageBatch(lines: lines.joined(separator: "\n"))))
    try writer.commit(source: nil, position: nil)
    try writer.close()
    return try store.snapshot()
}

private func line(_ number: Int, _ user: String, _ event: String, day: Int, _ more: String = "") -> String {
    """
    {"type":"track","event":"\(event)","userId":"\(user)","messageId":"m\(number)","timestamp":"2026-01-\(day < 10 ? "0" : "")\(day)"\(more)}
    """
}

private let later = Instant(milliseconds: 1_900_000_000_000)

@Test
func `a trait goes when a null removes it or its time is over`() throws {
    let folder = try Folder()
    func identify(_ id: String, _ day: Int, _ traits: String, _ context: String = "{}") -> String {
        "{\"type\":\"identify\",\"userId\":\"u\",\"messageId\":\"\(id)\",\"timestamp\":\"2026-01-0\(day)\",\"traits\":\(traits),\"context\":\(context)}"
    }
    let snapshot = try store(
        folder,
        [
            identify("b", 1, "{\"a\":1,\"b\":{\"c\":2},\"d\":4}"), identify("a", 1, "{\"a\":9}"), identify("c", 2, "{\"b\":null}"),
            identify("d", 3, "{\"d\":5,\"e\":6}", "{\"expiresAt\":\"2026-01-05\"}"),
        ])
    func traits(_ day: Int) throws -> JSONValue? {
        let views = SQLViews(snapshot: snapshot, now: try #require(Instant(text: "2026-01-0\(day)")))
        return try SQLiteViews().rows(of: "SELECT traits FROM profiles WHERE profile = 'u'", over: views).rows.first?.first
    }
    #expect(try traits(1) == .string("{\"a\":1,\"b\":{\"c\":2},\"d\":4}"))
    #expect(try traits(2) == .string("{\"a\":1,\"d\":4}"))
    #expect(try traits(4) == .string("{\"a\":1,\"d\":5,\"e\":6}"))
    #expect(try traits(5) == .string("{\"a\":1}"))
}

@Test
func `joins, groups and JSON work over all tables, and segments are answered once each`() throws {
    let folder = try Folder()
    var lines: [String] = []
    for number in 0..<200 {
        let more = ",\"properties\":{\"price\":\(number).5,\"tags\":[\"x\",\"y\(number % 3)\"]}"
        lines.append(line(number, "u\(number % 10)", number % 2 == 0 ? "Bought" : "Seen", day: 1 + number % 9, more))
    }
    let snapshot = try store(folder, lines)
    let profiles = try snapshot.canonicalIDs()
    let asked = Mutex<[String]>([])
    let views = SQLViews(
        snapshot: snapshot, now: later, segments: [.init(name: "even", expression: "e"), .init(name: "all", expression: "a")]
    ) { name in
        asked.withLock { $0.append(name) }
        return (0..<UInt32(profiles.count)).filter { name == "all" || profiles[Int($0)].utf8.last.map { $0 % 2 == 0 } ?? false }
    }
    let joined = try SQLiteViews().rows(
        of: """
            SELECT s.name, s.expression, count(*) AS bought, sum(e.properties ->> 'price') AS total
            FROM segments s JOIN memberships m ON m.segment = s.name JOIN events e ON e.profile = m.profile
            WHERE e.event = 'Bought' AND e.time_ms < 1767571200000 GROUP BY s.name ORDER BY s.name
            """, over: views)
    let wanted = (0..<200).filter { $0 % 2 == 0 && 1 + $0 % 9 < 5 }
    #expect(joined.columns == ["name", "expression", "bought", "total"])
    func row(_ name: String, _ expression: String, _ numbers: [Int]) -> [JSONValue] {
        let total = numbers.reduce(0.0) { $0 + Double($1) + 0.5 }
        return [.string(name), .string(expression), .integer(Int64(numbers.count)), .number(total)]
    }
    let even = wanted.filter { $0 % 2 == 0 && $0 % 10 % 2 == 0 }
    #expect(joined.rows == [row("all", "a", wanted), row("even", "e", even)])
    #expect(asked.withLock { $0.sorted() } == ["all", "even"])
    let tags = try SQLiteViews().rows(
        of: "SELECT t.value, count(*) FROM events e, json_each(e.properties, '$.tags') t GROUP BY 1 ORDER BY 1", over: views)
    #expect(tags.rows.map { $0[1] } == [.integer(200), .integer(67), .integer(67), .integer(66)])
    #expect(asked.withLock { $0.count } == 2)
    let one = try SQLiteViews().rows(
        of: "SELECT count(*) FROM memberships WHERE segment = 'even' AND profile IN ('u2', 'u3', 'nobody')", over: views)
    #expect(one.rows == [[.integer(1)]])
    #expect(asked.withLock { $0.last } == "even")
}

@Test
func `blocks that cannot fit are not read, and JSON that is not asked for is not made`() throws {
    let folder = try Folder()
    let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    let writer = try store.makeWriter()
    // Names with blocks of their own in each of four years.
    for year in 0..<4 {
        let lines = (0..<8_400).map { number in
            """
            {"type":"track","event":"E\(number % 2)","userId":"u\(number / 2 % 300)","messageId":"m\(year)-\(number)",\
            "timestamp":"202\(year)-01-05","properties":{"n":1}}
            """
        }
        _ = try writer.append(writer.makeDecoder().decode(MessageBatch(lines: lines.joined(separator: "\n"))))
        try writer.commit(source: nil, position: nil)
    }
    let whole = try store.snapshot()
    #expect(whole.blocks.count == 8)
    func seen(_ sql: String) throws -> (rows: [[JSONValue]], reads: Int, messages: Int, decoded: Int) {
        let snapshot = CountingSnapshot(whole)
        let rows = try SQLiteViews().rows(of: sql, over: SQLViews(snapshot: snapshot, now: later)).rows
        return (rows, snapshot.seen.reads.count, snapshot.seen.messages, snapshot.seen.rows)
    }
    let all = try seen("SELECT count(*) FROM events")
    #expect(all.rows == [[.integer(33_600)]] && all.reads == whole.blocks.count && all.messages == 0)
    let named = try seen("SELECT count(*), count(DISTINCT profile) FROM events WHERE event = 'E1'")
    #expect(named.rows == [[.integer(16_800), .integer(300)]] && named.messages == 0)
    #expect(named.reads == whole.blocks.filter { $0.event == "E1" }.count)
    for condition in ["time_ms < 1588550400000", "time < '2020-05-04'", "time BETWEEN '2020' AND '2020-06'"] {
        let timed = try seen("SELECT count(*) FROM events WHERE event = 'E1' AND \(condition)")
        #expect(timed.rows == [[.integer(4_200)]] && timed.reads == named.reads / 4, "\(condition)")
    }
    #expect(try seen("SELECT 1 FROM events WHERE type = 'identify'").reads == 0)
    #expect(try seen("SELECT 1 FROM events WHERE event = 'none'").reads == 0)
    #expect(try seen("SELECT 1 FROM events WHERE profile = 'none'").reads == 0)
    #expect(try seen("SELECT 1 FROM events WHERE time > '2030'").reads == 0)
    let json = try seen("SELECT sum(properties ->> 'n') FROM events WHERE event = 'E0' AND profile = 'u2' AND time < '2021'")
    #expect(json.rows == [[.integer(14)]] && json.reads == named.reads / 4 && json.decoded == 14)
    // Everyone's events beside their profile: one scan of the events, not one for each profile.
    let joined = try seen("SELECT count(*) FROM profiles p JOIN events e ON e.profile = p.profile WHERE e.event = 'E1'")
    #expect(joined.rows == [[.integer(16_800)]] && joined.reads == named.reads)
}

@Test
func `texts with zero bytes, accents and emoji stay as they are`() throws {
    let folder = try Folder()
    let snapshot = try store(
        folder,
        [
            line(1, "a\\u0000b", "caf\u{E9}", day: 1, ",\"properties\":{\"\u{1F600}\":\"\u{1F1E9}\u{1F1EA}'\"}"),
            line(2, "a", "cafe\u{301}", day: 1), line(3, "a\\u0000c", "x\\u0000", day: 1),
        ])
    func rows(_ sql: String) throws -> [[JSONValue]] {
        try SQLiteViews().rows(of: sql, over: SQLViews(snapshot: snapshot, now: later)).rows
    }
    #expect(try rows("SELECT profile FROM events WHERE event = 'caf\u{E9}'") == [[.string("a\u{0}b")]])
    #expect(try rows("SELECT profile FROM events WHERE event = 'cafe\u{301}'") == [[.string("a")]])
    #expect(try rows("SELECT message_id FROM events WHERE profile = 'a' || char(0) || 'c' AND event = 'x' || char(0)") == [[.string("m3")]])
    #expect(try rows("SELECT count(*) FROM profiles WHERE profile = 'a'") == [[.integer(1)]])
    #expect(try rows("SELECT properties ->> '\u{1F600}' FROM events WHERE message_id = 'm1'") == [[.string("\u{1F1E9}\u{1F1EA}'")]])
    #expect(try rows("SELECT event FROM events WHERE event = 'CAF\u{E9}' COLLATE NOCASE") == [[.string("caf\u{E9}")]])
    #expect(
        try rows("VALUES (x'00fF', 1e999, -1e999, NULL, '')") == [
            [.string("X'00FF'"), .string("Infinity"), .string("-Infinity"), .null, .string("")]
        ])
}

@Test
func `an empty store has empty tables`() throws {
    let folder = try Folder()
    let snapshot = try SQLiteStore(path: folder / "s.tessera", mode: .create).snapshot()
    for table in ["events", "profiles", "memberships", "segments"] {
        let told = try SQLiteViews().rows(of: "SELECT * FROM \(table)", over: SQLViews(snapshot: snapshot, now: later))
        #expect(told.rows.isEmpty && told.columns.count >= 2)
    }
    let counted = try SQLiteViews().rows(
        of: "SELECT (SELECT count(*) FROM events WHERE profile = 'x' AND event = 'y'), (SELECT max(time) FROM events) -- nothing\n ; ;",
        over: SQLViews(snapshot: snapshot, now: later))
    #expect(counted.rows == [[.integer(0), .null]])
}
