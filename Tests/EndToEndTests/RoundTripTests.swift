import EventModel
import Foundation
import TestFolder
import Testing

/// Archives go out and come back the same, also through crashes.
@Suite(.serialized) struct RoundTripTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    private func sample(people: Int, events: Int) throws -> String {
        #expect(try Program.sampleData.run("--out", folder / "sample", "--profiles", "\(people)", "--events", "\(events)").status == 0)
        return folder / "sample/shop.ndjson"
    }

    private func digest(_ store: String) throws -> String {
        let outcome = try Program.archive.run("digest", "--db", store)
        guard outcome.status == 0, let digest = try outcome.json["digest"]?.asString else { throw Program.Unexpected(outcome.errors) }
        return digest
    }

    @Test func `export, import into an empty store and export again give the same text`() throws {
        let file = try sample(people: 400, events: 8_000)
        let (a, b) = (folder / "a.tessera", folder / "b.tessera")
        let imported = try Program.archive.run("import", "--db", a, file)
        #expect(imported.status == 0)
        let again = try Program.archive.run("import", "--db", a, file).json
        let messages = try imported.json["messages"]
        #expect(again["accepted"] == .integer(0) && again["duplicates"] == messages)
        #expect(try Program.shell.run("--db", a, "-c", #"segment buyers = did "Order Completed""#).status == 0)
        #expect(try Program.archive.run("export", "--db", a, "--out", folder / "a.gz").status == 0)
        #expect(try Program.archive.run("verify", folder / "a.gz").status == 0)
        #expect(try Program.archive.run("import", "--db", b, folder / "a.gz").status == 0)
        #expect(try Program.archive.run("export", "--db", b, "--out", folder / "b.gz").status == 0)
        #expect(try Program.bash("cmp <(zcat a.gz) <(zcat b.gz)", folder: folder.path).status == 0)
        #expect(try digest(a) == digest(b))
        let before = try digest(a)
        #expect(try Program.archive.run("rebuild", "--db", a).status == 0)
        #expect(try digest(a) == before)
    }

    @Test func `a segment exports its people and nobody else`() throws {
        let file = try sample(people: 300, events: 6_000)
        let (store, out) = (folder / "a.tessera", folder / "buyers.gz")
        #expect(try Program.archive.run("import", "--db", store, file).status == 0)
        let members = try Program.shell.run("--db", store, "-c", #"members did "Order Completed""#).json
        #expect(try Program.archive.run("export", "--db", store, "--out", out, "--where", #"did "Order Completed""#).status == 0)
        #expect(try Program.archive.run("import", "--db", folder / "c.tessera", out).status == 0)
        #expect(try Program.shell.run("--db", folder / "c.tessera", "-c", "members true").json["members"] == members["members"])
    }

    @Test func `events go out in the formats of others, and come back`() throws {
        let file = try sample(people: 200, events: 4_000)
        let (store, segment, mixpanel) = (folder / "a.tessera", folder / "segment.ndjson.gz", folder / "mixpanel.ndjson.gz")
        #expect(try Program.archive.run("import", "--db", store, file).status == 0)
        let written = try Program.archive.run("export", "--db", store, "--out", segment, "--what", "events", "--as", "segment").json
        #expect(written["format"] == .string("segment") && written["left_out"] == .integer(0))
        let back = folder / "segment.tessera"
        let imported = try Program.archive.run("import", "--db", back, segment).json
        #expect(imported["accepted"] == written["messages"] && imported["rejected"] == .integer(0))
        #expect(try digest(back) == digest(store))

        let events = #"count did "Order Completed""#
        let others = try Program.archive.run("export", "--db", store, "--out", mixpanel, "--what", "events", "--as", "mixpanel").json
        #expect(others["messages"] != .integer(0) && others["left_out"] != .integer(0))
        let again = folder / "mixpanel.tessera"
        let read = try Program.archive.run("import", "--db", again, "--input-format", "mixpanel", mixpanel).json
        #expect(read["accepted"] == others["messages"] && read["rejected"] == .integer(0))
        #expect(
            try Program.shell.run("--db", again, "-c", events).output == Program.shell.run("--db", store, "-c", events).output)
    }

    @Test(arguments: [
        (["--as", "segment"], "holds events and nothing else. Say --what events"),
        (["--as", "mixpanel", "--what", "profiles"], "holds events and nothing else. Say --what events"),
        (["--as", "csv", "--what", "events"], "Nothing is exported as 'csv'. Choose 'tessera', 'segment' or 'mixpanel'."),
    ])
    func `other formats hold events and nothing else`(options: [String], sentence: String) throws {
        let store = folder / "a.tessera"
        #expect(try Program.archive.run("import", "--db", store, folder.write(ImportTests.orders(5), as: "a.ndjson")).status == 0)
        let outcome = try Program.run(Program.archive.path, ["export", "--db", store, "--out", folder / "x.gz"] + options)
        #expect(outcome.status == 2 && outcome.output.isEmpty)
        #expect(try outcome.error["message"]?.asString?.contains(sentence) == true, "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder / "x.gz"))
    }

    /// How often the import is killed; `TESSERA_LONG` asks for more.
    static let kills = ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 20 : 100

    @Test func `kill -9 at random moments, then resume, ends in the same store`() throws {
        let file = try sample(people: 3_000, events: 60_000)
        #expect(try Program.bash("gzip -k \(file)").status == 0)
        let archive = file + ".gz"
        let start = ContinuousClock.now
        #expect(try Program.archive.run("import", "--db", folder / "whole.tessera", archive).status == 0)
        let whole = Double((ContinuousClock.now - start) / .milliseconds(1))
        let expected = try digest(folder / "whole.tessera")
        let seed = UInt64.random(in: 1...UInt64.max)
        print("kill -9 during import: seed \(seed), \(Self.kills) times within \(Int(whole)) ms")
        var state = seed
        for number in 0..<Self.kills {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let moment = Double(state >> 33) / Double(1 << 31) * whole * 1.05
            let store = folder / "killed\(number).tessera"
            let process = try Program.archive.start("import", "--db", store, "--resume", archive)
            usleep(UInt32(moment * 1000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let resumed = try Program.archive.run("import", "--db", store, "--resume", archive)
            #expect(resumed.status == 0, "seed \(seed), number \(number), after \(moment) ms: \(resumed.errors)")
            #expect(try digest(store) == expected, "seed \(seed), number \(number), after \(moment) ms")
            _ = try? Program.bash("rm -rf \(store)*")
        }
    }

    @Test func `Ctrl-C keeps what was read, says how to go on, and ends with 130`() throws {
        let file = try sample(people: 8_000, events: 300_000)
        let store = folder / "stopped.tessera"
        let line = """
            \(Program.archive.path) import --db \(store) \(file) 2>\(folder / "err") & pid=$!; sleep 0.4; kill -INT $pid; wait $pid
            """
        let outcome = try Program.bash("set -m; " + line)
        if outcome.status == 0 { return print("the import was done before Ctrl-C came; nothing was tried") }
        #expect(outcome.status == 130)
        let said = try String(contentsOfFile: folder / "err", encoding: .utf8)
        #expect(said.contains("--resume") && said.contains("interrupted"))
        #expect(try Program.archive.run("import", "--db", store, "--resume", file).status == 0)
        #expect(try Program.archive.run("import", "--db", folder / "whole.tessera", file).status == 0)
        #expect(try digest(store) == digest(folder / "whole.tessera"))
    }
}
