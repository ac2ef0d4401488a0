import EventModel
import Foundation
import TestFolder
import Testing

/// Singer taps and targets of the real worker.
extension ConnectorTests {
    /// A tap that brings as many records as `count` beside it says, a state behind each hundred and at its end, and then ends.
    private static let growing = """
        import json, os, sys
        here = os.path.dirname(os.path.abspath(__file__))
        if "--discover" in sys.argv:
            print(json.dumps({"streams": [{"tap_stream_id": "sales", "stream": "sales", "schema": {}, "metadata": []}]}))
            sys.exit(0)
        with open(os.path.join(here, "pids"), "a") as file: file.write("%d\\n" % os.getpid())
        config = json.load(open(sys.argv[sys.argv.index("--config") + 1]))
        assert config["key"] == "the key of the shop"
        done = json.load(open(sys.argv[sys.argv.index("--state") + 1]))["done"] if "--state" in sys.argv else 0
        def out(message): print(json.dumps(message))
        def state(i): out({"type": "STATE", "value": {"done": i}})
        out({"type": "SCHEMA", "stream": "sales", "schema": {}, "key_properties": ["id"], "bookmark_properties": ["at"]})
        count = int(open(os.path.join(here, "count")).read())
        for i in range(done, count):
            out({"type": "RECORD", "stream": "sales", "record": {"id": i, "customer": "u%d" % (i % 300), "at": "2026-06-01T00:00:00Z"}})
            if i % 100 == 99: state(i + 1)
        state(count)
        """

    private func grow(to count: Int) throws {
        let part = try folder.write("\(count)", as: "part")
        #expect(rename(part, folder / "count") == 0)
    }

    private func configureTap(_ more: String = "") throws {
        _ = try folder.write(Self.growing, as: "tap.py")
        _ = try folder.write("the key of the shop\n", as: "key")
        try configure(
            "name: shop, kind: singer, command: [\(try #require(python)), tap.py], config: {key: \"file:\(folder / "key")\"}, userId: .customer\(more)"
        )
    }

    @Test(.enabled(if: python != nil, "python3 is not there, and the tap is written in it"))
    func `a tap that grows loses and doubles nothing through kill -9, and none is left running`() async throws {
        try configureTap(", every: 0.1")
        let (rounds, size) = (Self.isLong ? 60 : 6, 3_000)
        try await killed(rounds: rounds, life: 400...1150) { round in
            try grow(to: (round + 1) * size - 17)
        }
        try grow(to: rounds * size)
        let worker = try start()
        try wait(for: rounds * size)
        // What a kill left stored and not yet counted comes again from the state before it, and counts as a duplicate.
        try wait {
            let told = try list().first
            return (told?["accepted"]?.asDouble ?? 0) + (told?["duplicates"]?.asDouble ?? 0) >= Double(rounds * size)
        }
        worker.terminate()
        worker.waitUntilExit()
        let tapIDs = try String(contentsOfFile: folder / "pids", encoding: .utf8).split(separator: "\n").compactMap { pid_t($0) }
        #expect(tapIDs.count >= 2)
        for id in tapIDs { try wait { kill(id, 0) != 0 } }
    }

    @Test(.enabled(if: python != nil, "python3 is not there, and the tap is written in it"))
    func `a tap is checked, and run by hand to its end`() throws {
        try configureTap()
        try grow(to: 250)
        let check = try Program.worker.run("connectors", "check", "shop", "--config", config)
        #expect(try check.status == 0 && check.json["found"] == .string("1 stream: sales."), "\(check.output)\(check.errors)")
        for (accepted, duplicates) in [(250, 0), (260, 0)] {
            try grow(to: accepted)
            let run = try Program.worker.run("connectors", "run", "shop", "--db", store, "--config", config)
            #expect(run.status == 0, "\(run.errors)")
            let told = try run.json
            #expect(told["accepted"] == .integer(Int64(accepted)) && told["duplicates"] == .integer(Int64(duplicates)), "\(told)")
        }
        #expect(try stored() == [260, 260])
    }

