import BuiltIn
import EventModel
import Platform
import TestFolder
import Testing

@Suite struct LintTests {
    /// A shop of `people`, each with an order of as much money as their number.
    private func shop(people: Int, _ files: [String: String]) throws -> Shop {
        var shop = try Shop((0..<people).map { order("o\($0)", by: "p\($0)", at: "2026-06-01T00:00:00Z", revenue: Double($0)) }.joined())
        for (name, text) in files { _ = try shop.folder.write(text, as: "w/segments/\(name).segment") }
        shop.session.workspace = Workspace(folder: shop.folder.path + "/w")
        return shop
    }

    private func findings(_ shop: Shop) throws -> [LintFinding] { try #require(try shop.answer("lint") as? LintResult).findings }

    /// Segments of 100 people each, neighbours with a Jaccard index of 88/112, `count` of them, on one channel.
    private func crowd(_ count: Int, head: String = "") -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: (0..<count).map { number in
                let range =
                    "sum(\"Order Completed\", .revenue) >= \(number * 12) and sum(\"Order Completed\", .revenue) < \(number * 12 + 100)"
                return ("s\(number)", "# channel: email\n\(number == 0 ? head : "")did any and \(range)")
            })
    }

    @Test(arguments: [(10, nil), (11, "warning"), (15, "warning"), (16, "refused")] as [(Int, String?)])
    func `a channel with many segments is warned of, one with too many refused`(count: Int, severity: String?) throws {
        let shop = try shop(people: 300, crowd(count))
        let found = try findings(shop)
        #expect(found.map(\.severity.rawValue) == (severity.map { [$0] } ?? []), "\(found)")
        if severity == "refused" {
            let error = #expect(throws: CommandError.self) { _ = try shop.answer("apply") }
            #expect(error?.code == .limit && error?.message.contains("email has 16") == true)
            #expect(try shop.answer("plan").json["applicable"] == .bool(false))
        } else {
            _ = try shop.answer("apply")
        }
    }

    @Test(arguments: ["# allow: too many segments because the launch needs it\n", "# active: no\n"])
    func `a reason or an idle segment makes room`(head: String) throws {
        let shop = try shop(people: 300, crowd(16, head: head))
        let found = try findings(shop)
        #expect(found.map(\.severity) == [.warning] && found[0].check == .channel)
        #expect(found[0].reasons == (head.contains("because") ? ["s0: the launch needs it"] : []))
        _ = try shop.answer("apply")
    }

    @Test func `segments that are nearly the same are told, with the exact index`() throws {
        let files = [
            "a": "did any", "b": "sum(\"Order Completed\", .revenue) >= 20",
            "c": "# allow: overlap with d because two teams\nsum(\"Order Completed\", .revenue) < 150",
            "d": "sum(\"Order Completed\", .revenue) < 149",
        ]
        let found = try findings(shop(people: 200, files))
        // b: 180 of 200 is 0.9; c with a: 150 of 200 is 0.75; b with c: 130 of 200.
        #expect(found.map(\.segments) == [["a", "b"], ["c", "d"]] && found.map(\.severity) == [.warning, .allowed])
        #expect(found[0].message.contains("Jaccard 0.90") && found[1].reasons == ["c: two teams"])
    }

    @Test func `an index of exactly the bound is no finding`() throws {
        let files = ["a": "did any", "b": "sum(\"Order Completed\", .revenue) < 160"]
        #expect(try findings(shop(people: 200, files)).isEmpty)
        let over = ["a": "did any", "b": "sum(\"Order Completed\", .revenue) < 161"]
        #expect(try findings(shop(people: 200, over)).count == 1)
    }

    @Test func `a segment too small for its test or under the floor is told`() throws {
        let files = [
            "enough": "sum(\"Order Completed\", .revenue) < 100",
            "few": "sum(\"Order Completed\", .revenue) < 99.5 and not segment \"nobody\"",
            "nobody": "# allow: small because it waits for the launch\nfalse", "tested": "# test: rate 5%, mde 20%\ndid any",
            "testable": "# test: rate 50%, mde 50%\nsum(\"Order Completed\", .revenue) >= 100",
        ]
        // `testable`: 58 people a group tell 75 % from 50 %, so 116 in all.
        let found = try findings(shop(people: 216, files)).filter { $0.check == .size }
        #expect(found.map(\.segments) == [["tested"], ["nobody"]], "\(found)")
        #expect(found[0].message.contains("16,316") && found[0].message.contains("6.00% from 5.00%"))
        #expect(found[1].severity == .allowed)
        #expect(
            try findings(shop(people: 215, files)).filter { $0.check == .size }.map(\.segments) == [["testable"], ["tested"], ["nobody"]])
    }
}
