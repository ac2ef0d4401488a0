import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import ConnectorSinger
import TestFolder
import Testing

/// Taps that keep the specification: what they read comes, once.
@Suite(.enabled(if: WrittenTap.isThere, "python3 is not there, and the taps of these tests are written in it"))
struct SingerSourceTests {
    /// So many records, with a state behind each ten.
    private static func steady(_ count: Int) -> String {
        """
        out(schema())
        for i in range((state or {"done": 0})["done"], \(count)):
            out(record(i, note="x" * 200) if i % 100 != 50 else {"type": "RECORD", "stream": "orders", "record": {"customer": "c"}})
            if i % 10 == 9: out(at(i + 1))
        """
    }

    @Test(.timeLimit(.minutes(5)), arguments: SourceContract.allCases)
    func `a tap with states keeps the promises`(promise: SourceContract) async throws {
        try await promise.verify(WrittenTap(Self.steady(2_000)).source(), records: 2_000, checkpoints: 20)
    }

    @Test func `what stands behind the last state comes again with the same identifiers`() async throws {
        let tap = try WrittenTap(
            """
            out(schema())
            first = (state or {"done": 0})["done"]
            out(*[record(i) for i in range(first, 25)])
            if first == 0: out(at(10))
            out(*[record(i) for i in range(25, 40)])
            """)
        let first = await Reading(try tap.source())
        #expect(first.error == nil && first.numbers == Array(0..<40))
        let last = try #require(first.batches.last?.checkpoint)
        #expect(last == Checkpoint(version: 1, position: #"{"done":10}"#))
        let second = await Reading(try tap.source(), after: last)
        #expect(second.numbers == Array(10..<40) && second.identifiers == Array(first.identifiers[10...]))
        #expect(Set(first.identifiers).count == 40)
    }

    @Test func `a tap that crashes is gone on with where its last state says`() async throws {
        let tap = try WrittenTap(
            """
            out(schema())
            first = (state or {"done": 0})["done"]
            for i in range(first, 100):
                out(record(i))
                if i % 10 == 9: out(at(i + 1))
                if i == first + 37:
                    sys.stdout.write('{"type": "RECORD", "stream": "ord')
                    sys.stderr.write("starting\\nKeyError: 'total'\\n")
                    sys.stdout.flush()
                    os._exit(3)
            """)
        var (checkpoint, seen, ends) = (Checkpoint?.none, Set<String>(), 0)
        for _ in 0..<10 {
            let reading = await Reading(try tap.source(), after: checkpoint)
            seen.formUnion(reading.identifiers)
            checkpoint = reading.batches.last?.checkpoint ?? checkpoint
            #expect(reading.rejects.isEmpty)
            guard let error = reading.error else { break }
            ends += 1
            #expect(error.recovery == .retry(after: nil) && error.place == "python3")
            #expect(error.problem == "it ended with status 3: KeyError: 'total'", "\(error)")
        }
        #expect(seen.count == 100 && ends == 3)
        #expect(tap.logged.prefix(2) == ["python3 says: starting", "python3 says: KeyError: 'total'"])
    }

    @Test func `it is run again after its end, from its state, until nobody asks any more`() async throws {
        let tap = try WrittenTap(
            """
            first = (state or {"done": 0})["done"]
            out(schema(), record(first), at(first + 1))
            """)
        let reading = await Reading(try tap.source([.init("every", .number(0.05))], isRunOnce: false), atMost: 4)
        #expect(reading.error == nil && reading.numbers == [0, 1, 2, 3])
    }

    @Test func `times come from the bookmark, else from when it was read, and versions say nothing`() async throws {
        let tap = try WrittenTap(
            """
            out(schema(), {"type": "ACTIVATE_VERSION", "stream": "orders", "version": 1}, record(5))
            out(schema("people", bookmarks=[]), dict(record(6, "people"), time_extracted="2026-05-06T07:08:09.123456+00:00"), record(7, "people"))
            """)
        let before = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let reading = await Reading(try tap.source())
        let times = reading.messages.compactMap { $0["timestamp"]?.asString }
        #expect(times.prefix(2) == ["2026-01-01T00:00:05.000Z", "2026-05-06T07:08:09.123Z"])
        #expect(try #require(Instant(text: times[2])) >= before)
        #expect(reading.messages.map { $0["event"]?.asString } == ["orders", "people", "people"])
        #expect(reading.batches.last?.newest == Instant(text: times[2]))
    }

