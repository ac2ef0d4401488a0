import Connectors
import EventModel
import Foundation
import ConnectorSinger
import Synchronization
import TestFolder
import Testing

/// A tap that a test writes itself, in Python, in a folder of its own.
final class WrittenTap: Sendable {
    let folder: Folder
    private let log = Mutex<[String]>([])

    /// What every tap begins with: the options of the specification, and `out`, which writes a line.
    private static let head = """
        import argparse, json, os, signal, sys, time
        options = argparse.ArgumentParser()
        for name in ("--config", "--state", "--catalog"): options.add_argument(name)
        options.add_argument("--discover", action="store_true")
        given = options.parse_args()
        here = os.path.dirname(os.path.abspath(__file__))
        def load(path): return json.load(open(path)) if path else None
        config, state, catalog = load(given.config) or {}, load(given.state), load(given.catalog)
        def out(*messages):
            sys.stdout.write("".join(json.dumps(m) + "\\n" for m in messages))
            sys.stdout.flush()
        def schema(stream="orders", keys=["id"], bookmarks=["at"]):
            return {"type": "SCHEMA", "stream": stream, "schema": {"type": "object"}, "key_properties": keys, "bookmark_properties": bookmarks}
        def record(i, stream="orders", **more):
            return {"type": "RECORD", "stream": stream, "record": dict({"id": i, "customer": "c%d" % (i % 7), "at": "2026-01-01T00:00:%02dZ" % (i % 60)}, **more)}
        def at(i): return {"type": "STATE", "value": {"done": i}}
        def note(name, text):
            with open(os.path.join(here, name), "a") as file: file.write(str(text) + "\\n")

        """

    /// - Parameter body: The rest of the program.
    init(_ body: String) throws {
        folder = try Folder()
        try folder.write(Self.head + body, as: "tap.py")
    }

    /// What came for the log.
    var logged: [String] { log.withLock { $0 } }

    static let isThere = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// The tap as a source of one run.
    func source(_ settings: [JSONObject.Member] = [], isRunOnce: Bool = true, environment: [String: String] = [:]) throws -> any Source {
        var all = JSONObject([
            .init("command", .array([.string("python3"), .string(folder / "tap.py")])), .init("userId", .string(".customer")),
        ])
        for member in settings { all.set(member.name, member.value) }
        return try SourceRegistry([SingerSourceSettings.self]).make(
            "singer", settings: all, environment: environment,
            context: ConnectorContext(
                formats: FormatRegistry([]), folder: folder.path, isRunOnce: isRunOnce,
                report: { line in self.log.withLock { $0.append(line) } }))
    }

    /// Lines of a file that the tap wrote beside itself.
    func notes(_ name: String) -> [String] {
        String(decoding: FileManager.default.contents(atPath: folder / name) ?? Data(), as: UTF8.self).split(separator: "\n").map {
            String($0)
        }
    }

    /// Waits until processes that the tap noted are gone.
    func waitUntilGone(_ name: String) async throws {
        let ids = notes(name).compactMap { pid_t($0) }
        #expect(!ids.isEmpty)
        for id in ids { try await waitUntil("the process \(id) is gone") { kill(id, 0) != 0 && errno == ESRCH } }
    }
}

/// Waits for something that must come to hold.
func waitUntil(_ what: String, _ holds: () throws -> Bool) async throws {
    for _ in 0..<1_200 {
        if try holds() { return }
        try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("it never came to hold that \(what)")
}

/// Everything that a source gave, and how it ended.
struct Reading {
    var batches: [SourceBatch] = []
    var error: ConnectorError?

    /// Reads to the end, or so many batches.
    init(_ source: some Source, after checkpoint: Checkpoint? = nil, atMost: Int = .max) async {
        do throws(ConnectorError) {
            for try await batch in source.batches(after: checkpoint) {
                batches.append(batch)
                if batches.count == atMost { return }
            }
        } catch { self.error = error }
    }

    var messages: [JSONObject] {
        batches.flatMap { batch in
            batch.messages.text.prefix(batch.messages.count).split(separator: 10).compactMap { try? JSONValue(parsing: $0).asObject }
        }
    }
    /// `messageId` of every message.
    var identifiers: [String] { messages.compactMap { $0["messageId"]?.asString } }
    /// `properties.id` of every message.
    var numbers: [Int] { messages.compactMap { $0.value(at: ["properties", "id"])?.asDouble.map { Int($0) } } }
    var rejects: [Reject] { batches.flatMap(\.messages.rejects) }
}
