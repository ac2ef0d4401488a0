import Connectors
import EventModel
import Foundation
import ConnectorSinger
import TestFolder
import Testing

/// A published tap; nil where `TESSERA_TAPS` names no folder that has it.
private func published(_ name: String) -> String? {
    ProcessInfo.processInfo.environment["TESSERA_TAPS"].map { "\($0)/\(name)/bin/\(name)" }.flatMap {
        FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
}

/// Taps as others have written and published them.
struct PublishedTapTests {
    private func source(_ settings: String, in folder: Folder, environment: [String: String] = [:]) throws -> any Source {
        let object = try #require(try JSONValue(parsing: settings).asObject)
        return try SourceRegistry([SingerSourceSettings.self]).make(
            "singer", settings: object, environment: environment,
            context: ConnectorContext(formats: FormatRegistry([]), folder: folder.path, isRunOnce: true))
    }

    private func probe(_ source: some Source) async throws -> String { try await source.probe() }

    @Test(
        .enabled(if: published("tap-jsonl") != nil, "TESSERA_TAPS names no folder with tap-jsonl, so it was not tried"),
        .timeLimit(.minutes(5)))
    func `tap-jsonl brings every line of a file that grows, once`() async throws {
        let folder = try Folder()
        func lines(_ numbers: Range<Int>) -> String {
            numbers.map { #"{"id":\#($0),"customer":"c\#($0 % 7)","at":"2026-01-01 00:00:00"}"# + "\n" }.joined()
        }
        // Its bookmark is the file's time, in whole seconds.
        func write(_ numbers: Range<Int>, at seconds: Double) throws {
            try folder.write(lines(numbers), as: "orders.jsonl")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: folder / "orders.jsonl")
        }
        let source = try source(
            """
            {"command": ["\(try #require(published("tap-jsonl")))"], "userId": ".customer",
             "config": {"path": "*.jsonl", "stream_name": "orders", "primary_keys": ["id"], "emit_state_every": 100}}
            """, in: folder)
        try write(0..<2_000, at: 1_780_000_000)
        #expect(try await probe(source) == "1 stream: orders.")
        let first = await Reading(source)
        #expect(first.error == nil && first.numbers == Array(0..<2_000) && first.rejects.isEmpty)
        // This tap looks at its bookmark and reads the whole file again all the same.
        let unchanged = await Reading(source, after: first.batches.last?.checkpoint)
        #expect(unchanged.error == nil && Set(first.identifiers).isSuperset(of: unchanged.identifiers))
        try write(0..<3_000, at: 1_780_000_060)
        var seen = Set(first.identifiers)
        for batch in first.batches {
            let next = await Reading(source, after: batch.checkpoint)
            #expect(next.error == nil && Set(next.numbers).isSuperset(of: 2_000..<3_000))
            seen.formUnion(next.identifiers)
        }
        #expect(seen.count == 3_000, "a line that is read again is the same message")
    }

    @Test(
        .enabled(if: published("tap-rest-api-msdk") != nil, "TESSERA_TAPS names no folder with tap-rest-api-msdk, so it was not tried"),
        .enabled(if: WrittenTap.isThere, "python3 is not there to serve what the tap reads"), .timeLimit(.minutes(5)))
    func `tap-rest-api-msdk brings what a server has, and what changed since`() async throws {
        let folder = try Folder()
        try folder.write(Self.server, as: "server.py")
        try folder.write("[]", as: "orders.json")
        let server = Process()
        (server.executableURL, server.arguments) = (URL(fileURLWithPath: "/usr/bin/env"), ["python3", folder / "server.py"])
        (server.standardOutput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try server.run()
        // It has the signal mask of the thread that started it, which may block the milder ones.
        defer { kill(server.processIdentifier, SIGKILL) }
        try await waitUntil("the server listens") { FileManager.default.fileExists(atPath: folder / "port") }
        let port = try String(contentsOfFile: folder / "port", encoding: .utf8)
        func settings(_ key: String) -> String {
            #"""
            {"command": ["\#(published("tap-rest-api-msdk") ?? "")"], "config": {
               "api_url": "http://127.0.0.1:\#(port)", "headers": {"X-Key": "\#(key)"},
               "streams": [{"name": "orders", "path": "/orders", "records_path": "$.orders[*]", "primary_keys": ["id"],
                            "replication_key": "updated_at", "start_date": "2025-01-01T00:00:00Z"}]},
             "streams": {"orders": {"event": "Order Completed", "userId": ".customer", "properties": {"id": ".id", "total": ".total"}}}}
            """#
        }
        func serve(_ totals: [Double]) throws {
            let orders = totals.enumerated().map { index, total in
                #"{"id":\#(index),"customer":"c\#(index % 3)","total":\#(total),"updated_at":"2026-01-\#(10 + index)T00:00:00Z"}"#
            }
            try folder.write("[" + orders.joined(separator: ",") + "]", as: "orders.json")
        }
        try serve([1.5, 2.5, 3.5])
        let source = try source(settings("env:SHOP_KEY"), in: folder, environment: ["SHOP_KEY": "the-key-of-the-shop"])
        #expect(try await probe(source) == "1 stream: orders.")
        let first = await Reading(source)
        #expect(first.error == nil && first.numbers == [0, 1, 2])
        #expect(first.messages.first?["timestamp"] == .string("2026-01-10T00:00:00.000Z"))
        try serve([1.5, 20, 3.5, 4.5])
        let second = await Reading(source, after: first.batches.last?.checkpoint)
        #expect(second.error == nil)
        // The server gives all of them each time: those that did not change are known.
        #expect(Set(second.identifiers).intersection(first.identifiers).count == 2)
        #expect(Set(second.identifiers).union(first.identifiers).count == 5)
        let refused = await Reading(try self.source(settings("wrong"), in: folder))
        #expect(refused.messages.isEmpty && refused.error?.recovery == .retry(after: nil))
        #expect(refused.error?.problem.hasPrefix("it ended with status 1: ") == true, "\(String(describing: refused.error))")
    }

    /// Serves what `orders.json` beside it says, to those who have the key.
    private static let server = """
        import http.server, os
        here = os.path.dirname(os.path.abspath(__file__))
        class Orders(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                good = self.headers.get("X-Key") == "the-key-of-the-shop"
                with open(os.path.join(here, "orders.json")) as file: body = ('{"orders": %s}' % file.read()).encode()
                self.send_response(200 if good else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Orders)
        with open(os.path.join(here, "port.part"), "w") as file: file.write(str(server.server_port))
        os.rename(os.path.join(here, "port.part"), os.path.join(here, "port"))
        server.serve_forever()
        """
}
