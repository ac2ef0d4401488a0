import EventModel
import Foundation
import TestFolder
import Testing

/// Connectors of the real worker, from a settings file to the store.
@Suite(.serialized) struct ConnectorTests {
    static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    let folder: Folder
    var store: String { folder / "c.tessera" }
    var config: String { folder / "tessera.yaml" }

    init() throws {
        folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder / "in", withIntermediateDirectories: true)
    }

    func configure(_ connectors: String...) throws {
        _ = try folder.write("connectors:\n" + connectors.map { "  - {\($0)}\n" }.joined(), as: "tessera.yaml")
    }

    /// A file that is there at once, as whoever fills the folder should do it.
    func put(_ numbers: Range<Int>, as name: String, in place: String = "in") throws {
        let lines = numbers.map {
            #"{"type":"track","event":"Sold","userId":"u\#($0 % 300)","messageId":"m\#($0)","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
        }
        let part = try folder.write(lines.joined(), as: "part")
        #expect(rename(part, folder / (place + "/" + name)) == 0)
    }

    func start(_ log: String = "log") throws -> Process {
        try Program.worker.start("--dev", "--port", "0", "--db", store, "--config", config, log: folder / log)
    }

    /// Starts a worker again and again, gives it something, and kills it: after a while of `life`, in milliseconds.
    func killed(rounds: Int, life: ClosedRange<Int>, given: (Int) async throws -> Void) async throws {
        for round in 0..<rounds {
            let worker = try start("log\(round)")
            try await given(round)
            // Three times as far as a fifth of the whole, in turn: five lives that follow no order.
            let part = life.count / 5 * (round * 3 % 5)
            try await Task.sleep(for: .milliseconds(life.lowerBound + part))
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
    }

    /// Sends messages out to a server with one connector and back with another, `out` and `back`, while the worker is killed: each comes back.
    ///
    /// - Parameter fault: What becomes of the server in the second round.
    /// - Returns: How many there are, and how many the server has at least.
    func sendAround(
        out: String, back: String, repeats: Bool, fault: () async throws -> Void = {}
    ) async throws -> (all: Int, least: Int) {
        try configure("name: drop, kind: files, path: in, interval: 0.05", "name: out, \(out)", "name: back, \(back)")
        let (rounds, size) = (Self.isLong ? 12 : 3, 2_000)
        try await killed(rounds: rounds, life: 600...1120) { round in
            try put((round * size)..<((round + 1) * size), as: "\(round).ndjson")
            if round == 1 { try await fault() }
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        // What went out came back, as duplicates; where the server told repeats, each once.
        func told(_ connector: String, _ count: String) throws -> Int {
            Int(try list().first { $0["name"] == .string(connector) }?[count]?.asDouble ?? 0)
        }
        try wait {
            let (out, back) = (try told("out", "delivered"), try told("back", "duplicates"))
            return out >= (rounds - 1) * size && (repeats ? back >= out : back == out)
        }
        #expect(try stored() == [rounds * size, rounds * size])
        return (rounds * size, (rounds - 1) * size)
    }

    /// What `connectors check` found of a connector.
    func found(_ connector: String) throws -> String {
        let check = try Program.worker.run("connectors", "check", connector, "--config", config)
        return try #require(try check.json["found"]?.asString, "\(check.output)\(check.errors)")
    }

    /// Messages in the store, and distinct ones.
    func stored() throws -> [Int] {
        let outcome = try Program.shell.run("--db", store, "-c", "sql SELECT count(*), count(DISTINCT message_id) FROM events")
        guard outcome.status == 0, let row = try outcome.json["rows"]?.asArray?.first?.asArray else { return [0, 0] }
        return row.map { Int($0.asDouble ?? -1) }
    }

    func wait(for count: Int) throws {
        try wait { try stored()[0] >= count }
        #expect(try stored() == [count, count])
    }

    func wait(until holds: () throws -> Bool) throws {
        for _ in 0..<600 {
            if try holds() { return }
            usleep(100_000)
        }
        Issue.record("it never came to hold")
    }

    func list() throws -> [JSONObject] {
        try Program.worker.run("connectors", "list", "--db", store, "--config", config).json["connectors"]?.asArray?.compactMap(\.asObject)
            ?? []
    }

    @Test func `a watched folder loses and doubles nothing through kill -9`() async throws {
        try configure("name: drop, kind: files, path: in, interval: 0.05")
        let (rounds, size) = (Self.isLong ? 60 : 6, 4_000)
        try await killed(rounds: rounds, life: 150...600) { round in
            try put((round * size)..<((round + 1) * size), as: String(format: "%03d.ndjson", round))
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
        let said = "tessera.yaml:3, connectors.1.kind: there is no connector `fils`. Did you mean `files`?"
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

    @Test func `enrichers are listed beside connectors, and give what they know`() throws {
        _ = try folder.write("postcode,region\n1010,Vienna\n", as: "regions.csv")
        _ = try folder.write(
            """
            connectors: [{name: drop, kind: files, path: in.ndjson}]
            enrichers:
              - {name: regions, kind: table, file: regions.csv, key: traits.postcode, keyColumn: postcode, columns: {region: region}, purpose: p}
            """, as: "tessera.yaml")
        let listed = try Program.worker.run("connectors", "list", "--db", store, "--config", config)
        let regions = JSONObject([.init("name", .string("regions")), .init("kind", .string("table"))])
        #expect(try listed.json["enrichers"] == .array([.object(regions)]), "\(listed.output)\(listed.errors)")
        let line = #"{"type":"identify","userId":"ada","traits":{"postcode":"1010"},"messageId":"1","timestamp":"2026-06-01T00:00:00Z"}"#
        _ = try folder.write(line + "\n", as: "in.ndjson")
        #expect(try Program.worker.run("connectors", "run", "drop", "--db", store, "--config", config).status == 0)
        let count = try Program.shell.run("--db", store, "-c", #"count trait.region == "Vienna""#)
        #expect(try count.json["count"] == .integer(1), "\(count.output)\(count.errors)")
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
        ("name: a b, kind: files, path: x", "connectors.0.name: the name of a connector cannot have other characters"),
        ("name: a, path: x", "connectors.0.kind: the kind of connector is missing. There are: 'files', 'kinesis', 'library', 's3',"),
        ("name: a, kind: files, path: x, rate: fast", "connectors.0.rate: this is not a number from 0.001"),
        ("name: a, kind: files, path: x, retry: {first: 0}", "connectors.0.retry.first: this is not a number"),
        (
            "name: a, kind: files, path: x, retry: {first: 300, longest: 1}",
            "connectors.0.retry.first: the bound of the first wait is above `longest`"
        ),
    ])
    func `what cannot be taken is named with its line before the worker begins`(connector: String, expected: String) throws {
        try configure(connector)
        let outcome = try Program.worker.run("connectors", "list", "--db", store, "--config", config)
        #expect(outcome.status != 0 && outcome.errors.contains(expected), "\(outcome.errors)")
    }

    @Test func `a run by hand of what is not there ends, and says why`() throws {
        try configure("name: a, kind: files, path: nosuch")
        let run = try Program.worker.run("connectors", "run", "a", "--db", store, "--config", config)
        #expect(run.status == 1 && run.errors.contains("nosuch: there is no such file or folder."), "\(run.errors)")
        // Where trying again may help, it is tried for as long as it may take.
        try Data([0x1f, 0x8b, 8, 0]).write(to: URL(fileURLWithPath: folder / "in/a.ndjson.gz"))
        try configure("name: a, kind: files, path: in")
        let cut = try Program.worker.run("connectors", "run", "a", "--within", "2", "--db", store, "--config", config)
        #expect(cut.status == 1 && cut.errors.contains("It failed for 2 s and more") && cut.errors.contains("a.ndjson.gz"), "\(cut.errors)")
    }

    @Test func `a stray file does not stop a watched folder`() throws {
        try configure("name: drop, kind: files, path: in, interval: 0.05")
        _ = try folder.write("notes\n", as: "in/README.txt")
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try put(0..<10, as: "a.ndjson")
        try wait(for: 10)
        let log = try String(contentsOfFile: folder / "log", encoding: .utf8)
        #expect(log.components(separatedBy: "in/README.txt is passed over: its name tells no format.").count == 2, "\(log)")
    }

    @Test func `a name that is not there is told with the settings file, and a source has no dead letters`() throws {
        func said(_ command: String, _ name: String) throws -> String {
            let outcome = try Program.worker.run("connectors", command, name, "--db", store, "--config", config)
            #expect(outcome.status != 0)
            return outcome.errors
        }
        _ = try folder.write("# nothing yet\n", as: "tessera.yaml")
        let list = try Program.worker.run("connectors", "list", "--db", store, "--config", config)
        #expect(list.status == 0 && list.output.contains(#""connectors":[]"#), "\(list.output)\(list.errors)")
        #expect(try said("pause", "nightly").contains("tessera.yaml is empty. Name the connector `nightly` in it."))
        _ = try folder.write("cache: {}\n", as: "tessera.yaml")
        #expect(try said("pause", "nightly").contains("tessera.yaml has no section `connectors`. Name the connector `nightly` in one."))
        _ = try folder.write("cache: {}\nconnectors: []\n", as: "tessera.yaml")
        #expect(try said("pause", "nightly").contains("tessera.yaml:2: there is no connector `nightly`. The section names none."))
        try configure("name: nightly, kind: files, path: in")
        #expect(
            try said("pause", "nightli").contains(
                "tessera.yaml:1: there is no connector `nightli`. Did you mean `nightly`? There are: 'nightly'."))
        for command in ["dead", "replay"] {
            #expect(try said(command, "nightly").contains("`nightly` is a source and has no dead letters."))
            #expect(try said(command, "nightly").contains("quarantine"))
        }
    }

    /// What a `files` destination wrote: keys in order, by kind.
    private func delivered(_ kind: String) throws -> [JSONObject] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder / "lake"))?.sorted() ?? []
        return names.flatMap { name in
            (FileManager.default.contents(atPath: folder / ("lake/" + name)) ?? Data()).split(separator: 10).compactMap { line in
                (try? JSONValue(parsing: Array(line)))?.asObject
            }
        }.filter { $0["kind"] == .string(kind) }
    }

    @Test func `a destination is given each message and each change of membership once, through kill -9`() async throws {
        _ = try Program.shell.run("--db", store, "-c", "segment buyers = did \"Sold\" at least 3 times")
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: lake, kind: files, path: lake, rotate: 200000, deliver: [messages, memberships], batchWait: 0.05")
        let (rounds, size) = (Self.isLong ? 60 : 5, 3_000)
        try await killed(rounds: rounds, life: 250...770) { round in
            try put((round * size)..<((round + 1) * size), as: String(format: "%03d.ndjson", round))
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        try wait { try delivered("message").count >= rounds * size && delivered("membership").count >= 300 }
        let keys = try delivered("message").compactMap { $0["key"]?.asString }
        #expect(keys.count == rounds * size && Set(keys).count == keys.count)
        // Of one person messages come in the order in which they were taken.
        let own = try delivered("message").filter { $0["profile"] == .string("u7") }.compactMap { $0["key"]?.asString?.dropFirst() }
        #expect(own.compactMap { Int($0) } == own.compactMap { Int($0) }.sorted())
        let memberships = try delivered("membership")
        #expect(Set(memberships.compactMap { $0["profile"]?.asString }).count == 300)
        #expect(memberships.allSatisfy { $0.value(at: ["record", "segment"]) == .string("buyers") })
        #expect(memberships.allSatisfy { $0.value(at: ["record", "entered"]) == .bool(true) })
        let told = try #require(try list().last)
        #expect(told["dead"] == .integer(0), "\(told)")

        // Beside the worker: what is there is what should be, until somebody loses a file.
        func reconcile(_ flags: String...) throws -> Program.Outcome {
            try Program.run(Program.worker.path, ["connectors", "reconcile", "lake", "--db", store, "--config", config] + flags)
        }
        try wait { try reconcile().status == 0 }
        #expect(try reconcile().segment["there"] == .integer(300))
        let lag = try Program.worker.run("connectors", "lag", "--db", store, "--config", config)
        let lines = try lag.output.split(separator: "\n").map { try #require(try JSONValue(parsing: String($0)).asObject) }
        #expect(lines.map { $0["name"] } == [.string("drop"), .string("lake")], "\(lag.errors)")
        #expect(lines.last?["waitingBytes"] != nil && lines.last?["waitingRecords"] == .integer(0), "\(lag.output)")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder / "lake") {
            let file = folder / ("lake/" + name)
            let text = String(decoding: try #require(FileManager.default.contents(atPath: file)), as: UTF8.self)
            _ = try folder.write(
                text.split(separator: "\n").filter { !$0.contains(#""profile":"u7""#) }.map { $0 + "\n" }.joined(), as: "lake/" + name)
        }
        let drifted = try reconcile("--ids")
        #expect(drifted.status == 1 && drifted.errors.contains("--mend"), "\(drifted.errors)")
        #expect(try drifted.segment["missing"] == .array([.string("u7")]))
    }
}

extension Program.Outcome {
    /// The first segment of a reconciliation.
    fileprivate var segment: JSONObject { get throws { try json["segments"]?.asArray?.first?.asObject ?? JSONObject([]) } }
}
