import BuiltIn
import EventModel
import Rules
import Storage
import StorageTesting
import TestFolder
import Testing

@testable import Platform

/// Messages of few people whose traits change, expire, go and come late; some people turn out to be one.
private func messages(_ count: Int, from first: Int, _ random: inout ContractRandom) -> [String] {
    (first..<(first + count)).map { number in
        let ids =
            switch random.below(6) {
            case 0: "\"userId\":\"u\(random.below(40))\",\"anonymousId\":\"a\(random.below(30))\""
            case 1: "\"anonymousId\":\"a\(random.below(30))\""
            default: "\"userId\":\"u\(random.below(40))\""
            }
        let city = ["\"Graz\"", "\"Linz\"", "5", "5.0", "0", "-0.0", "true", "null", "[\"Graz\"]", "\"caf\u{E9}\""][random.below(10)]
        let traits = ["{\"city\":\(city)}", "{\"home\":{\"city\":\(city)},\"n\":\(number)}", "{\"n\":\(number % 4),\"city\":\(city)}"]
        let expiry = random.once(in: 6) ? ",\"context\":{\"expiresAt\":\"2026-06-1\(random.below(10))T00:00:00Z\"}" : ""
        let body =
            random.once(in: 3)
            ? "\"type\":\"track\",\"event\":\"E\(random.below(2))\"" : "\"type\":\"identify\",\"traits\":\(traits[random.below(3)])"
        return "{\(body),\(ids)\(expiry),\"messageId\":\"m\(number)\",\"timestamp\":\"2026-06-\(10 + random.below(20))T00:00:00Z\"}"
    }
}

private let expressions = [
    #"trait.city == "Graz""#, #"trait.city == 5"#, "trait.city == 0", "trait.city == true", #"trait.city in ("Linz", "Graz", 5)"#,
    #"trait.home.city == "Graz""#, #"trait.city == "Graz" and did "E1""#, #"trait.city == "Graz" and not did "E0" within 5d"#,
    #"trait.city == "Graz" and trait.n in (1, 2)"#, #"trait.city == "Graz" or did "E1""#, #"not trait.city == "Graz""#,
    #"segment "linz" and count("E0") >= 1"#, "trait.city == \"caf\u{E9}\"", #"trait.city == "nowhere""#, #""Graz" == trait.city"#,
]

