import BuiltIn
import EventModel
import Platform
import TestFolder
import Testing

@Suite struct TaxonomyTests {
    private static let lifecycle = [
        "new": "# title: New\n# taxonomy: lifecycle\n# order: 1\nfirst(any) > ago(30d)",
        "loyal": "# taxonomy: lifecycle\n# order: 2\ncount(\"Order Completed\") >= 3",
        "active": "# taxonomy: lifecycle\n# order: 3\ndid any within 90d",
    ]

    private func shop(seed: Int, _ files: [String: String]) throws -> Shop {
        var lines = ""
        for person in 0..<40 {
            for number in 0...((person * 7 + seed) % 5) {
                let day = 1 + (person * 11 + number * 5 + seed) % 28
                let time = "2026-0\(1 + (person + number + seed) % 6)-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
                lines += order("o\(person).\(number)", by: "p\(person)", at: time, revenue: 1)
            }
        }
        var shop = try Shop(lines)
        for (name, text) in files { _ = try shop.folder.write(text, as: "w/segments/\(name).segment") }
        shop.session.workspace = Workspace(folder: shop.folder.path + "/w")
        return shop
    }

    @Test(arguments: 0..<6)
    func `each profile is in exactly one segment of a taxonomy, the first that holds`(seed: Int) throws {
        let shop = try shop(seed: seed, Self.lifecycle)
        let result = try #require(try shop.answer("taxonomy lifecycle") as? TaxonomyResult)
        #expect(result.segments.map(\.name) == ["lifecycle:new", "lifecycle:loyal", "lifecycle:active", "lifecycle:other"])
        #expect(result.segments.reduce(0) { $0 + $1.members } == result.population)
        var left = try Self.members(shop, "true")
        for segment in result.segments {
            let found = try Self.members(shop, "segment \"\(segment.name)\"")
            let plain = segment.name == "lifecycle:other" ? left : try Self.members(shop, "segment \"\(segment.name.dropFirst(10))\"")
            #expect(found == plain.intersection(left) && found.count == segment.members)
            left.subtract(found)
        }
        #expect(left.isEmpty)
    }

    @Test func `the sizes stay once the workspace is applied, and the files keep their own meaning`() throws {
        let shop = try shop(seed: 1, Self.lifecycle)
        let before = try shop.answer("taxonomy").json
        _ = try shop.answer("apply")
        var session = shop.session
        session.workspace = nil
        #expect(try session.answer(.taxonomy("lifecycle")).json == before)
        #expect(try Self.members(shop, "segment \"active\"") == Self.members(shop, "did any within 90d"))
    }

    @Test func `a last segment that holds for everyone is the fallback`() throws {
        var files = Self.lifecycle
        files["rest"] = "# taxonomy: lifecycle\n# order: 9\ntrue # everybody else"
        let result = try #require(try shop(seed: 2, files).answer("taxonomy lifecycle") as? TaxonomyResult)
        #expect(result.segments.map(\.name).suffix(2) == ["lifecycle:active", "lifecycle:rest"])
        #expect(result.segments.reduce(0) { $0 + $1.members } == result.population)
    }

    @Test(arguments: [
        ("# taxonomy: lifecycle\n# order: 2\nfalse", "this place"), ("# taxonomy: lifecycle\nfalse", "needs its place"),
        ("# taxonomy: lifecycle\n# order: 0\ntrue", "put it last"), ("# taxonomy: a:b\n# order: 1\ntrue", "no colon"),
    ])
    func `a taxonomy that cannot be is refused`(file: String, says: String) throws {
        let files = Self.lifecycle.merging(["x": file]) { first, _ in first }
        let error = #expect(throws: CommandError.self) { _ = try shop(seed: 0, files).answer("plan") }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test func `the fallback's name and the names it makes are kept free`() throws {
        let shop = try shop(
            seed: 0, Self.lifecycle.merging(["other": "# taxonomy: lifecycle\n# order: 8\nfalse", "lifecycle:new": "true"]) { a, _ in a })
        let error = #expect(throws: CommandError.self) { _ = try shop.answer("plan") }
        #expect(error?.message.contains("for everyone else") == true && error?.message.contains("a taxonomy makes") == true)
    }

    @Test func `an unknown taxonomy is told`() throws {
        let error = #expect(throws: CommandError.self) { _ = try shop(seed: 0, Self.lifecycle).answer("taxonomy lifecicle") }
        #expect(error?.code == .name && error?.message.contains("'lifecycle'") == true)
    }

    private static func members(_ shop: Shop, _ expression: String) throws -> Set<String> {
        Set(try #require(try shop.answer("members " + expression) as? MembersResult).members)
    }
}
