import EventModel
import Foundation
import Storage
import StorageSQLite
import TestFolder
import Testing

/// The log of accepted messages, kept for those who pass them on.
@Suite struct KeptLogTests {
    private let folder: Folder
    private let path: String

    init() throws {
        folder = try Folder()
        path = folder / "a.tessera"
    }

    private func batch(_ ids: some Sequence<Int>) -> MessageBatch {
        MessageBatch(
            lines: ids.map {
                #"{"type":"track","event":"E","userId":"u\#($0 % 7)","messageId":"m\#($0)","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
            }.joined())
    }

    /// Every id of the log, in pieces of about so many bytes.
    private func ids(_ store: SQLiteStore, from place: LogPlace, to end: LogPlace, bytes: Int = 500) throws -> [String] {
        var (ids, place) = ([String](), place)
        let log = try #require(store.log)
        while let piece = try log.messages(from: place, to: end, bytes: bytes) {
            #expect(piece.batch.derivedIDs.count == piece.batch.sourceLines && place < piece.end && piece.end <= end)
            ids += piece.batch.derivedIDs
            place = piece.end
        }
        return ids
    }

    private func tails() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains(".tail-") }.sorted()
    }

    @Test(arguments: [1, 500, 1 << 20]) func `what was accepted is read in its order, through seals and the ends of writers`(bytes: Int)
        throws
    {
        let store = try SQLiteStore(path: path, mode: .create)
        var writer = try store.makeWriter()
        let start = try #require(writer.logEnd)
        try writer.keepLog(from: start)
        var expected: [String] = []
        var next = 0
        for round in 0..<12 {
            for _ in 0..<3 {
                // Every message comes twice; the second is none.
                _ = try writer.appendDurably([batch(next..<(next + 5)), batch(next..<(next + 2))])
                expected += (next..<(next + 5)).map { "m\($0)" }
                next += 5
            }
            if round % 3 == 0 { try writer.seal() }
            if round % 4 == 3 {
                try writer.close()
                writer = try store.makeWriter()
            }
            #expect(try ids(store, from: start, to: #require(writer.logEnd), bytes: bytes) == expected)
        }
        // Imports leave nothing there.
        _ = try writer.append(writer.makeDecoder().decode(batch(1_000..<1_010)))
        try writer.commit(source: nil, position: nil)
        #expect(try ids(store, from: start, to: #require(writer.logEnd), bytes: bytes) == expected)
        try writer.close()
        #expect(try store.snapshot().blocks.reduce(0) { $0 + $1.rows } == expected.count + 10)
    }

    @Test func `a reader goes no further than what was acknowledged`() throws {
        let store = try SQLiteStore(path: path, mode: .create)
        let writer = try store.makeWriter()
        let start = try #require(writer.logEnd)
        try writer.keepLog(from: start)
        _ = try writer.appendDurably([batch(0..<3)])
        let middle = try #require(writer.logEnd)
        _ = try writer.appendDurably([batch(3..<6)])
        #expect(try ids(store, from: start, to: middle, bytes: 1 << 20) == ["m0", "m1", "m2"])
        #expect(try ids(store, from: middle, to: #require(writer.logEnd)) == ["m3", "m4", "m5"])
        try writer.close()
    }

    @Test func `what nobody needs goes, at once and with later writers`() throws {
        let store = try SQLiteStore(path: path, mode: .create)
        var writer = try store.makeWriter()
        try writer.keepLog(from: writer.logEnd)
        let start = try #require(writer.logEnd)
        for number in 0..<4 {
            _ = try writer.appendDurably([batch(number..<(number + 1))])
            try writer.close()
            writer = try store.makeWriter()
        }
        #expect(try tails().count == 4)
        let end = try #require(writer.logEnd)
        try writer.keepLog(from: LogPlace(generation: start.generation + 2, offset: 0))
        #expect(try tails().count == 2)
        #expect(throws: StoreError.self) { try ids(store, from: start, to: end) }
        try writer.close()
        writer = try store.makeWriter()
        #expect(try tails().count == 2)
        #expect(try ids(store, from: LogPlace(generation: start.generation + 2, offset: 0), to: end) == ["m2", "m3"])
        try writer.keepLog(from: nil)
        #expect(try tails().isEmpty)
        _ = try writer.appendDurably([batch(10..<11)])
        try writer.close()
        // The next writer makes blocks of it.
        #expect(try tails().count == 1)
        try store.makeWriter().close()
        #expect(try tails().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains(".kept-") })
    }

    @Test func `a frame that was cut short is passed over once a later generation is there`() throws {
        let store = try SQLiteStore(path: path, mode: .create)
        var writer = try store.makeWriter()
        let start = try #require(writer.logEnd)
        try writer.keepLog(from: start)
        _ = try writer.appendDurably([batch(0..<2)])
        let cut = try #require(writer.logEnd)
        _ = try writer.appendDurably([batch(2..<4)])
        let end = try #require(writer.logEnd)
        // As after a crash: what is on disk, the last frame not whole.
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file != "a.tessera.lock" {
            try FileManager.default.copyItem(atPath: folder / file, toPath: folder / ("b" + file.dropFirst()))
        }
        truncate("\(folder / "b.tessera").tail-\(end.generation)", off_t(end.offset - 5))
        try writer.close()
        let copy = try SQLiteStore(path: folder / "b.tessera", mode: .create)
        writer = try copy.makeWriter()
        _ = try writer.appendDurably([batch(4..<6)])
        #expect(cut.generation < (writer.logEnd?.generation ?? 0))
        #expect(try ids(copy, from: start, to: #require(writer.logEnd)) == ["m0", "m1", "m4", "m5"])
        try writer.close()
    }
}
