import EventModel
import Foundation
import Platform
import Testing

@Suite struct CommandTests {
    @Test(arguments: CommandHelp.all)
    func `the example in a command's help is a command`(help: CommandHelp) throws {
        #expect(try Command(help.example) != nil)
        let page = try String(contentsOf: packageFolder.appendingPathComponent("Documentation/Shell.md"), encoding: .utf8)
        #expect(page.contains(help.usage) && page.contains(help.example), "Documentation/Shell.md shows another \(help.name)")
    }

    @Test func `an expression is taken as it stands, and clauses after it are found`() throws {
        #expect(try Command(#"count  did "a limit 3" # note"#) == .count(expression: #"did "a limit 3" # note"#))
        #expect(try Command(#"members did "A" limit 5"#) == .members(expression: #"did "A""#, limit: 5))
        #expect(try Command(#"members trait.limit > 5"#) == .members(expression: "trait.limit > 5", limit: nil))
        #expect(try Command("# only a comment") == nil)
        #expect(try Command("   ") == nil)
    }

    @Test(arguments: [
        (#"segment a = trait.x == 1"#, Command.saveSegment("a", expression: "trait.x == 1")),
        (#"segment High value = true"#, .saveSegment("High value", expression: "true")),
        (#"segment "a = b" = true"#, .saveSegment("a = b", expression: "true")),
        (#"segment "a \"b\"""#, .showSegment(#"a "b""#)),
        (#"segment High value"#, .showSegment("High value")),
        (#"drop segment High value"#, .dropSegment("High value")),
        (#"overlap a, "b, c", d e"#, .overlap(["a", "b, c", "d e"])),
        (#"overlap"#, .overlap([])),
        (#"profile email:a+b@c.de"#, .profile(ProfileReference(namespace: "email", id: "a+b@c.de"))),
        (#"profile urn:x"#, .profile(ProfileReference(id: "urn:x"))),
        (#"timeline anonymous_id:z-1 limit 3"#, .timeline(ProfileReference(namespace: "anonymous_id", id: "z-1"), limit: 3)),
        (#"plot rfm to a b.svg"#, .plot(.rfm(RFMRequest()), file: "a b.svg")),
        (#"set now last"#, .setNow(.last)),
        (#"source a file.txt"#, .source("a file.txt")),
    ])
    func `names may be quoted or bare`(line: String, command: Command) throws { #expect(try Command(line) == command) }

    @Test func `rfm and cluster read their clauses in any order`() throws {
        var rfm = RFMRequest()
        (rfm.event, rfm.revenue, rfm.order, rfm.refunds, rfm.scores) = ("purchase", ["a", "b"], ["id"], "refund", 4)
        rfm.filter = "trait.x > 1 limit"
        #expect(try Command(#"rfm into 4 of purchase refunds "refund" by .a.b orders .id where trait.x > 1 limit"#) == .rfm(rfm))
        var cluster = ClusterRequest()
        cluster.features = [#"sum("A" where .x == 1, .y)"#, "orders"]
        cluster.filter = #"trait.k >= 2 and did "where k=3""#
        (cluster.count, cluster.scale, cluster.missing, cluster.seed, cluster.saveAs) = (.fixed(4), .minmax, .median, 9, "my model")
        let line =
            #"kmeans on sum("A" where .x == 1, .y), orders where trait.k >= 2 and did "where k=3" k=4 scale=minmax impute=median seed=9"#
        #expect(try Command("cluster \(line) save as my model") == .cluster(cluster))
        var report = ReportRequest(file: "a.html")
        (report.title, report.rfm, report.cluster) = ("T", RFMRequest(), cluster)
        cluster.saveAs = nil
        report.cluster = cluster
        #expect(try Command("report to a.html title T rfm () cluster (\(line))") == .report(report))
    }

    @Test(arguments: [
        ("frobnicate", "help"), ("cuont true", "`count`"), ("count", "expression"), ("members true limit x", "not a number"),
        ("members true limit", "after `limit`"), ("segment = true", "before `=`"), ("segment a =", "after `=`"), ("drop a", "segment NAME"),
        ("rfm of", "after `of`"), ("rfm into 1", "2 to 10"), ("rfm soon", "soon"), ("cluster dbscan on a", "kmeans"),
        ("cluster kmeans a", "`on`"),
        ("cluster kmeans on a, , b", "feature"), ("cluster kmeans on a k=0", "1 to 1000"), ("cluster kmeans on a scale=log", "minmax"),
        ("cluster kmeans on a tries=3", "no option"), ("plot count true", "picture"), ("plot rfm to a.png", ".svg"),
        ("report a.html", "to FILE"),
        ("set now soon", "instant"), ("set format xml", "json"), ("set colour red", "no setting"), ("segments now", "nothing was expected"),
        ("unmerge", "profile"), ("unmerge a from", "profile"), ("unmerge a because b", "in quotes"), ("rejoin", "number"),
        ("rejoin x", "number"), ("merges of ada", "`refused`"),
    ])
    func `a mistake is told with what was expected`(line: String, says: String) {
        let error = #expect(throws: CommandError.self) { _ = try Command(line) }
        #expect(error?.code == .usage)
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [
        (#"count (did "A""#, true), (#"count did "A"#, true), (#"count did "A" \"#, true), (#"count did "A)" "#, false),
        ("count true # (", false),
    ])
    func `an open quote or parenthesis asks for another line`(line: String, unfinished: Bool) {
        #expect(Command.isUnfinished(line) == unfinished)
    }

    @Test func `completion knows commands, the language and the store's names`() {
        var names = Completions()
        (names.events, names.segments, names.paths) = (
            ["Order Completed", "Order Refunded"], ["buyers", "gone quiet"], [".price", "trait.plan", "traits.plan"]
        )
        names.features = ["basket", "days away"]
        #expect(names.candidates(line: "co", wordStart: 0) == ["count"])
        #expect(names.candidates(line: "count di", wordStart: 6) == ["did", "distanceKm(", "distanceMiles(", "distinct("])
        #expect(names.candidates(line: "count as", wordStart: 6) == ["asOf("])
        #expect(names.candidates(line: "count stale(trait.p", wordStart: 12) == ["trait.plan"])
        #expect(names.candidates(line: "count not st", wordStart: 10) == ["stale(", "startOfDay(", "startsWith"])
        #expect(names.candidates(line: "count did any where tra", wordStart: 20) == ["trait.", "trait.plan", "traits.", "traits.plan"])
        #expect(names.candidates(line: #"count did "Order "#, wordStart: 17) == [#"Completed""#, #"Refunded""#])
        #expect(names.candidates(line: #"count segment "go"#, wordStart: 15) == [#"gone quiet""#].map { String($0) })
        #expect(names.candidates(line: #"count did "A" where .pr"#, wordStart: 20) == [".price"])
        #expect(names.candidates(line: "drop segment bu", wordStart: 13) == ["buyers"])
        #expect(names.candidates(line: "drop feature ", wordStart: 13) == ["basket", "days away"])
        #expect(names.candidates(line: #"drop feature "da"#, wordStart: 14) == [#"days away""#])
    }
}