    /// A target that writes the keys of rows into a file, and its states behind what is on the disk.
    private static let target = """
        import json, os, sys
        here = os.path.dirname(os.path.abspath(__file__))
        assert json.load(open(sys.argv[sys.argv.index("--config") + 1]))["key"] == "the key of the lake"
        with open(os.path.join(here, "pids"), "a") as file: file.write("%d\\n" % os.getpid())
        file, rows, keys = os.open(os.path.join(here, "rows"), os.O_WRONLY | os.O_APPEND | os.O_CREAT), [], {}
        for line in sys.stdin:
            m = json.loads(line)
            if m["type"] == "SCHEMA": keys[m["stream"]] = m["key_properties"]
            if m["type"] == "RECORD":
                rows.append(m["stream"] + " " + " ".join(str(m["record"][key]) for key in keys[m["stream"]]) + "\\n")
            if m["type"] == "STATE":
                os.write(file, "".join(rows).encode())
                os.fsync(file)
                rows = []
                print(json.dumps(m["value"]), flush=True)
        """

    @Test(.enabled(if: python != nil, "python3 is not there, and the target is written in it"), arguments: ["", ", perBatch: true"])
    func `what goes out to a target is all there, through kill -9, and no target is left running`(way: String) async throws {
        _ = try Program.shell.run("--db", store, "-c", "segment buyers = did \"Sold\" at least 3 times")
        _ = try folder.write(Self.target, as: "target.py")
        _ = try folder.write("the key of the lake\n", as: "key")
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: lake, kind: singer, command: [\(try #require(python)), target.py], config: {key: \"file:\(folder / "key")\"}, "
                + "deliver: [messages, memberships], batchWait: 0.05\(way)")
        let (rounds, size) = (Self.isLong ? 60 : 5, 3_000)
        try await killed(rounds: rounds, life: 400...1150) { round in
            try put((round * size)..<((round + 1) * size), as: String(format: "%03d.ndjson", round))
        }
        let worker = try start()
        try wait(for: rounds * size)
        func rows() throws -> [Substring] {
            try String(contentsOfFile: folder / "rows", encoding: .utf8).split(separator: "\n")
        }
        try wait { try Set(rows().filter { $0.hasPrefix("messages ") }).count >= rounds * size }
        try wait { try Set(rows().filter { $0.hasPrefix("memberships ") }).count >= 300 }
        #expect(try Set(rows().filter { $0.hasPrefix("messages ") }).count == rounds * size)
        // A row that comes again does so for a batch that was under way when its worker was killed, and never for one that was kept.
        #expect(try rows().count <= rounds * size + 300 + rounds * 1_000)
        try wait { try list().last?["delivered"]?.asDouble ?? 0 > 0 }
        #expect(try list().last?["dead"] == .integer(0))
        worker.terminate()
        worker.waitUntilExit()
        let pids = try String(contentsOfFile: folder / "pids", encoding: .utf8).split(separator: "\n").compactMap { pid_t($0) }
        #expect(pids.count >= 2)
        for id in pids { try wait { kill(id, 0) != 0 } }
    }

    @Test func `the sample of the singer page is taken`() throws {
        let sample = "Plugins/ConnectorSinger/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("SHOP_PASSWORD=secret-of-the-shop LAKE_PASSWORD=secret-of-the-lake \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("singer"), .string("singer")])
        let refused = try Program.bash("LAKE_PASSWORD=secret-of-the-lake env -u SHOP_PASSWORD \(list)", folder: packageFolder)
        let expected = "\(sample):10, connectors.0.config.password: the environment has no variable SHOP_PASSWORD"
        #expect(refused.status != 0 && refused.errors.contains(expected), "\(refused.errors)")
    }
}
