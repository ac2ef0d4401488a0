import BuiltIn
import EventModel
import Foundation
@testable import Platform
import Service
import TestFolder
import Testing

/// `audit data` and `audit sources` on a store small enough to count by hand.
@Suite struct AuditTests {
    private let folder: Folder
    private let session: Session

    init() throws {
        folder = try Folder()
        let plan = """
            trackingPlan:
              events:
                Order Completed:
                  properties:
                    revenue: {kind: number, minimum: 0}
                    currency: {kind: text, enumeration: [EUR, USD]}
              traits:
                properties:
                  plan: {kind: text}

            """
        try folder.write(plan, as: "workspace/tessera.yaml")
        var lines: [String] = []
        func add(_ rest: String, day: String, source: String = "web", receivedAfter seconds: Int? = nil) {
            let received = seconds.map { #","receivedAt":"2026-06-\#(day)T00:00:0\#($0)Z""# } ?? ""
            lines.append(
                #"{"messageId":"m\#(lines.count)","userId":"u\#(lines.count % 3)","timestamp":"2026-06-\#(day)T00:00:00Z"\#(received),"#
                    + #""context":{"library":{"name":"\#(source)"}},\#(rest)}"#)
        }
        func order(_ properties: String) -> String { #""type":"track","event":"Order Completed","properties":{\#(properties)}"# }
        add(order(#""revenue":10,"currency":"EUR""#), day: "18", receivedAfter: 1)
        add(order(#""revenue":10.0,"currency":"EUR""#), day: "19", receivedAfter: 2)
        add(order(#""revenue":-5,"currency":"XXX""#), day: "25", receivedAfter: 3)
        add(order(#""revenue":null,"currency":"USD""#), day: "26", receivedAfter: 9)
        add(order(#""revenue":"ten""#), day: "27")
        add(order(#""revenue":7,"currency":"EUR""#), day: "30", source: "app")
        add(#""type":"track","event":"Rare","properties":{"flag":true}"#, day: "20", source: "app")
        add(#""type":"identify","traits":{"plan":"pro","age":30}"#, day: "21", source: "crm")
        add(#""type":"identify","traits":{"plan":5}"#, day: "22", source: "crm")
        add(#""type":"group","groupId":"g","traits":{"size":3,"city":"Graz"}"#, day: "23", source: "crm")
        // After `now`.
        add(order(#""revenue":1000,"currency":"GBP""#), day: "30", source: "later")
        lines[lines.count - 1] = lines[lines.count - 1].replacingOccurrences(of: "T00:00:00Z", with: "T23:00:00Z")
        lines.append(#"{"type":"x","context":{"library":{"name":"app"}}}"# + "\n")
        let agreements = """
            - {source: crm, every: 1w, traits: [plan], purpose: service}
            - {source: app, every: 1d, tolerance: 50}
            - {source: erp, title: The warehouse, every: 1h}

            """
        try folder.write(agreements, as: "workspace/sources/all.yaml")
        let file = try folder.write(lines.joined(separator: "\n"), as: "a.ndjson")
        let tessera = Tessera(path: folder / "a.tessera", plugins: .builtIn)
        #expect(try tessera.importFiles(ImportRequest(files: [file]), interruption: Interruption()).summary.rejected == 1)
        session = Session(
            tessera: tessera, workspace: Workspace(folder: folder / "workspace"), now: Instant(text: "2026-06-30T12:00:00Z"),
            format: .json,
            clock: { Instant(milliseconds: 0) })
        let open = Session(tessera: tessera, format: .json, clock: { Instant(milliseconds: 1_782_820_800_000) })
        _ = try open.answer(try #require(try Command(#"segment big = sum("Order Completed", .revenue) > 5 and trait.plan == "pro""#)))
        _ = try open.answer(try #require(try Command(#"segment groups = did any where type == "group" and traits.size > 1"#)))
        _ = try open.answer(try #require(try Command(#"segment renewed = did any where type == "identify" and traits.age > 1"#)))
        _ = try open.answer(try #require(try Command(#"feature currency = last("Order Completed", .currency)"#)))
    }

    private func audit(_ line: String) throws -> [String: JSONObject] {
        let answer = try session.answer(try #require(try Command(line))).json
        let list = try #require((answer["data"] ?? answer["sources"])?.asArray).compactMap(\.asObject)
        return Dictionary(
            list.map { entry in
                let name = entry["source"]?.asString ?? entry["of"]?.asString ?? ""
                return (name + (entry["field"]?.asString ?? ""), entry)
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test func `every field is counted as by hand`() throws {
        let found = try audit("audit data")
        let order = try #require(found["Order Completed"])
        #expect(order["rows"] == .integer(6) && order["week"] == .integer(4) && order["week_before"] == .integer(2))
        #expect(order["used_by"] == .array([.string("segment big"), .string("feature currency")]))
        let revenue = try #require(found["Order Completed.revenue"])
        #expect(revenue["missing"] == .number(0) && revenue["null"] == .number(1.0 / 6))
        #expect(revenue["kinds"] == .array([.string("text"), .string("number")]))
        // 10 and 10.0 are one; the others are -5, 7 and "ten".
        #expect(revenue["distinct"] == .integer(4) && revenue["least"] == .number(-5) && revenue["greatest"] == .number(10))
        #expect(revenue["outside"] == .number(2.0 / 5) && revenue["used_by"] == .array([.string("segment big")]))
        #expect(revenue["last_seen"] == .string("2026-06-30T00:00:00.000Z") && revenue["drift"]?.asDouble ?? 0 > 0.25)
        let currency = try #require(found["Order Completed.currency"])
        #expect(currency["missing"] == .number(1.0 / 6) && currency["distinct"] == .integer(3) && currency["outside"] == .number(0.2))
        #expect(currency["least"] == .string("EUR") && currency["greatest"] == .string("XXX"))
        #expect(currency["used_by"] == .array([.string("feature currency")]))
        let flag = try #require(found["Rare.flag"])
        #expect(flag["rows"] == .integer(1) && flag["kinds"] == .array([.string("truth")]) && flag["outside"] == .null)
        #expect(flag["used_by"] == .array([]) && flag["drift"] == .null)
        let plan = try #require(found["identifytrait.plan"])
        #expect(plan["rows"] == .integer(2) && plan["outside"] == .number(0.5) && plan["used_by"] == .array([.string("segment big")]))
        let age = try #require(found["identifytrait.age"])
        #expect(order["sources"] == .list(["app", "web"]) && order["purposes"] == .list([]))
        #expect(currency["sources"] == .list(["app", "web"]) && flag["sources"] == .list(["app"]))
        #expect(plan["sources"] == .list(["crm"]) && plan["purposes"] == .list(["service"]))
        #expect(age["missing"] == .number(0.5) && age["used_by"] == .array([.string("segment renewed")]))
        // Of a group's message only what a condition reads of it is used.
        #expect(try #require(found["groupgroup.size"])["used_by"] == .array([.string("segment groups")]))
        #expect(try #require(found["groupgroup.city"])["used_by"] == .array([]))
    }

    @Test func `one event alone can be asked for, and an unknown one is refused`() throws {
        #expect(Set(try audit(#"audit data "Rare""#).keys) == ["Rare", "Rare.flag"])
        #expect(throws: CommandError.self) { try audit(#"audit data "Raer""#) }
        #expect(throws: CommandError.self) { try Command("audit everything") }
    }

    @Test func `sources tell how many messages, how lately, how late they were and what was refused`() throws {
        let found = try audit("audit sources")
        #expect(Set(found.keys) == ["web", "app", "crm", "erp"])
        let web = try #require(found["web"])
        #expect(web["messages"] == .integer(5) && web["timed"] == .integer(4) && web["refused"] == .integer(0))
        #expect(
            web["lag_ms"]
                == .object(JSONObject([.init("p50", .integer(2_000)), .init("p95", .integer(9_000)), .init("p99", .integer(9_000))])))
        #expect(web["last_seen"] == .string("2026-06-27T00:00:00.000Z") && web["week"] == .integer(3))
        let app = try #require(found["app"])
        #expect(app["messages"] == .integer(2) && app["refused"] == .integer(1) && app["timed"] == .integer(0))
        #expect(app.value(at: ["lag_ms", "p99"]) == .null)
    }

    @Test func `a source is late when its latest message is older than it has agreed to`() throws {
        let found = try audit("audit sources")
        #expect(found["web"]?["every"] == .null && found["web"]?["late"] == .null)
        #expect(found["crm"]?["every"] == .string("1w") && found["crm"]?["late"] == .bool(true))
        #expect(found["app"]?["late"] == .bool(false))
        #expect(found["erp"]?["messages"] == .integer(0) && found["erp"]?["late"] == .bool(true))
        let answer = try session.answer(try #require(try Command("audit sources")))
        #expect(
            answer.json["alarms"]
                == .list([
                    "crm is late: its latest message is of 2026-06-23T00:00:00.000Z, and it has agreed to bring something new every 1w.",
                    "The warehouse (erp) is late: nothing came from it, and it has agreed to bring something new every 1h.",
                ]))
        #expect(answer.notes.count == 2)
        var earlier = session
        earlier.fixedNow = Instant(text: "2026-06-29T00:00:00Z")
        let then = try earlier.answer(try #require(try Command("audit sources"))).json["sources"]?.asArray ?? []
        #expect(then.first { $0.asObject?["source"]?.asString == "crm" }?.asObject?["late"] == .bool(false))
    }

    @Test func `what a source says it sent is held against what is here`() throws {
        let sent = SentCounts(store: folder / "a.tessera")
        func say(_ source: String, _ from: String, _ to: String, _ messages: Int) throws {
            try sent.keep(
                SentCount(
                    source: source, from: try #require(Instant(text: from)), to: try #require(Instant(text: to)), messages: messages))
        }
        // Of web there are two of the 18th and 19th, and three of the 25th to 27th; the end of a span is outside of it.
        try say("web", "2026-06-18", "2026-06-20", 9)
        try say("web", "2026-06-18", "2026-06-20", 3)
        try say("web", "2026-06-25", "2026-06-27", 1)
        try say("app", "2026-06-01", "2026-06-30", 2)
        try say("crm", "2026-06-21", "2026-06-23", 2)
        // Not over yet.
        try say("crm", "2026-06-30", "2026-07-01", 100)
        let file = try FileHandle(forWritingTo: URL(filePath: folder / "a.tessera.sent.ndjson"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"source":"crm","from":"2026-"#.utf8))
        try file.close()
        let found = try audit("audit sources")
        func numbers(_ source: String) -> [JSONValue?] {
            ["messages", "here", "missing", "surplus", "off"].map { found[source]?.value(at: ["sent", $0]) }
        }
        #expect(numbers("web") == [.integer(4), .integer(4), .integer(1), .integer(1), .bool(true)])
        #expect(numbers("app") == [.integer(2), .integer(1), .integer(1), .integer(0), .bool(false)])
        #expect(numbers("crm") == [.integer(2), .integer(2), .integer(0), .integer(0), .bool(false)])
        #expect(found["erp"]?["sent"] == .null)
        let alarms = try session.answer(try #require(try Command("audit sources"))).json["alarms"]?.asArray?.compactMap(\.asString) ?? []
        #expect(alarms.contains("web says it sent 4 messages, and 1 of them are not here."))
        #expect(alarms.contains("web says it sent 4 messages, and 1 more are here."))
        #expect(!alarms.contains { $0.hasPrefix("app") })
    }
}
