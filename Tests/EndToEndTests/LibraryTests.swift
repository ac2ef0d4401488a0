import EventModel
import Foundation
import TestFolder
import Testing

/// The library of ready segments on the sample shop, as a person tries it first.
@Suite struct LibraryTests {
    static let library = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Tools/samples/library/shop").path

    @Test func `the shop's library is planned and applied on the sample shop`() throws {
        let folder = try Folder()
        let store = folder / "shop.tessera"
        #expect(
            try Program.sampleData.run("--out", folder / "sample", "--profiles", "1000", "--events", "20000", "--seed", "7").status == 0)
        #expect(try Program.archive.run("import", "--db", store, folder / "sample/shop.ndjson").status == 0)
        func shell(_ command: String) throws -> Program.Outcome {
            try Program.shell.run("--db", store, "--workspace", Self.library, "--now", "2026-06-30T00:00:00Z", "-c", command)
        }
        let plan = try shell("plan")
        #expect(plan.status == 0 && !plan.errors.contains("\"error\""), "\(plan.errors)")
        #expect(try plan.json["applicable"] == .bool(true))
        let changes = try plan.json["changes"]?.asArray?.compactMap(\.asObject) ?? []
        #expect(changes.count > 20 && changes.allSatisfy { $0["change"] == .string("added") })
        #expect(try shell("segments").json["segments"]?.asArray?.count == changes.filter { $0["kind"] == .string("segment") }.count)
        #expect(try Program.shell.run("--db", store, "-c", "segments").json["segments"]?.asArray?.isEmpty == true)

        #expect(try shell("apply").json["saved"]?.asArray?.count == changes.count)
        let again = try shell("apply")
        #expect(try again.status == 0 && again.json["saved"]?.asArray?.isEmpty == true)
        let taxonomy = try Program.shell.run("--db", store, "--now", "2026-06-30T00:00:00Z", "-c", "taxonomy lifecycle").json
        let sizes = taxonomy["segments"]?.asArray?.compactMap { $0.asObject?["members"]?.asDouble } ?? []
        #expect(sizes.count == 6 && sizes.reduce(0, +) == taxonomy["population"]?.asDouble && sizes.filter { $0 > 0 }.count >= 4)
    }

    @Test func `a slip in a file ends with 1 and says where`() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder / "w/segments", withIntermediateDirectories: true)
        let file = try folder.write("# chanel: email\ndid any within 7\n", as: "w/segments/a.segment")
        #expect(
            try Program.archive.run("import", "--db", folder / "s.tessera", folder.write(ImportTests.orders(5), as: "a.ndjson")).status == 0
        )
        for command in ["plan", "apply", "lint", "count true"] {
            let outcome = try Program.shell.run("--db", folder / "s.tessera", "--workspace", folder / "w", "-c", command)
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            let message = try outcome.error["message"]?.asString ?? ""
            #expect(message.contains("\(file), line 1, column 3: there is no setting \"chanel\"; did you mean channel?"), "\(message)")
        }
    }
}
