import EventModel
import Foundation
import TestFolder
import Testing

/// Connectors of the real worker, from a settings file to the store.
@Suite(.serialized) struct ConnectorTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    private let folder: Folder
    private var store: String { folder / "c.tessera" }
    private var config: String { folder / "tessera.yaml" }

    init() throws {
        folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder / "in", withIntermediateDirectories: true)
    }

    private func configure(_ connectors: String...) throws {
        _ = try folder.write("connectors:\n" + connectors.map { "  - {\($0)}\n" }.joined(), as: "tessera.yaml")
    }

    /// A file that is there at once, as whoever fills the folder should do it.
    private func put(_ numbers: Range<Int>, as name: String, in place: String = "in") throws {
        let lines = numbers.map {
            #"{"type":"track","event":"Sold","userId":"u\#($0 % 300)","messageId":"m\#($0)","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
        }
        let part = try folder.write(lines.joined(), as: "part")
        #expect(rename(part, folder / (place + "/" + name)) == 0)
    }

    private func start(_ log: String = "log") throws -> Process {
        try Program.worker.start("--dev", "--port", "0", "--db", store, "--config", config, log: folder / log)
    }

    /// Messages in the store, and distinct ones.
    private func stored() throws -> [Int] {
        let outcome = try Program.shell.run("--db", store, "-c", "sql SELECT count(*), count(DISTINCT message_id) FROM events")
        guard outcome.status == 0, let row = try outcome.json["rows"]?.asArray?.first?.asArray else { return [0, 0] }
        return row.map { Int($0.asDouble ?? -1) }
    }

    private func wait(for count: Int) throws {
        try wait { try stored()[0] >= count }
        #expect(try stored() == [count, count])
    }

    private func wait(until holds: () throws -> Bool) throws {
        for _ in 0..<600 {
            if try holds() { return }
            usleep(100_000)
        }
        Issue.record("it never came to hold")
    }

    private func list() throws -> [JSONObject] {
        try Program.worker.run("connectors", "list", "--db", store, "--config", config).json["connectors"]?.asArray?.compactMap(\.asObject)
            ?? []
    }

    @Test func `a watched folder loses and doubles nothing through kill -9`() throws {
        try configure("name: drop, kind: files, path: in, interval: 0.05")
        let (rounds, size) = (Self.isLong ? 60 : 6, 4_000)
        for round in 0..<rounds {
            let worker = try start("log\(round)")
            try put((round * size)..<((round + 1) * size), as: String(format: "%03d.ndjson", round))
            usleep(UInt32(150_000 + 90_000 * (round % 5)))
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        try wait { try list().first?["accepted"]?.asDouble ?? 0 > 0 }
        let told = try #require(try list().first)
        #expect(told["name"] == .string("drop") && told["paused"] == .bool(false) && told["quarantined"] == .integer(0), "\(told)")
    }

    @Test func `connectors are added, changed, paused and taken away without a restart`() throws {
        try configure("name: one, kind: files, path: in, interval: 0.05")
        try FileManager.default.createDirectory(atPath: folder / "more", withIntermediateDirectories: true)
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try put(0..<100, as: "a.ndjson")
        try wait(for: 100)
        let pause = try Program.worker.run("connectors", "pause", "one", "--db", store, "--config", config)
        #expect(pause.status == 0, "\(pause.errors)")
        try put(100..<200, as: "b.ndjson", in: "more")
        try configure("name: one, kind: files, path: in, interval: 0.05", "name: two, kind: files, path: more, interval: 0.05")
        try wait(for: 200)
        #expect(try list().map { $0["paused"] } == [.bool(true), .bool(false)])
        // A file with a mistake changes nothing, and is told once with its line.
        try configure("name: one, kind: files, path: in, interval: 0.05", "name: two, kind: fils, path: more")
        let said = "tessera.yaml:3, connectors.1.kind: there is no source `fils`. Did you mean `files`?"
        try wait { try String(contentsOfFile: folder / "log", encoding: .utf8).contains(said) }
        #expect(try String(contentsOfFile: folder / "log", encoding: .utf8).components(separatedBy: said).count == 2)
        try put(200..<300, as: "c.ndjson", in: "more")
        try wait(for: 300)
        try configure("name: one, kind: files, path: in, interval: 0.05")
        try put(300..<400, as: "d.ndjson")
        #expect(try Program.worker.run("connectors", "resume", "one", "--db", store, "--config", config).status == 0)
        try wait(for: 400)
        let reset = try Program.worker.run("connectors", "reset", "one", "--db", store, "--config", config)
        #expect(reset.status != 0 && reset.errors.contains("c.tessera"), "\(reset.errors)")
    }

    @Test func `one is checked, run to its end, reset and run again from the shell`() throws {
        try configure("name: nightly, kind: files, path: in, follow: false")
        try put(0..<2_500, as: "a.ndjson")
        _ = try folder.write("{\"type\":\"track\"}\nnothing\n", as: "in/b.ndjson")
        let check = try Program.worker.run("connectors", "check", "nightly", "--config", config)
        #expect(check.status == 0 && check.output.contains("2 files of"), "\(check.output)\(check.errors)")
        for round in 0..<3 {
            let run = try Program.worker.run("connectors", "run", "nightly", "--db", store, "--config", config)
            #expect(run.status == 0, "\(run.errors)")
            let told = try run.json
            #expect(told["accepted"] == .integer(round < 2 ? 2_500 : 0), "\(told)")
            #expect(told["quarantined"] == .integer(2) && told["duplicates"] == .integer(round < 2 ? 0 : 2_500), "\(told)")
            if round == 1 {
                let reset = try Program.worker.run("connectors", "reset", "nightly", "--db", store, "--config", config)
                #expect(reset.status == 0, "\(reset.errors)")
            }
        }
        #expect(try stored() == [2_500, 2_500])
    }

    @Test(arguments: [
        ("name: a, kind: files", "tessera.yaml:2, connectors.0: `files` needs the setting `path`."),
        ("name: a, kind: files, path: x, pth: y", "tessera.yaml:2, connectors.0.pth: `files` has no such setting. Did you mean `path`?"),
        ("name: a b, kind: files, path: x", "connectors.0.name: a connector needs a name."),
        ("name: a, path: x", "connectors.0.kind: the kind of connector is missing. There are: 'files'."),
        ("name: a, kind: files, path: x, rate: fast", "connectors.0.rate: this is not a number from 0.001"),
        ("name: a, kind: files, path: x, retry: {first: 0}", "connectors.0.retry.first: this is not a number"),
    ])
    func `what cannot be taken is named with its line before the worker begins`(connector: String, expected: String) throws {
        try configure(connector)
        let outcome = try Program.worker.run("connectors", "list", "--db", store, "--config", config)
        #expect(outcome.status != 0 && outcome.errors.contains(expected), "\(outcome.errors)")
    }
}
