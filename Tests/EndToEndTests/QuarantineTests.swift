import EventModel
import Foundation
import TestFolder
import Testing

/// The quarantine through the real program, whatever ends it.
@Suite(.serialized) struct QuarantineTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    @Test func `a replay that is killed again and again loses nothing and doubles nothing`() throws {
        let count = Self.isLong ? 200_000 : 20_000
        let folder = try Folder()
        let store = folder / "q.tessera"
        try FileManager.default.createDirectory(atPath: store + ".rejected", withIntermediateDirectories: true)
        // Every tenth is below the mended minimum, too.
        let records = (0..<count).map { number in
            let text = JSONValue.string(
                #"{"type":"track","event":"Sold","messageId":"m\#(number)","userId":"u\#(number % 100)","timestamp":"2026-06-01T00:00:00Z","#
                    + #""properties":{"price":\#(number % 10)}}"#
            ).text
            return #"{"line":1,"reason":"Sold, property 'price' is old (rule Sold/price/minimum). Mend it.","text":\#(text),"file":"web","#
                + #""at":"2026-06-01T00:00:00.000Z"}"# + "\n"
        }
        _ = try folder.write(records.joined(), as: "q.tessera.rejected/worker.ndjson")
        let plan = "trackingPlan: {events: {Sold: {properties: {price: {kind: number, minimum: 1}}}}}\n"
        let config = try folder.write(plan, as: "tessera.yaml")
        for round in 0..<(Self.isLong ? 40 : 6) {
            let replay = try Program.worker.start("quarantine", "replay", "--db", store, "--config", config)
            usleep(UInt32(60_000 + 70_000 * (round % 6)))
            kill(replay.processIdentifier, SIGKILL)
            replay.waitUntilExit()
        }
        let last = try Program.worker.run("quarantine", "replay", "--db", store, "--config", config)
        #expect(last.status == 0, "\(last.errors)")
        let told = try last.json
        let done = (told["stored"]?.asDouble ?? 0) + (told["duplicates"]?.asDouble ?? 0)
        #expect(told["refused"] == .integer(Int64(count / 10)) && (done == 0 || Int(done) == count * 9 / 10), "\(told)")
        let rows = try Program.shell.run("--db", store, "-c", "sql SELECT count(*), count(DISTINCT message_id) FROM events").json["rows"]
        let stored = JSONValue.integer(Int64(count * 9 / 10))
        #expect(rows == .array([.array([stored, stored])]), "\(String(describing: rows))")
        let list = try Program.worker.run("quarantine", "list", "--db", store).json
        #expect(list["total"] == .integer(Int64(count / 10)), "\(list)")
        let shown = try Program.worker.run("quarantine", "show", "--limit", "1", "--reason", "below", "--db", store).json["records"]
        #expect(shown?.asArray?.first?.asObject?["reason"]?.asString?.contains("below the minimum, 1") == true)
    }

    @Test func `while a worker has the store, the command names the address to ask`() throws {
        let folder = try Folder()
        let (store, log) = (folder / "q.tessera", folder / "log")
        let worker = try Program.worker.start("--dev", "--port", "0", "--db", store, log: log)
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        // It says where it listens once it has the store.
        for _ in 0..<1_200 where try !String(contentsOfFile: log, encoding: .utf8).contains("http://") { usleep(50_000) }
        let outcome = try Program.worker.run("quarantine", "replay", "--db", store)
        #expect(outcome.status == 1)
        #expect(try outcome.error["message"]?.asString?.contains("/v1/quarantine/replay") == true)
    }
}
