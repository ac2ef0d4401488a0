import EventModel
import Foundation
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// What `cluster` and the micro-segments of a report refuse, save and show.
@Suite struct ClusterTests {
    /// Orders of so many people: the first has one, the second two and so on, up to seven.
    private func orders(people: Int) -> String {
        (0..<people).flatMap { person in
            (0...(person % 7)).map { number in
                order("o\(person).\(number)", by: "p\(person)", at: "2026-06-1\(number)T00:00:00Z", revenue: Double(person * 3 + number))
            }
        }.joined()
    }

    private func page(_ shop: Shop, _ more: String = "") throws -> String {
        let file = shop.folder.path + "/report.html"
        _ = try shop.answer("report to \(file) \(more)")
        return try String(contentsOfFile: file, encoding: .utf8)
    }

    @Test func `a feature named twice is refused before anything runs`() throws {
        let shop = try Shop(orders(people: 5))
        let file = shop.folder.path + "/report.html"
        for line in [
            "cluster kmeans on orders, orders k=2", "plot cluster kmeans on orders, revenue, orders", "elbow on orders, orders",
            "silhouette on orders, orders", "pca on orders, orders", "report to \(file) cluster (kmeans on orders, orders k=2)",
        ] {
            let error = #expect(throws: CommandError.self) { _ = try shop.answer(line) }
            #expect(error?.code == .usage && error?.message.contains("orders is named twice") == true, "\(line)")
        }
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func `a value too large to be clustered is refused with its feature's name`() throws {
        let huge = order("x", by: "big", at: "2026-06-01T00:00:00Z", revenue: 1e200)
        let shop = try Shop(orders(people: 20) + huge)
        for line in ["cluster kmeans on orders, revenue k=2", "pca on orders, revenue", "elbow on revenue scale=minmax"] {
            let error = #expect(throws: CommandError.self) { _ = try shop.answer(line) }
            #expect(error?.code == .data && error?.message.hasPrefix("revenue is 1e+200") == true, "\(error?.message ?? "")")
        }
        _ = try shop.answer(#"cluster kmeans on orders, revenue where sum("Order Completed", .revenue) < 1000 k=2"#)
    }

    @Test func `a report saves nothing and says so`() throws {
        let shop = try Shop(orders(people: 12))
        let error = #expect(throws: CommandError.self) { _ = try page(shop, "cluster (kmeans on orders k=2 save as mine)") }
        #expect(error?.code == .usage && error?.message.contains("save as mine") == true)
        #expect(try shop.answer("segments").json["segments"]?.asArray?.isEmpty == true)
    }

    @Test(arguments: [
        (9, "", false), (10, "", true), (3, "cluster (kmeans on orders, revenue k=2)", true), (2, "cluster (kmeans on orders)", true),
    ])
    func `micro-segments are shown from ten profiles on, or when they are asked for`(people: Int, more: String, shows: Bool) throws {
        #expect(try page(Shop(orders(people: people)), more).contains(">Micro-segments<") == shows)
    }

    @Test func `comments in filters and features end where their line ends`() throws {
        let shop = try Shop(orders(people: 12))
        for (features, filter) in [
            ("orders, revenue", "did \"Order Completed\" # buyers\n"), ("count(any) # all\n, revenue", "true"),
            ("count(any # all\n), revenue", "true"), ("now - last(any) # seen\n", "true # everybody\n"),
        ] {
            let line = "cluster kmeans on \(features) where \(filter) k=2 save as m"
            let result = try #require(try shop.answer(line) as? ClusterResult)
            for card in result.clusters {
                let members = try shop.answer("count segment \"m-\(card.number)\"").json["count"]
                #expect(members == .integer(Int64(card.size)), "\(line)")
            }
        }
    }

    @Test func `nothing of a name moves the terminal, with members or without`() throws {
        let shop = try Shop(orders(people: 12))
        for members in ["yes", "no"] {
            let text = try shop.answer("cluster kmeans on orders k=2 members=\(members) save as \"a\u{202E}b\"").text(
                on: Canvas(width: 100))
            #expect(text.contains("a\u{FFFD}b-1") && !text.unicodeScalars.contains("\u{202E}"))
        }
        let error = #expect(throws: CommandError.self) { _ = try shop.answer(#"cluster kmeans on orders k=2 save as "a\nb""#) }
        #expect(error?.code == .name)
    }

    @Test(arguments: [
        ("a-b_1.c/d:e", "a-b_1.c/d:e"), ("", "''"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("~x", "'~x'"), ("$(é)", "'$(é)'"),
    ])
    func `a word of a shell's command line is quoted where it must be`(text: String, word: String) { #expect(shellWord(text) == word) }

    @Test func `the commands of a report take any name`() throws {
        let shop = try Shop(orders(people: 3))
        _ = try shop.answer(#"segment "it's" = did "Order Completed""#)
        let commands = try #require(try page(shop).components(separatedBy: "<pre><code>").last)
        #expect(commands.replacing("&#39;", with: "'").contains(#"it'\''s"#))
    }

    @Test func `an export's progress tells parts of seconds`() throws {
        let shop = try Shop(orders(people: 12))
        let seconds = Mutex<[Double]>([])
        let request = ExportRequest(file: shop.folder.path + "/all.gz", now: shop.session.now)
        _ = try shop.tessera.exportArchive(
            request, interruption: Interruption(), progress: { state in seconds.withLock { $0.append(state.seconds) } })
        #expect(seconds.withLock { $0.contains { $0 > 0 && $0 < 1 } })
    }
}
