import EventModel
import Foundation
import Storage
import StorageSQLite
import Synchronization
import TestFolder
import Testing

private func emptySnapshot(_ folder: Folder) throws -> any StoreSnapshot {
    try SQLiteStore(path: folder / "s.tessera", mode: .create).snapshot()
}

/// The error of a statement over an empty store.
private func refusal(_ sql: String, limits: SQLLimits = SQLLimits()) throws -> SQLError? {
    let folder = try Folder()
    let views = SQLViews(snapshot: try emptySnapshot(folder), now: Instant(milliseconds: 0))
    do {
        _ = try SQLiteViews().rows(of: sql, over: views, limits: limits)
        Issue.record("\(sql) was answered")
        return nil
    } catch { return error as? SQLError }
}

@Test(
    arguments: [
        "ATTACH 'x.db' AS x", "DETACH main", "PRAGMA page_size", "SELECT * FROM pragma_database_list", "SELECT load_extension('x')",
        "CREATE TABLE t(x)", "CREATE TEMP TABLE t(x)", "CREATE VIEW v AS SELECT 1", "INSERT INTO events(time) VALUES('x')",
        "DELETE FROM events", "UPDATE profiles SET traits = ''", "DROP TABLE events", "BEGIN", "SAVEPOINT x", "VACUUM INTO 'x.db'",
        "VACUUM", "ANALYZE", "REINDEX", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE events", "SELECT ?", "SELECT :name",
        "EXPLAIN DELETE FROM events", "CREATE VIRTUAL TABLE t USING fts5(x)", "WITH x AS (SELECT 1) DELETE FROM events",
        "CREATE TEMP TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END", "ALTER TABLE events RENAME TO e",
    ])
func `a statement that does more than read is refused`(sql: String) throws {
    let error = try #require(try refusal(sql))
    #expect(error.reason == .refused && error.description.hasSuffix("."), "\(error)")
    #expect(!FileManager.default.fileExists(atPath: "x.db"))
}

@Test(
    arguments: [
        ("", nil, nil, "no statement"), ("-- nothing", nil, nil, "no statement"), ("SELEKT 1", 1, 1, "syntax error"),
        ("SELECT 1,\n  '\u{E9}', nope FROM events", 2, 8, "properties ->> 'name'"),
        ("SELECT * FROM nowhere", nil, nil, "events(time, time_ms"),
        ("SELECT nofunction(1)", 1, 8, "no such function"), ("SELECT (1", nil, nil, "incomplete"),
        ("SELECT 1 FROM events WHERE", nil, nil, "incomplete"),
        ("SELECT 'a\u{0}b'", 1, 10, "zero byte"),
    ] as [(String, Int?, Int?, String)])
func `a mistake is told with its place`(sql: String, line: Int?, column: Int?, says: String) throws {
    let error = try #require(try refusal(sql))
    #expect(error.reason == .syntax && error.line == line && error.column == column && error.description.contains(says), "\(error)")
}

@Test
func `a statement that goes wrong on the way says so`() throws {
    #expect(try refusal("SELECT json_extract('{', '$')")?.reason == .failed)
    #expect(try refusal("SELECT abs(-9223372036854775808)")?.reason == .failed)
}

private let endless = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"

@Test
func `a statement beyond a limit is told which`() throws {
    let numbers = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 20) SELECT x, 'abcdefghij' FROM n"
    for (sql, limits, says) in [
        (numbers, SQLLimits(rows: 19), "19 rows"), (numbers, SQLLimits(bytes: 199), "199 bytes"),
        ("SELECT length(zeroblob(3000))", SQLLimits(bytes: 2_000), "2000 bytes"),
        (endless, SQLLimits(time: .milliseconds(50)), "longer than"),
    ] {
        let error = try refusal(sql, limits: limits)
        #expect(error?.reason == .limit && error?.description.contains(says) ?? false, "\(sql): \(error.map { "\($0)" } ?? "")")
    }
    let folder = try Folder()
    let views = SQLViews(snapshot: try emptySnapshot(folder), now: Instant(milliseconds: 0))
    #expect(try SQLiteViews().rows(of: numbers, over: views, limits: SQLLimits(rows: 20, bytes: 200)).rows.count == 20)
}

@Test
func `a cancelled statement stops`() throws {
    let folder = try Folder()
    let views = SQLViews(snapshot: try emptySnapshot(folder), now: Instant(milliseconds: 0))
    let asked = Mutex(0)
    #expect(throws: CancellationError.self) {
        try SQLiteViews().rows(of: endless, over: views) {
            asked.withLock { asked in
                asked += 1
                return asked > 5
            }
        }
    }
}

@Test
func `what a table cannot read comes out as it was thrown`() throws {
    let folder = try Folder()
    let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    let writer = try store.makeWriter()
    _ = try writer.appendDurably(
        MessageBatch(lines: "{\"type\":\"screen\",\"userId\":\"u\",\"messageId\":\"m\",\"timestamp\":\"2026-01-01\"}"))
    let damaged = StoreError(.damaged, "a block is damaged.")
    let views = SQLViews(
        snapshot: CountingSnapshot(try store.snapshot(), failure: damaged), now: Instant(milliseconds: 1 << 41),
        segments: [.init(name: "s", expression: "")]
    ) { _ in throw CancellationError() }
    for sql in ["SELECT * FROM events", "SELECT count(*) FROM profiles, events"] {
        do {
            _ = try SQLiteViews().rows(of: sql, over: views)
            Issue.record("\(sql) was answered")
        } catch { #expect((error as? StoreError)?.reason == .damaged, "\(error)") }
    }
    #expect(throws: CancellationError.self) { try SQLiteViews().rows(of: "SELECT * FROM memberships", over: views) }
}
