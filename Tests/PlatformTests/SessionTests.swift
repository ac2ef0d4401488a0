import BuiltIn
import EventModel
import Foundation
import Platform
import Synchronization
import TestFolder
import Testing

@Suite struct SessionTests {
    let messages =
        order("o1", by: "ada", at: "2026-06-01T00:00:00Z", revenue: 10) + order("o2", by: "ada", at: "2026-06-20T00:00:00Z", revenue: 30)
        + order("o3", by: "bob", at: "2026-01-01T00:00:00Z", revenue: 5)

    @Test func `a missing store is not made by asking, and the error says how to make one`() throws {
        let folder = try Folder()
        let tessera = Tessera(path: folder.path + "/none.tessera", plugins: .builtIn)
        let session = Session(tessera: tessera, format: .json, clock: { Instant(milliseconds: 0) })
        let error = #expect(throws: CommandError.self) { _ = try session.answer(.count(expression: "true")) }
        #expect(error?.code == .missing && error?.message.contains("tessera-archive import") == true)
        #expect(!FileManager.default.fileExists(atPath: tessera.path))
        _ = try session.answer(.saveSegment("everybody", expression: "true"))
        #expect(FileManager.default.fileExists(atPath: tessera.path))
    }

    @Test func `a refused expression saves nothing`() throws {
        let shop = try Shop(messages)
        let error = #expect(throws: CommandError.self) { _ = try shop.answer("segment odd = trait.x <") }
        #expect(error?.code == .syntax && error?.line == 1 && error?.column != nil)
        #expect(error?.message.hasPrefix("segment 'odd', line 1") == true)
        #expect(try shop.answer("segments").json["segments"]?.asArray?.isEmpty == true)
    }

    @Test func `a segment may not mention itself`() throws {
        let shop = try Shop(messages)
        _ = try shop.answer(#"segment a = did "Order Completed""#)
        let error = #expect(throws: CommandError.self) { _ = try shop.answer(#"segment a = not segment "a""#) }
        #expect(error?.code == .name)
    }

    @Test func `the workspace wins over the store, said aloud`() throws {
        let shop = try Shop(messages)
        _ = try shop.answer("segment buyers = false")
        _ = try shop.folder.write("# Everybody with an order\ndid \"Order Completed\"\n", as: "shop/segments/buyers.segment")
        var session = shop.session
        session.workspace = Workspace(folder: shop.folder.path + "/shop")
        let said = Mutex<[String]>([])
        let result = try session.answer(.segments) { sentence in said.withLock { $0.append(sentence) } }
        #expect(result.json["segments"]?.asArray?.first?.asObject?["members"] == .integer(2))
        #expect(result.json["segments"]?.asArray?.first?.asObject?["title"] == .string("Everybody with an order"))
        #expect(said.withLock { $0.contains { $0.contains("buyers") && $0.contains("workspace") } })
    }

    @Test func `a name never seen is a warning, and the answer stands`() throws {
        let shop = try Shop(messages)
        let said = Mutex<[String]>([])
        let result = try shop.session.answer(.count(expression: #"did "Order Complete""#)) { text in said.withLock { $0.append(text) } }
        #expect(result.json["count"] == .integer(0))
        #expect(said.withLock { $0.first?.contains("did you mean \"Order Completed\"") } == true)
    }

    @Test func `now is a parameter`() throws {
        var shop = try Shop(messages)
        #expect(try shop.answer(#"count did "Order Completed" within 30d"#).json["count"] == .integer(1))
        _ = try shop.session.apply(.setNow(.instant(try #require(Instant(text: "2026-01-02T00:00:00Z")))))
        #expect(try shop.answer("members did \"Order Completed\"").json["members"] == .array([.string("bob")]))
        _ = try shop.session.apply(.setNow(.last))
        #expect(shop.session.now.text == "2026-06-20T00:00:00.000Z")
        _ = try shop.session.apply(.setNow(.clock))
        #expect(shop.session.now == Shop.now && Shop.now?.text != "2026-06-20T00:00:00.000Z")
    }

    @Test func `a stopped command answers nothing and writes nothing`() throws {
        let shop = try Shop(messages)
        let stopped = Interruption()
        stopped.interrupt()
        for line in [#"count did "Order Completed""#, "segment a = true", "cluster kmeans on orders k=1 save as m", "rfm"] {
            let command = try #require(try Command(line))
            let error = #expect(throws: CommandError.self) { _ = try shop.session.answer(command, interruption: stopped) }
            #expect(error?.code == .interrupted, "\(line)")
        }
        #expect(try shop.answer("segments").json["segments"]?.asArray?.isEmpty == true)
    }

    @Test func `every profile of a clustering is in exactly the segment of its cluster`() throws {
        var lines = ""
        for person in 0..<60 {
            for number in 0...(person % 7) {
                let day = 1 + (person * 5 + number * 3) % 28
                let time = "2026-0\(1 + person % 6)-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
                lines += order("o\(person).\(number)", by: "p\(person)", at: time, revenue: Double(person * 3 + number * 17))
            }
        }
        let shop = try Shop(lines)
        let line = #"cluster kmeans on days_since_order, orders, revenue where did "Order Completed" k=4 members=yes save as micro"#
        let result = try #require(try shop.answer(line) as? ClusterResult)
        #expect(result.members.count == 60 && result.clusters.count == 4 && result.clusters.reduce(0) { $0 + $1.size } == 60)
        for card in result.clusters {
            let name = try #require(card.segment)
            let found = try #require(try shop.answer("members segment \"\(name)\"") as? MembersResult)
            #expect(found.members == result.members.filter { $0.cluster == card.number }.map(\.id))
        }
    }

    @Test func `too few profiles are told, not crashed on`() throws {
        let shop = try Shop(messages)
        for line in [
            "cluster kmeans on orders k=9", "cluster kmeans on trait.nothing k=2", "pca on orders where false",
            "silhouette on orders where false",
        ] {
            let error = #expect(throws: CommandError.self) { _ = try shop.answer(line) }
            #expect(error?.code == .data, "\(line): \(error?.message ?? "")")
        }
    }
}
