import EventModel
import Foundation
import TestFolder
import Testing

/// Real data in, figures out, held against computations done another way: Python's csv and decimal modules, and scikit-learn.
@Suite(.serialized, .enabled(if: testData != nil, "TESSERA_TESTDATA names no folder with the real data"), RetailImport())
struct RetailTests {
    /// The retail table in a store.
    @TaskLocal static var retail: Imported?

    struct Imported: Sendable {
        var folder: Folder
        var store: String
        var file: String
        var json: JSONObject
        var now: String
    }

    static func imported(_ path: String, _ mapping: String) throws -> Imported {
        let folder = try Folder()
        let (file, store) = ((testData ?? "") + "/data/" + path, folder / "a.tessera")
        let outcome = try Program.archive.run(
            "import", "--db", store, "--mapping", packageFolder + "/Tools/samples/\(mapping).yaml", "--rejects", folder / "rejects.ndjson",
            file)
        guard outcome.status == 0 else { throw Program.Unexpected("an import, not: \(outcome.errors)") }
        let last = try Program.shell.run("--db", store, "-c", "set now last").json["now"]?.asString ?? ""
        return Imported(folder: folder, store: store, file: file, json: try outcome.json, now: last)
    }

    private func answer(_ command: String, format: String = "json") throws -> Program.Outcome {
        let retail = try #require(Self.retail)
        let outcome = try Program.shell.run("--db", retail.store, "--now", retail.now, "--format", format, "-c", command)
        guard outcome.status == 0 else { throw Program.Unexpected("an answer to \(command), not: \(outcome.errors)") }
        return outcome
    }

    @Test func `every row of the retail table is accounted for`() throws {
        let json = try #require(Self.retail).json
        #expect(json["rows"]?.asDouble == 541_909 || json["rows"]?.asDouble == 541_910, "with or without the header")
        #expect(json["rejected"] == .integer(0) && json["duplicates"] == .integer(0))
        #expect(Self.retail?.now == "2011-12-09T12:50:00.000Z")
    }

    @Test func `customers, orders and worth are the known figures`() throws {
        let rows = try #require(try answer("rfm").json["rows"]?.asArray).compactMap(\.asObject)
        #expect(rows.count == 4_338)
        #expect(rows.reduce(0) { $0 + ($1["frequency"]?.asDouble ?? 0) } == 18_532)
        let worth = rows.reduce(0) { $0 + ($1["monetary"]?.asDouble ?? 0) }
        #expect(abs(worth - 8_911_407.904) < 0.0005, "\(worth)")
    }

    @Test(.enabled(if: python != nil, "the independent computation is a Python script, and python3 is not here"))
    func `RFM equals a computation with Python's csv and decimal modules`() throws {
        let retail = try #require(Self.retail)
        for refunds in [false, true] {
            let answer = try answer("rfm" + (refunds ? " refunds \"Order Refunded\"" : ""), format: "csv")
            let file = try retail.folder.write(answer.output, as: "rfm.csv")
            let outcome = try Program.run(
                python ?? "", [scripts + "/retail_rfm.py", retail.file, file, refunds ? "net" : "gross"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            print(outcome.output)
        }
    }

    static let clustering = "kmeans on days_since_order, orders, revenue where did \"Order Completed\""

    @Test(.enabled(if: learnedPython != nil, "TESSERA_PYTHON names no Python with scikit-learn"), arguments: ["zscore", "minmax"])
    func `the silhouette is the one that scikit-learn computes from the same labels`(scale: String) throws {
        let retail = try #require(Self.retail)
        let answer = try answer("cluster \(Self.clustering) k=4 scale=\(scale) members=yes")
        let file = try retail.folder.write(answer.output, as: "clusters.json")
        let outcome = try Program.run(learnedPython ?? "", [scripts + "/silhouette.py", file, scale])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        print(outcome.output)
    }

    @Test func `saved clusters hold everybody once`() throws {
        let json = try answer("cluster \(Self.clustering) k=5 save as micro").json
        let clusters = try #require(json["clusters"]?.asArray).compactMap(\.asObject)
        var total = 0.0
        for cluster in clusters {
            let name = try #require(cluster["segment"]?.asString)
            let count = try answer("count segment \"\(name)\"").json["count"]?.asDouble
            #expect(count == cluster["size"]?.asDouble, "\(name)")
            total += count ?? 0
        }
        #expect(total == 4_338)
    }

    @Test func `the other real tables import too`() throws {
        let clicks = try Self.imported("ecom_clickstream/ecom.csv.gz", "ecom_clickstream")
        #expect(clicks.json["rejected"] == .integer(0) && clicks.json["profiles"] == .integer(600))
        let cdnow = try Self.imported("cdnow_rest/cdnow_master_minus_sample.csv.gz", "cdnow")
        #expect(cdnow.json["accepted"] == .integer(62_740) && cdnow.json["profiles"] == .integer(21_213))
        let git = try Self.imported("git_activity/git_activity.csv.gz", "git_activity")
        #expect(git.json["accepted"] == .integer(2_099_297) && git.json["rejected"] == .integer(2))
        let rejects = try String(contentsOfFile: git.folder / "rejects.ndjson", encoding: .utf8)
        #expect(rejects.split(separator: "\n").count == 2 && rejects.contains("+518:00"))
    }
}

/// Imports the retail table once for all tests of the suite; it is gone after the last of them, as no static property would be.
private struct RetailImport: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing tests: @Sendable () async throws -> Void
    ) async throws {
        try await RetailTests.$retail.withValue(RetailTests.imported("online_retail/online_retail.csv.gz", "online_retail")) {
            try await tests()
        }
    }
}
