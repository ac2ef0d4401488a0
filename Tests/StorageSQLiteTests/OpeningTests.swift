import EventModel
import Foundation
import GRDB
import Storage
import StorageTesting
import TestFolder
import Testing

@testable import StorageSQLite

/// The error of opening what is no store.
private func refusal(_ path: String, mode: SQLiteStore.Mode = .open) throws -> StoreError {
    do throws(StoreError) { _ = try SQLiteStore(path: path, mode: mode) } catch { return error }
    Issue.record("\(path) was opened")
    return StoreError(.disk, "")
}

@Test
func `what is no store is refused with a sentence, and left as it is`() throws {
    let folder = try Folder()
    let missing = try refusal(folder / "none.tessera")
    #expect(missing.reason == .missing && missing.description.contains("tessera-archive import"))
    #expect(!FileManager.default.fileExists(atPath: folder / "none.tessera"))

    #expect(try refusal(folder.path).reason == .damaged)
    #expect(try refusal(folder / "no/such/folder.tessera", mode: .create).reason == .missing)

    for text in ["x", "{\"type\":\"track\"}\n", String(repeating: "a long text\n", count: 9_000)] {
        let path = folder / "notes.txt"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        for mode in [SQLiteStore.Mode.open, .create] { #expect(try refusal(path, mode: mode).reason == .damaged) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    let other = folder / "other.sqlite"
    try DatabaseQueue(path: other).write { try $0.execute(sql: "CREATE TABLE t(x)") }
    let before = try Data(contentsOf: URL(fileURLWithPath: other))
    #expect(try refusal(other).description.contains("not a Tessera store"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == before)
}

@Test
func `a store of a newer format is refused, naming both formats`() throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    _ = try SQLiteStore(path: path, mode: .create)
    try DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 9") }
    let error = try refusal(path)
    #expect(error.reason == .newer && error.description.contains("format 9") && error.description.contains("up to \(Schema.formatVersion)"))
}

@Test
func `a store has the promised header`() throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    _ = try SQLiteStore(path: path, mode: .create)
    let queue = try DatabaseQueue(path: path)
    #expect(try queue.read { try Int.fetchOne($0, sql: "PRAGMA page_size") } == 32_768)
    #expect(try queue.read { try Int32.fetchOne($0, sql: "PRAGMA application_id") } == Schema.applicationID)
    #expect(try queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
}

@Test
func `a store without write permission says so`() throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    let store = try SQLiteStore(path: path, mode: .create)
    try FileManager.default.createDirectory(atPath: path + ".lock", withIntermediateDirectories: false)
    do throws(StoreError) {
        _ = try store.makeWriter()
        Issue.record("a lock that is a folder was taken")
    } catch { #expect(error.reason == .disk && error.description.contains(".lock")) }
}

@Test(arguments: UInt64(1)...4)
func `the filter of fingerprints never loses one`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    var filter = FingerprintFilter(capacity: 40_000)
    let marks = (0..<40_000).map { _ in random.next() >> 14 }
    for mark in marks { filter.insert(mark) }
    #expect(marks.allSatisfy { filter.mayContain($0) })
    let falsely = (0..<40_000).count { _ in filter.mayContain(random.next() >> 14) }
    #expect(falsely < 400, "\(falsely) of 40000 are falsely there")
}

@Test
func `the index of fingerprints holds all of them through merges and reopening`() throws {
    let folder = try Folder()
    _ = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    let queue = try DatabaseQueue(path: folder / "s.tessera")
    var random = ContractRandom(seed: 5)
    var all: [UInt64] = []
    try queue.write { database in
        let index = try DedupeIndex(database)
        // Twenty commits of unlike sizes, some fingerprints twice: eight of like size are merged.
        for round in 0..<20 {
            var some = (0..<(round == 9 ? 70_000 : 300)).map { _ in random.next() >> 14 }
            some += all.prefix(3)
            try index.add(some, database)
            all += some
        }
        try Schema.set(.rows, Int64(all.count), database)
        #expect(index.count == all.count)
        for index in [index, try DedupeIndex(database)] {
            #expect(all.allSatisfy { index.mayContain($0) })
            let asked = (all.shuffled(using: &random).prefix(2_000) + (0..<2_000).map { _ in random.next() >> 14 }).sorted()
            let known = Set(all)
            #expect(try index.held(asked, database) == Set(asked.filter(known.contains)))
        }
        #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM dedupe_run") ?? 0 < 16)
    }
}

@Test
func `tables that follow from the blocks are made anew when they are damaged`() throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    let store = try SQLiteStore(path: path, mode: .create)
    var odd = OddMessages(seed: 3)
    var expected = ExpectedStore()
    let first = odd.batch(150)
    let writer = try store.makeWriter()
    _ = expected.take(first)
    _ = try writer.append(writer.makeDecoder().decode(first))
    try writer.commit(source: nil, position: nil)
    try writer.close()
    let people = try store.snapshot().canonicalIDs()
    for sql in ["DELETE FROM link", "UPDATE dedupe_segment SET data = x'00'", "DELETE FROM dedupe_run", "UPDATE alias SET data = x'0102'"] {
        try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
        let next = try SQLiteStore(path: path, mode: .open).makeWriter()
        let again = try next.append(next.makeDecoder().decode(first))
        #expect(again.accepted == 0)
        try next.close()
        #expect(
            Set(try SQLiteStore(path: path, mode: .open).snapshot().canonicalIDs().map { Array($0.utf8) })
                == Set(people.map { Array($0.utf8) }))
    }
}

@Test
func `a store has one writer and one tail, also when it is called by a link`() throws {
    let folder = try Folder()
    let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    try FileManager.default.createSymbolicLink(atPath: folder / "link", withDestinationPath: "s.tessera")
    let writer = try store.makeWriter()
    _ = try writer.appendDurably(
        MessageBatch(lines: "{\"type\":\"screen\",\"userId\":\"u\",\"messageId\":\"m\",\"timestamp\":\"2026-01-01\"}"))
    let linked = try SQLiteStore(path: folder / "link", mode: .open)
    #expect(throws: StoreError.self) { try linked.makeWriter() }
    #expect(try linked.snapshot().blocks.map(\.rows) == [1])
    try writer.close()
}
