import BuiltIn
import EventModel
import Foundation
import Platform
import Synchronization
import TestFolder
import Testing

/// A shop whose wall clock a test turns.
private struct Clocked {
    var shop: Shop
    let time = Mutex2(Shop.now?.milliseconds ?? 0)

    init(_ messages: String) throws {
        shop = try Shop(messages)
        let time = time
        shop.session = Session(tessera: shop.tessera, format: .json, clock: { Instant(milliseconds: time.value) })
    }

    func json(_ line: String, now: Instant? = nil) throws -> JSONObject {
        var session = shop.session
        session.fixedNow = now
        return try session.answer(try #require(try Command(line))).json
    }

    func `import`(_ messages: String) throws {
        let file = try shop.folder.write(messages, as: "more-\(UUID().uuidString).ndjson")
        _ = try shop.tessera.importFiles(ImportRequest(files: [file]), interruption: Interruption())
    }
}

/// A number that a clock reads and a test sets.
private final class Mutex2: Sendable {
    private let number: Mutex<Int64>
    init(_ number: Int64) { self.number = Mutex(number) }
    var value: Int64 { number.withLock { $0 } }
    func set(_ instant: String) throws { try number.withLock { $0 = try #require(Instant(text: instant)).milliseconds } }
}

private let orders =
    order("o1", by: "ada", at: "2026-06-01T00:00:00Z", revenue: 10) + order("o2", by: "bob", at: "2026-06-20T00:00:00Z", revenue: 20)

@Test func `what was answered then agrees with what is known of then today, unless something came late`() throws {
    let world = try Clocked(orders)
    try world.time.set("2026-06-25T00:00:00Z")
    _ = try world.json(#"segment recent = did "Order Completed" within 14d"#)
    try world.time.set("2026-07-10T00:00:00Z")
    _ = try world.json("record recent")
    try world.import(order("o3", by: "cyd", at: "2026-07-09T00:00:00Z", revenue: 5))
    _ = try world.json("record")

    for (instant, members) in [("2026-06-25T00:00:00Z", ["bob"]), ("2026-07-09T00:00:00Z", ["bob"]), ("2026-07-10T00:00:00Z", ["cyd"])] {
        let recorded = try world.json("recorded recent at \(instant)")
        #expect(recorded["members"] == .array(members.map { .string($0) }), "at \(instant)")
    }
    let then = try #require(Instant(text: "2026-06-25T00:00:00Z"))
    #expect(try world.json(#"members segment "recent""#, now: then)["members"] == .array([.string("bob")]))

    // An order of then that arrives now changes what is known, never what was answered.
    try world.import(order("o4", by: "dan", at: "2026-06-24T00:00:00Z", revenue: 5))
    #expect(try world.json(#"members segment "recent""#, now: then)["members"] == .array([.string("bob"), .string("dan")]))
    #expect(try world.json("recorded recent at 2026-06-25T00:00:00Z")["members"] == .array([.string("bob")]))

    let history = try world.json("history recent for bob")
    #expect(history["history"]?.asArray?.compactMap { $0.asObject?["change"]?.asString } == ["entered", "exited"])
}

@Test func `with now fixed a definition is saved and nobody is recorded`() throws {
    let world = try Clocked(orders)
    _ = try world.json("segment all = true", now: Shop.now)
    #expect(throws: CommandError.self) { try world.json("history all") }
    #expect(throws: CommandError.self) { try world.json("record all", now: Shop.now) }
    #expect(try world.json(#"count segment "all""#)["count"] == .integer(2))
}

@Test func `saving a segment records those that mention it, and dropping one lets everybody out`() throws {
    let world = try Clocked(orders)
    _ = try world.json(#"segment buyers = did "Order Completed""#)
    _ = try world.json(#"segment some = segment "buyers" and sum("Order Completed", .revenue) > 15"#)
    _ = try world.json(#"segment buyers = sum("Order Completed", .revenue) < 15"#)
    #expect(try world.json("recorded some")["total"] == .integer(0))
    _ = try world.json("drop segment some")
    let last = try world.json("history some")["history"]?.asArray?.last?.asObject
    #expect(last?["expression"] == .null && last?["members"] == .integer(0))
}

@Test func `the values of a trait are listed from when each was set`() throws {
    func plan(_ id: String, _ value: String, at time: String) -> String {
        #"{"type":"identify","messageId":"\#(id)","userId":"ada","timestamp":"\#(time)","traits":{"plan":\#(value)}}"# + "\n"
    }
    let world = try Clocked(
        plan("i1", #""free""#, at: "2026-01-01T00:00:00Z") + plan("i2", #""free""#, at: "2026-02-01T00:00:00Z")
            + plan("i3", #""pro""#, at: "2026-03-01T00:00:00Z") + plan("i4", "null", at: "2026-04-01T00:00:00Z"))
    let history = try world.json("history trait.plan for ada")["history"]?.asArray ?? []
    #expect(history.map { $0.asObject?["value"] } == [.string("free"), .string("pro"), .null])
    #expect(history.map { $0.asObject?["message_id"]?.asString } == ["i1", "i3", "i4"])
}

@Test func `diff says who would enter and leave, and writes nothing`() throws {
    let world = try Clocked(orders)
    _ = try world.json(#"segment buyers = sum("Order Completed", .revenue) < 15"#)
    let entry = try world.json(#"diff buyers = sum("Order Completed", .revenue) > 15"#)["changes"]?.asArray?.first?.asObject
    #expect(entry?["entering"] == .array([.string("bob")]) && entry?["leaving"] == .array([.string("ada")]))
    #expect(try world.json("recorded buyers")["members"] == .array([.string("ada")]))
}

@Test func `clusters that are saved are recorded with their model, in one step`() throws {
    let world = try Clocked(
        (0..<24).map { order("o\($0)", by: "u\($0 % 8)", at: "2026-06-0\($0 % 8 + 1)T00:00:00Z", revenue: $0 % 8 < 4 ? 1 : 100) }.joined())
    _ = try world.json(#"cluster kmeans on sum("Order Completed", .revenue) k=2 save as spend"#)
    let sizes = try ["spend-1", "spend-2"].map { try world.json("recorded \($0)")["total"] }
    #expect(sizes == [.integer(4), .integer(4)])
    #expect(try world.json("history spend-1")["history"]?.asArray?.count == 1)
}

@Test func `a trait whose end has come is gone from the profile, as it is from the language`() throws {
    let world = try Clocked(
        #"{"type":"identify","messageId":"i1","userId":"ada","timestamp":"2026-01-01T00:00:00Z","traits":{"plan":"pro","city":"Bonn"}}"#
            + "\n"
            + #"{"type":"identify","messageId":"i2","userId":"ada","timestamp":"2026-02-01T00:00:00Z","traits":{"plan":"trial"},"context":{"expiresAt":"2026-03-01T00:00:00Z"}}"#
            + "\n")
    for (now, traits) in [("2026-02-28T23:59:59.999Z", 2), ("2026-03-01T00:00:00Z", 1)] {
        let instant = try #require(Instant(text: now))
        #expect(try world.json("profile ada", now: instant)["profile"]?.asObject?["traits"]?.asObject?.members.count == traits)
        #expect(try world.json("count exists(trait.plan)", now: instant)["count"] == .integer(Int64(traits - 1)))
    }
}
