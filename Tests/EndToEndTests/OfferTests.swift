import EventModel
import Foundation
import TestFolder
import Testing

/// Offers as OpenFeature's own client meets them.
@Suite(.serialized) struct OfferTests {
    @Test(.enabled(if: learnedPython != nil, "OpenFeature's SDK and OFREP provider are Python packages, and no Python has them here"))
    func `OpenFeature's own provider resolves offers, and never a stale one`() throws {
        let folder = try Folder()
        func write(_ text: String, as name: String) throws {
            let file = folder / "w/" + name
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        }
        try write("sum(\"Order Completed\", .revenue) >= 50\n", as: "segments/vip.segment")
        try write(
            """
            - key: banner
              title: Banner on the home page
              variants: {plain: Welcome, vip: Early access}
              default: plain
              rules: [{name: vips, when: segment "vip", variant: vip}]
            - key: free-shipping
              variants: {on: true, off: false}
              default: off
              rules: [{when: did "Order Completed" at least 1 times, variant: on}]
            - key: card
              kind: object
              variants: {none: {}, card: {title: Club, points: 100}}
              default: none
              rules: [{when: segment "vip", variant: card}]
            - {key: discount, kind: float, variants: {none: 0, ten: 0.1}, default: none, rules: [{when: segment "vip", variant: ten}]}
            - {key: places, enabled: false, variants: {few: 3, many: 12}, default: few, rules: [{when: "true", variant: many}]}
            - {key: just-looked, variants: {on: true, off: false}, default: off, rules: [{when: did "Looked" within 1s, variant: on}]}
            """, as: "offers/all.yaml")
        let outcome = try Program.run(
            learnedPython ?? "",
            ["-B", scripts + "/offers.py", Program.worker.path, Program.shell.path, folder / "o.tessera", folder / "w"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let told = try outcome.json

        func expect(_ path: [String], _ value: JSONValue, _ variant: String?, _ reason: String, error: String? = nil) {
            let found = told.value(at: path)?.asObject
            #expect(found?["value"] == value && found?["variant"] == variant.map { .string($0) } ?? .null, "\(path): \(told)")
            #expect(found?["reason"] == .string(reason) && found?["error"] == error.map { .string($0) } ?? .null, "\(path): \(told)")
        }
        expect(["before", "string"], .string("Welcome"), "plain", "UNKNOWN")
        expect(["before", "boolean"], .bool(false), "off", "UNKNOWN")
        expect(["before", "object"], .object(JSONObject()), "none", "UNKNOWN")
        expect(["before", "float"], .number(0), "none", "UNKNOWN")
        expect(["before", "integer"], .integer(3), "few", "DISABLED")
        expect(["after", "string"], .string("Early access"), "vip", "TARGETING_MATCH")
        expect(["after", "boolean"], .bool(true), "on", "TARGETING_MATCH")
        let card = JSONObject([.init("title", .string("Club")), .init("points", .integer(100))])
        expect(["after", "object"], .object(card), "card", "TARGETING_MATCH")
        expect(["after", "float"], .number(0.1), "ten", "TARGETING_MATCH")
        #expect(told.value(at: ["after", "string", "metadata", "rule"]) == .string("vips"))
        expect(["inside"], .bool(true), "on", "TARGETING_MATCH")
        expect(["outside"], .bool(false), "off", "UNKNOWN")
        expect(["unknown"], .string("code"), nil, "ERROR", error: "FLAG_NOT_FOUND")
        expect(["mismatch"], .bool(false), nil, "ERROR", error: "TYPE_MISMATCH")
        expect(["nobody"], .string("code"), nil, "ERROR", error: "TARGETING_KEY_MISSING")
        expect(["refused"], .string("code"), nil, "ERROR", error: "GENERAL")
        #expect(told["bulk"] == .integer(200) && told["same"] == .integer(304) && told["sameTag"] == .bool(true), "\(told)")
        #expect(told["stale"] == .integer(0) && told["status"] == .integer(0), "\(told)")
    }
}