@Suite struct IndexTests {
    @Test(arguments: UInt64(1)...6)
    func `with an index the members are those of a scan, in blocks and tail, at any instant, rebuilt, merged and parted`(seed: UInt64)
        throws
    {
        let folder = try Folder()
        var random = ContractRandom(seed: seed)
        let store = try Tessera(path: folder.path + "/s.tessera", plugins: .builtIn).store(.creating)
        try store.save(Definition(kind: .segment, name: "linz", body: #"trait.city in ("Linz", 5)"#))
        var writer = try store.makeWriter()
        var number = 0
        func send(_ count: Int) throws {
            let lines = messages(count, from: number, &random)
            number += count
            let batch = MessageBatch(lines: lines.joined(separator: "\n"))
            if random.once(in: 2) {
                _ = try writer.appendDurably(batch)
            } else {
                _ = try writer.append(writer.makeDecoder().decode(batch))
                try writer.commit(source: nil, position: nil)
            }
        }
        func check(_ place: String) throws {
            let snapshot = try store.snapshot()
            for text in ["2026-06-12T00:00:00Z", "2026-06-20T12:00:00Z", "2026-07-30T00:00:00Z"] {
                let now = try #require(Instant(text: text))
                let question = try Question(
                    snapshot: snapshot, definitions: snapshot.definitions(), now: now, threads: 2, interruption: Interruption(),
                    warn: { _ in })
                for expression in expressions {
                    let rule = try question.rule(expression)
                    let scanned = try question.evaluator.members(of: rule)
                    #expect(try question.members(of: rule) == scanned, "\(place), \(expression) at \(text)")
                    for condition in rule.traitConditions {
                        // Whoever is a member is a candidate, however many there are.
                        guard let found = try snapshot.identifiers(given: condition.values, of: condition.trait) else { continue }
                        let candidates = Set(found.map { Int(snapshot.profileOfIdentifier[Int($0)]) })
                        #expect(Set(scanned.members).isSubset(of: candidates), "\(place), \(expression) at \(text)")
                        let asked = try question.evaluator.members(of: rule, among: candidates.sorted())
                        #expect(asked == scanned, "\(place), \(expression) at \(text)")
                    }
                }
            }
        }
        try send(80)
        #expect(try writer.addIndex(of: ["city"]) != nil)
        #expect(try writer.addIndex(of: ["city"]) == nil)
        try check("added")
        for round in 0..<6 {
            try send(20 + random.below(60))
            try check("round \(round)")
            if round == 2 { #expect(try writer.addIndex(of: ["home", "city"]) != nil) }
            if round == 3 {
                _ = try writer.unmerge(
                    Identifier(.anonymous, "a\(random.below(30))"), from: nil,
                    statement: PeopleStatement(at: Instant(milliseconds: 1), by: "tester"))
            }
            if random.once(in: 2) {
                try writer.close()
                writer = try store.makeWriter()
            }
        }
        let kept = try store.snapshot().traitIndexes()
        #expect(kept.map(\.trait) == [["city"], ["home", "city"]])
        try writer.commit(source: nil, position: nil)
        try writer.rebuild()
        try writer.close()
        let rebuilt = try store.snapshot().traitIndexes()
        #expect(rebuilt.map(\.trait) == kept.map(\.trait) && rebuilt.allSatisfy { $0.entries > 0 })
        try check("rebuilt")
        writer = try store.makeWriter()
        #expect(try writer.removeIndex(of: ["city"]))
        #expect(try !writer.removeIndex(of: ["city"]))
        try check("dropped")
        try writer.close()
        #expect(try store.snapshot().traitIndexes().map(\.trait) == [["home", "city"]])
    }

    @Test func `the shell makes an index, shows that it is used, and drops it`() throws {
        let people = (0..<400).map { number in
            #"{"type":"identify","messageId":"\#(number)","userId":"u\#(number)","timestamp":"2026-06-01T00:00:00Z","#
                + #""traits":{"email":"e\#(number)@x.at","half":\#(number % 2)}}"#
        }
        let shop = try Shop(people.joined(separator: "\n"))
        func plan(_ expression: String) throws -> JSONObject { try shop.answer("explain \(expression)").json }
        #expect(try plan(#"trait.email == "e7@x.at""#)["index"] == .null)
        #expect(try shop.answer("index add trait.email").json["entries"] == .integer(400))
        _ = try shop.answer("index add trait.half")
        let used = try plan(#"trait.email == "e7@x.at" and trait.half == 1"#)
        #expect(used["index"] == .string("trait.email") && used["candidates"] == .integer(1) && used["profiles"] == .integer(400))
        #expect(try plan("trait.half == 1")["index"] == .null, "half of all is no selection")
        #expect(try plan(#"not trait.email == "e7@x.at""#)["index"] == .null)
        #expect(try shop.answer(#"members trait.email in ("e7@x.at", "e9@x.at")"#).json["members"] == .list(["u7", "u9"]))
        #expect(try shop.answer("profile email:e7@x.at").json["profile"]?.asObject?["id"] == .string("u7"))
        let listed = try shop.answer("index list").json["indexes"]?.asArray?.compactMap { $0.asObject?["trait"]?.asString }
        #expect(listed == ["email", "half"])
        // A rebuild keeps it, and it says nothing of what an archive holds.
        let digest = try shop.tessera.digest(interruption: Interruption()).json
        _ = try shop.tessera.rebuild(interruption: Interruption())
        #expect(try plan(#"trait.email == "e7@x.at""#)["candidates"] == .integer(1))
        _ = try shop.answer("index drop trait.email")
        #expect(try plan(#"trait.email == "e7@x.at""#)["index"] == .null)
        #expect(try shop.tessera.digest(interruption: Interruption()).json == digest)
        let error = #expect(throws: CommandError.self) { try shop.answer("index drop trait.email") }
        #expect(error?.message.contains("no index of trait.email") == true)
        for line in ["index", "index add email", "index add trait.", "index list all", "explain"] {
            #expect(throws: CommandError.self, "\(line)") { try Command(line) }
        }
    }
}
