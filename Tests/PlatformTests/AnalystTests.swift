import BuiltIn
import EventModel
import Platform
import TestFolder
import Testing

private let messages =
    (0..<30).map { index in
        order(
            "o\(index)", by: "u\(index % 10)", at: "2026-06-\(index % 28 + 1 < 10 ? "0" : "")\(index % 28 + 1)T00:00:00Z",
            revenue: Double(index))
    }.joined()
    + #"{"type":"identify","messageId":"i1","userId":"u1","timestamp":"2026-06-01T00:00:00Z","traits":{"country":"DE"}}"# + "\n"
    + #"{"type":"identify","messageId":"i2","userId":"u2","timestamp":"2026-06-01T00:00:00Z","traits":{"country":"AT"}}"# + "\n"

@Test func `each clause leaves what it and those before it hold for`() throws {
    let shop = try Shop(messages)
    let clauses = [#"count("Order Completed") >= 3"#, #"sum("Order Completed", .revenue) > 40"#, #"trait.country != "AT""#]
    let json = try shop.answer("waterfall " + clauses.joined(separator: " and ")).json
    let steps = json["clauses"]?.asArray?.compactMap(\.asObject) ?? []
    #expect(steps.count == 3)
    for (index, step) in steps.enumerated() {
        #expect(step["members"] == (try shop.answer("count " + clauses[index]).json["count"]))
        #expect(step["left"] == (try shop.answer("count " + clauses[...index].joined(separator: " and ")).json["count"]))
    }
    #expect(json["count"] == steps.last?["left"])
}

@Test func `a saved segment's waterfall is that of what it says`() throws {
    let shop = try Shop(messages)
    _ = try shop.answer(#"segment german = trait.country == "DE" and did any"#)
    #expect(try shop.answer(#"waterfall segment "german""#).json["clauses"]?.asArray?.count == 2)
}

@Test func `answers that are kept are the same, and are asked anew once the store has changed`() throws {
    var shop = try Shop(messages)
    shop.session.cache = AnswerCache()
    for _ in 0..<2 { #expect(try shop.answer("count did any").json["count"] == .integer(10)) }
    let file = try shop.folder.write(order("x", by: "new", at: "2026-06-02T00:00:00Z", revenue: 1), as: "x.ndjson")
    _ = try shop.tessera.importFiles(ImportRequest(files: [file]), interruption: Interruption())
    #expect(try shop.answer("count did any").json["count"] == .integer(11))
}

@Test func `a cache past its size lets go of what was asked for longest ago`() throws {
    var shop = try Shop(messages)
    shop.session.cache = AnswerCache(limit: 16)  // Two memberships of up to 64 profiles.
    for at in 1...5 { #expect(try shop.answer(#"count count("Order Completed") >= \#(at)"#).json["count"] == .integer(at <= 3 ? 10 : 0)) }
}

@Test func `what is being typed is counted where it can be asked, and passed over where it cannot`() throws {
    let shop = try Shop(messages)
    func preview(_ line: String) -> String? { shop.session.preview(of: line, interruption: Interruption()) }
    #expect(preview(#"count did any and trait.country == "DE""#) == "10 → 10 → 1")
    #expect(preview("count did any and") == nil && preview("help") == nil && preview("") == nil && preview("count (did any") == nil)
    _ = try shop.answer(#"segment german = trait.country == "DE""#)
    #expect(preview(#"members trait.country == "DE""#) == "10 → 1   most like german (Jaccard 1.00)")
}

@Test func `a stopped preview says nothing`() throws {
    let shop = try Shop(messages)
    let interruption = Interruption()
    interruption.interrupt()
    #expect(shop.session.preview(of: "count did any", interruption: interruption) == nil)
}

@Test func `SQL sees the same people as the language, and changes nothing`() throws {
    let shop = try Shop(messages)
    _ = try shop.answer(#"segment big = sum("Order Completed", .revenue) > 40"#)
    let sql = try shop.answer("sql SELECT count(*) AS n FROM memberships WHERE segment = 'big'").json
    #expect(sql["rows"]?.asArray?.first?.asArray?.first?.asDouble == (try shop.answer(#"count segment "big""#).json["count"]?.asDouble))
    let revenue = try shop.answer("sql SELECT sum(properties ->> '$.revenue') AS r FROM events WHERE event = 'Order Completed'").json
    #expect(revenue["rows"]?.asArray?.first?.asArray?.first?.asDouble == 435)
    for statement in ["DELETE FROM events", "PRAGMA user_version = 3", "ATTACH 'x' AS y", "SELECT nonsense FROM events"] {
        #expect(throws: CommandError.self, "\(statement)") { try shop.answer("sql " + statement) }
    }
}

@Test func `explain proves an answer with its events and says what would turn it round`() throws {
    let shop = try Shop(messages)
    let json = try shop.answer(#"explain count("Order Completed" within 10d) >= 2 for u1"#).json
    #expect(json["member"] == .bool(false) && json["profile"] == .string("u1"))
    #expect(json["smallest_change"]?.asArray?.isEmpty == false)
    let member = try shop.answer(#"explain count("Order Completed") >= 3 and trait.country == "DE" for user_id:u1"#).json
    #expect(member["member"] == .bool(true) && member["valid_until"] == .null)
    let count = member["tree"]?.asObject?["children"]?.asArray?.first?.asObject
    #expect(count?["holds"] == .bool(true))
}

@Test func `a percentile is explained with the bound that the population has`() throws {
    let shop = try Shop(messages)
    for user in 0..<10 {
        let rule = #"sum("Order Completed", .revenue) in top 20%"#
        let members = try shop.answer("members " + rule).json["members"]?.asArray ?? []
        #expect(try shop.answer("explain \(rule) for u\(user)").json["member"] == .bool(members.contains(.string("u\(user)"))))
    }
}

@Test func `a property is described by its kinds, its presence and its frequent values`() throws {
    let text =
        (0..<10).map { index in
            #"{"type":"track","messageId":"v\#(index)","userId":"u","event":"Seen","timestamp":"2026-06-01T00:00:00Z","properties":{"colour":"\#(index < 7 ? "red" : "blue")"\#(index < 5 ? #","size":\#(index)"# : "")}}"#
                + "\n"
        }.joined()
    let shop = try Shop(text)
    let details = try shop.answer("events Seen").json["details"]?.asArray?.compactMap(\.asObject) ?? []
    #expect(details.map { $0["property"]?.asString } == [".colour", ".size"])
    #expect(details[0]["top"] == .array([.string("red"), .string("blue")]) && details[0]["presence"]?.asDouble == 1)
    #expect(details[1]["kinds"] == .array([.string("number")]) && details[1]["presence"]?.asDouble == 0.5)
    #expect(shop.session.frequentTexts(of: ".colour") == ["red", "blue"])
}

@Test func `a text that is compared with a path is completed from its values`() {
    let line = #"count did "Seen" where .colour == "r"#
    let found = Completions().candidates(line: line, wordStart: line.utf8.count - 1) { $0 == ".colour" ? ["red", "blue"] : [] }
    #expect(found == [#"red""#])
    let list = #"members trait.address.city in ("Rome", "B"#
    #expect(
        Completions().candidates(line: list, wordStart: list.utf8.count - 1) { $0 == "trait.address.city" ? ["Bonn"] : [] } == [#"Bonn""#])
}

@Test(arguments: ExpressionHelp.recipes.map(\.expression))
func `what the help of expressions shows can be typed as it stands`(expression: String) throws {
    let shop = try Shop(messages)
    _ = try shop.answer(#"segment buyers = did "Order Completed""#)
    _ = try shop.answer(#"segment vip = sum("Order Completed", .revenue) > 40"#)
    #expect(try shop.answer("count " + expression).json["count"] != nil)
}

@Test func `words of the language lead to its help, and commands to theirs`() throws {
    let shop = try Shop(messages)
    for topic in ["expressions", "within", "sequence", "asOf", "stale", "traits"] {
        #expect(try shop.answer("help " + topic) is ExpressionHelp)
    }
    #expect(try shop.answer("help count").text(on: Canvas()).contains("help expressions"))
}

@Test func `saving says how many are in, and whom a replaced definition lets go`() throws {
    let shop = try Shop(messages)
    #expect(try shop.answer("segment all = did any").json["done"] == .string("Saved segment all. 10 profiles."))
    let again = try shop.answer(#"segment all = trait.country == "DE""#).json["done"]
    #expect(again == .string("Saved segment all. 1 profile. It replaces one of 10: 0 enter, 9 leave."))
}
