import Connectors
import EventModel
import Foundation
import ConnectorSinger
import TestFolder
import Testing

/// Taps that break the specification, hang, flood, or do not go away.
@Suite(.enabled(if: WrittenTap.isThere, "python3 is not there, and the taps of these tests are written in it"))
struct SingerFaultTests {
    @Test func `bad lines are in quarantine with their reason, and the good ones come`() async throws {
        let tap = try WrittenTap(
            """
            out(record(1))
            print("hello", flush=True)
            print('{"type": "RECORD", "stream": ', flush=True)
            print("\\n  \\n[1]", flush=True)
            out({"type": "NEWS"}, {"type": "RECORD", "record": {}}, {"type": "RECORD", "stream": "orders"}, schema())
            out(record(2), {"type": "RECORD", "stream": "orders", "record": {"id": None, "customer": "c"}}, {"type": "RECORD", "stream": "orders", "record": {"id": 3}})
            sys.stdout.buffer.write(b'{"type": "RECORD", "stream": "orders", "record": {"id": 4, "customer": "\\xff"}}\\n')
            out(record(5), at(5))
            sys.stdout.write("no end of line")
            """)
        let reading = await Reading(try tap.source())
        #expect(reading.error == nil && reading.numbers == [2, 5])
        let starts = [
            (1, "the record came before the SCHEMA"), (2, "this is no line of a Singer tap"), (3, "this is no line of a Singer tap"),
            (6, "this is no line of a Singer tap: it has no type"), (7, "the type NEWS is not known"), (8, "this RECORD names no stream"),
            (9, "this RECORD has no record"), (12, "the record has no `id`"), (13, "neither userId nor anonymousId"),
            (14, "this is no line of a Singer tap"), (17, "this is no line of a Singer tap"),
        ]
        #expect(reading.rejects.map(\.line) == starts.map(\.0))
        for (reject, start) in zip(reading.rejects, starts) { #expect(reject.reason.hasPrefix(start.1), "\(reject.reason)") }
    }

    @Test func `a program that is no tap is stopped with its name and the line`() async throws {
        let tap = try WrittenTap("out(schema(), record(1), at(1))\nwhile True: print('total 8 drwxr-xr-x', flush=True)")
        let reading = await Reading(try tap.source())
        #expect(reading.numbers == [1] && reading.rejects.count == 100)
        let error = try #require(reading.error)
        #expect(error.recovery == .mendSettings && error.place == "python3" && error.problem.contains("line 103"), "\(error)")
    }

    @Test func `a line that is too long is passed over within bounds`() async throws {
        let tap = try WrittenTap(
            """
            out(schema(), record(1))
            for size in (9, 40):
                sys.stdout.write('{"type": "RECORD", "stream": "orders", "record": {"id": 2, "customer": "c", "text": "')
                for i in range(size): sys.stdout.write("x" * (1 << 20))
                sys.stdout.write('"}}\\n')
            out(record(3, text="y" * (7 << 20)), record(4, text="z" * (7 << 20)), record(5), at(5))
            """)
        let reading = await Reading(try tap.source())
        #expect(reading.error == nil && reading.numbers == [1, 3, 4, 5])
        #expect(reading.rejects.map(\.line) == [3, 4])
        #expect(reading.rejects.allSatisfy { $0.reason.hasPrefix("the line has more than 8388608 bytes") && $0.text.utf8.count == 65_536 })
        #expect(reading.batches.allSatisfy { $0.messages.count <= SourceBatch.mostBytes })
    }

    @Test func `a message that is too large for a batch is in quarantine`() async throws {
        let tap = try WrittenTap("out(schema(), record(1, text='x' * (5 << 20)), record(2), at(2))")
        let streams = try JSONValue(parsing: #"{"orders": {"properties": {"id": ".id", "a": ".text", "b": ".text"}}}"#)
        let reading = await Reading(try tap.source([.init("streams", streams)]))
        #expect(reading.numbers == [2] && reading.rejects.count == 1)
        #expect(reading.rejects.first?.reason.hasPrefix("its messages have more than") == true)
    }

    @Test func `a tap that hangs is ended, and tried again`() async throws {
        let tap = try WrittenTap("note('pid', os.getpid())\nout(schema(), record(1), at(1))\ntime.sleep(600)")
        let reading = await Reading(try tap.source([.init("idle", .integer(60))]))
        #expect(reading.numbers == [1] && reading.batches.last?.checkpoint.position == #"{"done":1}"#)
        #expect(reading.error?.recovery == .retry(after: nil))
        #expect(reading.error?.problem == "it said nothing for 60 seconds, and was ended")
        try await tap.waitUntilGone("pid")
    }

    @Test func `a tap that closes its output and stays is ended`() async throws {
        let tap = try WrittenTap("note('pid', os.getpid())\nout(schema(), record(1), at(1))\nos.close(1)\nos.close(2)\ntime.sleep(600)")
        let reading = await Reading(try tap.source([.init("idle", .integer(60))]))
        #expect(reading.numbers == [1] && reading.error?.problem.hasPrefix("it said nothing") == true)
        try await tap.waitUntilGone("pid")
    }

    @Test func `a tap that floods waits until it is asked`() async throws {
        let tap = try WrittenTap(
            """
            out(schema())
            block = "".join(json.dumps(record(i, text="x" * 400)) + "\\n" for i in range(100))
            for round in range(100000):
                sys.stdout.write(block)
                sys.stdout.flush()
                note("rounds", round)
            """)
        func read(_ source: some Source) async throws {
            var batches = source.batches(after: nil).makeAsyncIterator()
            var taken = 0
            for _ in 0..<3 {
                let batch = try #require(try await batches.next(isolation: nil))
                #expect(batch.messages.count < 3 << 20 && batch.checkpoint.position.isEmpty)
                taken += batch.messages.sourceLines
                var before = -1
                try await waitUntil("the tap waits") {
                    let now = tap.notes("rounds").count
                    defer { before = now }
                    return now == before
                }
                // What it wrote ahead fits into the pipe and the piece that was read.
                let ahead = (tap.notes("rounds").count * 100 - taken) * 500
                #expect(ahead < 1 << 20, "\(ahead) bytes were written ahead")
            }
        }
        try await read(tap.source())
    }

    @Test func `words of a tap are bounded`() async throws {
        let tap = try WrittenTap(
            """
            for i in range(5000): sys.stderr.write("w" * 5000 + "\\n")
            sys.stderr.flush()
            out(schema(), record(1), at(1))
            sys.exit("it is broken." + "!" * 9000)
            """)
        let reading = await Reading(try tap.source())
        let log = tap.logged
        #expect(log.count == 200 && log.allSatisfy { $0.utf8.count < 600 })
        #expect(log.last == "python3 says more than 200 lines; the others are not shown.")
        #expect(reading.error?.problem.hasPrefix("it ended with status 1: it is broken.!!") == true)
        #expect(reading.error?.problem.utf8.count ?? 0 < 600)
    }

    @Test func `cancelling ends the tap and all that it started, however they cling to life`() async throws {
        let tap = try WrittenTap(
            """
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = os.fork()
            note("pids", os.getpid())
            if child == 0: time.sleep(600)
            while len(open(os.path.join(here, "pids")).read().split()) < 2: time.sleep(0.01)
            out(schema(), record(1), at(1))
            time.sleep(600)
            """)
        let task = Task { await Reading(try tap.source()) }
        try await waitUntil("both began") { tap.notes("pids").count == 2 }
        task.cancel()
        let reading = try await task.value
        #expect(reading.error == nil)
        try await tap.waitUntilGone("pids")
    }

    @Test func `a source that nobody reads any more ends its tap`() async throws {
        let tap = try WrittenTap("note('pid', os.getpid())\nout(schema(), record(1), at(1))\ntime.sleep(600)")
        let reading = await Reading(try tap.source(), atMost: 1)
        #expect(reading.numbers == [1])
        try await tap.waitUntilGone("pid")
    }

    @Test func `what a tap left running is ended with it`() async throws {
        let tap = try WrittenTap(
            """
            child = os.fork()
            if child == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                note("pid", os.getpid())
                time.sleep(600)
            while not os.path.exists(os.path.join(here, "pid")): time.sleep(0.01)
            out(schema(), record(1), at(1))
            """)
        let reading = await Reading(try tap.source())
        #expect(reading.error == nil && reading.numbers == [1])
        try await tap.waitUntilGone("pid")
    }

    @Test(arguments: ["tap-of-nobody", "./tap-of-nobody", "./plain", "./folder"])
    func `a program that cannot be run is named`(program: String) async throws {
        let tap = try WrittenTap("")
        try tap.folder.write("text", as: "plain")
        try FileManager.default.createDirectory(atPath: tap.folder / "folder", withIntermediateDirectories: true)
        let reading = await Reading(try tap.source([.init("command", .array([.string(program)]))]))
        #expect(reading.error?.recovery == .mendSettings && reading.error?.place == "command", "\(String(describing: reading.error))")
        #expect(reading.error?.problem.contains(program.split(separator: "/").last ?? "") == true)
    }

    @Test(arguments: [Checkpoint(version: 2, position: "{}"), Checkpoint(version: 1, position: #"{"done":0}"#)])
    func `a position of another version is not taken for a state`(checkpoint: Checkpoint) async throws {
        let tap = try WrittenTap("out(schema(), record(state['done']), at(1))")
        let reading = await Reading(try tap.source(), after: checkpoint)
        #expect((reading.error?.recovery == .stop) == (checkpoint.version == 2))
    }

    @Test func `a state that cannot be kept is named`() async throws {
        let tap = try WrittenTap("out(schema(), record(1), {'type': 'STATE', 'value': 'x' * (2 << 20)})")
        let reading = await Reading(try tap.source())
        #expect(reading.numbers == [1] && reading.error?.recovery == .stop && reading.error?.problem.contains("state has 2097154") == true)
    }
}