    @Test func `rules say what records become, and streams can be left out`() async throws {
        let tap = try WrittenTap(
            """
            out(schema(), schema("people", bookmarks=[]), schema("logs", keys=[]))
            out(record(1, status="paid"), record(2, status="open"), record(3, "people", email="A@example.com"), record(4, "logs"), at(1))
            """)
        let streams = try JSONValue(
            parsing: #"""
                {"orders": {"when": ".status == \"paid\"", "event": "Order Completed", "properties": {"order": ".id"}},
                 "people": {"type": "identify", "timestamp": ".at", "traits": {"email": "{lower(.email)}"}}, "logs": "skip"}
                """#)
        let reading = await Reading(try tap.source([.init("streams", streams)]))
        #expect(reading.messages.map { $0["type"]?.asString } == ["track", "identify"])
        #expect(reading.messages.first?["properties"] == .object(JSONObject([.init("order", .integer(1))])))
        #expect(reading.messages.last?.value(at: ["traits", "email"]) == .string("a@example.com"))
        #expect(reading.rejects.isEmpty && reading.batches.map(\.messages.skippedLines) == [2])
    }

    @Test func `files that a tap hands over are read`() async throws {
        let tap = try WrittenTap(
            """
            import gzip
            def lines(numbers): return "".join(json.dumps(record(i)["record"]) + "\\n" for i in numbers)
            with gzip.open(os.path.join(here, "a.gz"), "wt") as file: file.write(lines(range(0, 3000)))
            with open(os.path.join(here, "b.jsonl"), "w") as file: file.write(lines(range(3000, 3002)) + "no json\\n")
            out(schema())
            out({"type": "BATCH", "stream": "orders", "encoding": {"format": "jsonl", "compression": "gzip"},
                 "manifest": ["file://" + os.path.join(here, "a.gz"), os.path.join(here, "b.jsonl")]}, at(3002), record(3002))
            """)
        let reading = await Reading(try tap.source())
        #expect(reading.error == nil && reading.numbers == Array(0...3_002))
        #expect(reading.rejects.map(\.reason) == ["this is no record of a file of a BATCH."])
        #expect(reading.batches.last?.checkpoint.position == #"{"done":3002}"#)
    }

    @Test func `its settings reach it in a file that nobody else can read, and are gone with it`() async throws {
        let tap = try WrittenTap(
            """
            note("seen", oct(os.stat(given.config).st_mode & 0o777) + " " + oct(os.stat(os.path.dirname(given.config)).st_mode & 0o777))
            note("seen", json.dumps(config))
            note("seen", os.environ.get("SHOP", "-") + " " + os.environ.get("TESSERA_TESTDATA", "-"))
            note("place", given.config)
            sys.stderr.write("connecting with " + config["login"]["password"] + "\\n{\\"type\\": \\"RECORD\\"}\\n")
            out(schema(), record(1), at(1))
            """)
        let config = try JSONValue(
            parsing:
                #"{"url": "file:///shop", "n": 12345678901234567, "login": {"password": "env:SHOP_KEY", "list": ["file:\#(tap.folder / "key")"]}}"#
        )
        try tap.folder.write(" from-a-file\n", as: "key")
        let settings: [JSONObject.Member] = [
            .init("config", config), .init("environment", .object(JSONObject([.init("SHOP", .string("env:SHOP_NAME"))]))),
        ]
        let source = try tap.source(settings, environment: ["SHOP_KEY": "s3cret-key", "SHOP_NAME": "Linz"])
        let reading = await Reading(source)
        #expect(reading.error == nil && reading.numbers == [1])
        #expect(
            tap.notes("seen") == [
                "0o600 0o700",
                #"{"url": "file:///shop", "n": 12345678901234567, "login": {"password": "s3cret-key", "list": ["from-a-file"]}}"#, "Linz -",
            ])
        let place = try #require(tap.notes("place").first)
        try await waitUntil("\(place) is gone") { !FileManager.default.fileExists(atPath: (place as NSString).deletingLastPathComponent) }
        #expect(tap.logged == ["python3 says: connecting with (secret)"])
        #expect(!"\(source)".contains("s3cret"))
    }
}
