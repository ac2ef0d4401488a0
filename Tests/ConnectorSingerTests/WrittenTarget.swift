import ConnectorSinger
import Connectors
import EventModel
import Foundation
import Synchronization
import TestFolder

/// A target that a test writes itself, in Python, in a folder of its own.
final class WrittenTarget: Sendable {
    let folder: Folder
    private let log = Mutex<[String]>([])

    /// What every target begins with. `keep` writes a row to the disk where its key is new, as a table with a primary key does; `back`
    /// writes back a state. A target then defines `record` and `state`, or leaves them as they are, and `start` and `end`.
    private static let head = """
        import argparse, json, os, signal, sys, time
        options = argparse.ArgumentParser()
        options.add_argument("--config")
        given = options.parse_args()
        here = os.path.dirname(os.path.abspath(__file__))
        config = json.load(open(given.config)) if given.config else {}
        schemas, keys, last = {}, {}, None
        files = {}
        def note(name, text):
            if name not in files: files[name] = open(os.path.join(here, name), "a")
            files[name].write(str(text) + "\\n")
            files[name].flush()
        def lines(name):
            path = os.path.join(here, name)
            return open(path).read().splitlines() if os.path.exists(path) else []
        def key(m): return "/".join(str(m["record"][k]) for k in keys[m["stream"]])
        seen = {}
        def keep(m):
            had = seen.setdefault(m["stream"], set(lines(m["stream"] + ".keys")))
            if key(m) in had: return
            had.add(key(m))
            note(m["stream"] + ".keys", key(m))
            note(m["stream"], json.dumps(m["record"]))
        def back(value):
            sys.stdout.write(json.dumps(value) + "\\n")
            sys.stdout.flush()
        def start(): pass
        def record(m): keep(m)
        def state(m): back(m["value"])
        def end(): pass

        """
    private static let tail = """

        note("pids", os.getpid())
        start()
        for line in sys.stdin:
            m = json.loads(line)
            note("types", m["type"])
            if m["type"] == "SCHEMA":
                schemas[m["stream"]], keys[m["stream"]] = m["schema"], m["key_properties"]
                note("schemas", line.strip())
            if m["type"] == "RECORD":
                wanted = {n for n, s in schemas[m["stream"]]["properties"].items() if s["type"] in ("string", "boolean", "integer")}
                assert wanted <= set(m["record"]) <= set(schemas[m["stream"]]["properties"]), m
                record(m)
            if m["type"] == "STATE":
                note("states", json.dumps(m["value"]))
                last = m["value"]
                state(m)
        end()
        note("ends", os.getpid())
        """

    /// - Parameter body: What this one does otherwise.
    init(_ body: String = "") throws {
        folder = try Folder()
        try folder.write(Self.head + body + Self.tail, as: "target.py")
    }

    /// What came for the log.
    var logged: [String] { log.withLock { $0 } }

    /// The target as a destination.
    func destination(_ settings: [JSONObject.Member] = [], environment: [String: String] = [:]) throws -> any Destination {
        var all = JSONObject([.init("command", .array([.string("python3"), .string(folder / "target.py")]))])
        for member in settings { all.set(member.name, member.value) }
        return try DestinationRegistry([SingerDestinationSettings.self]).make(
            "singer", settings: all, environment: environment,
            context: ConnectorContext(
                formats: FormatRegistry([]), folder: folder.path, report: { line in self.log.withLock { $0.append(line) } }))
    }

    /// Lines of a file that the target wrote beside itself.
    func notes(_ name: String) -> [String] {
        String(decoding: FileManager.default.contents(atPath: folder / name) ?? Data(), as: UTF8.self).split(separator: "\n").map {
            String($0)
        }
    }

    /// Rows of a stream.
    func rows(_ stream: String = "messages") throws -> [JSONObject] {
        try notes(stream).map { try JSONValue(parsing: $0).asObject ?? JSONObject() }
    }

    /// Waits until all processes of the target are gone.
    func waitUntilGone() async throws {
        for id in notes("pids").compactMap({ pid_t($0) }) {
            try await waitUntil("the process \(id) is gone") { kill(id, 0) != 0 && errno == ESRCH }
        }
    }
}

extension DeliveryBatch {
    /// So many messages from a number on.
    static func messages(_ numbers: Range<Int>, padding: Int = 0) -> DeliveryBatch {
        var batch = DeliveryBatch()
        let text = String(repeating: "x", count: padding)
        for number in numbers {
            let json =
                #"{"type":"track","event":"Sold","userId":"u\#(number % 7)","messageId":"m\#(number)","timestamp":"2026-06-01T00:00:00Z","#
                + #""properties":{"n":\#(number),"text":"\#(text)"}}"#
            batch.append(.message, key: "m\(number)", profile: "u\(number % 7)", json: json.utf8)
        }
        return batch
    }
}
