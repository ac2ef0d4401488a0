import EventModel
import Foundation
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

/// A store with everything in it, and what it says.
private struct Whole {
    let folder: Folder
    var path: String { folder / "whole.tessera" }
    let answers: [String]

    init() throws {
        folder = try Folder()
        var odd = OddMessages(seed: 7)
        let store = try SQLiteStore(path: folder / "whole.tessera", mode: .create)
        let writer = try store.makeWriter()
        for _ in 0..<3 {
            for _ in 0..<3 { _ = try writer.append(writer.makeDecoder().decode(odd.batch(80))) }
            try writer.commit(source: "file", position: ImportPosition(lines: 5))
        }
        try store.save(Definition(kind: .segment, name: "s", body: "count(\"a\") > 1"))
        var recorded: RecordedMembers?
        for round in 0..<4 {
            let snapshot = try store.snapshot()
            let change = try MembershipChange(
                of: "s", at: Instant(milliseconds: Int64(round)), because: .clock, expression: "count(\"a\") > 1", from: recorded,
                to: (0..<5).map { UInt32(($0 + round) % snapshot.profileCount) }, in: snapshot)
            _ = try change.map { try store.recordMemberships([$0]) }
            recorded = try store.snapshot().recordedMembers(of: "s", at: nil)
        }
        try writer.close()
        answers = try Self.answers(of: folder / "whole.tessera")
    }

    /// All that can be read of the store at `path`, sorted.
    static func answers(of path: String) throws -> [String] {
        let snapshot = try SQLiteStore(path: path, mode: .open).snapshot()
        var lines = try snapshot.definitions().map { "\($0)" } + snapshot.canonicalIDs() + snapshot.eventNames().map { "\($0)" }
        lines += ["\(snapshot.profileOfIdentifier)", "\(snapshot.latestTime ?? 0)"]
        lines += try snapshot.membershipRecords(of: nil, touching: OrdinalSet(0..<20)).map { "\($0)" }
        for time in 0..<4 as Range<Int64> {
            lines += try snapshot.recordedMembers(of: "s", at: Instant(milliseconds: time)).map { ["\($0)"] } ?? []
        }
        for block in snapshot.blocks {
            let paths = try snapshot.paths(kind: block.kind, event: block.event)
            let read = try snapshot.read(block, paths: paths)
            for message in try snapshot.messages(block, rows: Array(0..<block.rows)) { lines.append(message.json.text) }
            for (path, column) in zip(paths, read.columns) {
                lines.append("\(block.id) \(path) \(column.tags) \(column.numbers) \(column.mantissas)")
            }
        }
        return lines.sorted { $0.precedesByScalars($1) }
    }

    /// A copy with the bytes changed; nil where it could not be made.
    func copy(_ change: (inout Data) -> Void) throws -> String {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        change(&data)
        let copy = folder / "copy-\(UUID().uuidString).tessera"
        try data.write(to: URL(fileURLWithPath: copy))
        return copy
    }

    /// Nothing but the right answers, or a sentence.
    func expectHonest(_ copy: String, _ place: Comment) throws {
        do {
            let read = try Self.answers(of: copy)
            #expect(read == answers, place)
            let writer = try SQLiteStore(path: copy, mode: .open).makeWriter()
            var odd = OddMessages(seed: 8)
            _ = try writer.append(writer.makeDecoder().decode(odd.batch(20)))
            try writer.commit(source: nil, position: nil)
            try writer.rebuild()
            try writer.close()
        } catch let error as StoreError {
            #expect(error.description.contains(" ") && !error.description.contains("could not be completed"), place)
        }
        for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: copy + suffix) }
    }
}

@Test
func `flipped bits anywhere give a sentence or the right answers`() throws {
    let whole = try Whole()
    var random = ContractRandom(seed: 1)
    for round in 0..<(isLong ? 2_000 : 60) {
        var flips: [(Int, UInt8)] = []
        let copy = try whole.copy { data in
            for _ in 0..<(1 + round % 4) {
                // Pages are mostly empty: places with something in them are looked for.
                var place = random.below(data.count)
                while data[place] == 0 { place = random.below(data.count) }
                let bit = UInt8(1) << UInt8(random.below(8))
                data[place] ^= bit
                flips.append((place, bit))
            }
        }
        try whole.expectHonest(copy, "round \(round), flips \(flips)")
    }
}

@Test
func `a truncated store gives a sentence or the right answers`() throws {
    let whole = try Whole()
    var random = ContractRandom(seed: 3)
    for round in 0..<25 {
        var kept = 0
        let copy = try whole.copy { data in
            kept = round < 3 ? [0, 1, 99][round] : random.below(data.count)
            data = data.prefix(kept)
        }
        // An empty file is an empty store: nobody wrote to it.
        if kept == 0 {
            #expect(try SQLiteStore(path: copy, mode: .open).snapshot().blocks.isEmpty)
        } else {
            try whole.expectHonest(copy, "\(kept) bytes kept")
        }
    }
}
