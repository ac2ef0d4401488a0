import EventModel
import Foundation
import GRDB
import Storage
import StorageTesting
import TestFolder
import Testing

@testable import StorageSQLite

/// A store of `people` users.
private func store(_ path: String, people: Int) throws -> SQLiteStore {
    let store = try SQLiteStore(path: path, mode: .create)
    let writer = try store.makeWriter()
    let lines = (0..<people).map { "{\"type\":\"screen\",\"userId\":\"u\($0)\",\"messageId\":\"m\($0)\",\"timestamp\":\"2026-01-01\"}" }
    _ = try writer.append(writer.makeDecoder().decode(MessageBatch(lines: lines.joined(separator: "\n"))))
    try writer.commit(source: nil, position: nil)
    try writer.close()
    return store
}

private func change(_ at: Int, after: Int64, entered: [UInt32] = [], exited: [UInt32] = []) -> MembershipChange {
    MembershipChange(
        segment: "s", at: Instant(milliseconds: Int64(at)), cause: .message, expression: "true", after: after,
        entered: OrdinalSet(entered), exited: OrdinalSet(exited))
}

/// Changes the store as a program of the first format left it.
private func makeFirstFormat(_ path: String) throws {
    try DatabaseQueue(path: path).writeWithoutTransaction {
        try $0.execute(
            sql: """
                DROP TABLE membership_segment; DROP TABLE membership_expression; DROP TABLE membership_change; DROP TABLE membership_state;
                DROP TABLE link_refusal; DROP TABLE said_time; DROP TABLE people_record;
                DROP TABLE trait_index; DROP TABLE trait_run; DROP TABLE trait_segment;
                DELETE FROM meta WHERE key >= 8; PRAGMA user_version = 1;
                """)
    }
}

@Test
func `a store of the first format is read as it is, and gets its history from the next who writes`() throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    func format() throws -> Int32? { try DatabaseQueue(path: path).read { try Int32.fetchOne($0, sql: "PRAGMA user_version") } }
    _ = try store(path, people: 5)
    try makeFirstFormat(path)
    let old = try SQLiteStore(path: path, mode: .open)
    let snapshot = try old.snapshot()
    #expect(snapshot.profileCount == 5)
    #expect(try snapshot.recordedMembers(of: "s", at: nil) == nil && snapshot.membershipRecords(of: nil, touching: nil).isEmpty)
    #expect(try format() == 1)
    #expect(try old.recordMemberships([change(1, after: 0, entered: [1, 2])]).removedCount == 0)
    #expect(try format() == Schema.formatVersion)
    #expect(try old.snapshot().recordedMembers(of: "s", at: nil)?.members == OrdinalSet([1, 2]))
    #expect(try snapshot.recordedMembers(of: "s", at: nil) == nil)

    try makeFirstFormat(path)
    let writer = try SQLiteStore(path: path, mode: .open).makeWriter()
    #expect(try format() == Schema.formatVersion)
    try writer.close()
    #expect(try old.snapshot().profileCount == 5)
}

@Test(arguments: UInt64(1)...3)
func `a long history is read from whole states, and says what all records say`(seed: UInt64) throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    _ = try SQLiteStore(path: path, mode: .create)
    var random = ContractRandom(seed: seed)
    var members: Set<UInt32> = []
    var states: [Set<UInt32>] = []
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
        var segment = MembershipTables.Segment(number: 1, name: Array("s".utf8))
        try Schema.set(.segments, 1, database)
        var recording = try MembershipTables.Recording(database)
        for round in 0..<120 {
            let moved = Set((0..<(round % 10 == 0 ? 4_000 : 300)).map { _ in UInt32(random.below(200_000)) })
            let step = MembershipTables.Step(
                at: Int64(round / 2), cause: .clock, expression: "\(round / 30)", entered: OrdinalSet(moved.subtracting(members)),
                exited: OrdinalSet(members.intersection(moved)))
            try MembershipTables.record(step, of: &segment, &recording)
            try MembershipTables.save(segment, database)
            members.formSymmetricDifference(moved)
            states.append(members)
        }
        let kept = try Int.fetchOne(database, sql: "SELECT count(*) FROM membership_state") ?? 0
        #expect(kept > 1 && kept < 40)
        let (bytes, all) = (
            try Int.fetchOne(database, sql: "SELECT sum(length(data)) FROM membership_state") ?? 0,
            try Int.fetchOne(database, sql: "SELECT sum(length(data)) FROM membership_change") ?? 0
        )
        #expect(bytes <= all * 2, "states take \(bytes), records \(all)")
        let reader = MembershipReader(database)
        for time in 0..<60 {
            let told = try reader.members(of: "s", at: Instant(milliseconds: Int64(time)))
            #expect(told.map { Set($0.members.ordinals) } == states[time * 2 + 1])
            #expect(told?.expression == "\((time * 2 + 1) / 30)")
        }
        // States are a shortcut only: without them the records say the same.
        try database.execute(sql: "DELETE FROM membership_state")
        for time in [0, 30, 59] {
            let told = try reader.members(of: "s", at: Instant(milliseconds: Int64(time)))
            #expect(told.map { Set($0.members.ordinals) } == states[time * 2 + 1])
        }
    }
}

@Test(
    arguments: [
        "UPDATE membership_change SET data = x'00' WHERE number = 2", "UPDATE membership_change SET exited = 9 WHERE number = 2",
        "DELETE FROM membership_change WHERE number = 1", "DELETE FROM membership_change WHERE number = 2",
        "DELETE FROM membership_change WHERE number = 3", "DELETE FROM membership_segment", "DELETE FROM membership_expression",
        "UPDATE membership_segment SET name = x'00'", "UPDATE membership_change SET at = at + 1 WHERE number = 2",
        "UPDATE membership_expression SET text = x'0102030405060708090A'", "DELETE FROM meta WHERE key = 8",
    ])
func `a damaged history is told in a sentence`(damage: String) throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    let store = try store(path, people: 9)
    for step in [
        change(1, after: 0, entered: [1, 2, 8]), change(2, after: 1, entered: [3], exited: [1]), change(3, after: 2, exited: [8]),
    ] { #expect(try store.recordMemberships([step]).removedCount == 0) }
    try DatabaseQueue(path: path).write { try $0.execute(sql: damage) }
    let snapshot = try SQLiteStore(path: path, mode: .open).snapshot()
    func expectTold(_ body: () throws -> Void) {
        do {
            try body()
            Issue.record("\(damage) goes unnoticed")
        } catch { #expect((error as? StoreError)?.reason == .damaged, "\(error)") }
    }
    expectTold { _ = try snapshot.membershipRecords(of: "s", touching: OrdinalSet([1])) }
    expectTold { _ = try snapshot.recordedMembers(of: "s", at: nil) }
}

/// Edits that other processes make: the definition, and as many members as its text says.
enum MembershipProcess {
    static func change(_ store: SQLiteStore, to body: Int, _ cause: MembershipCause = .definition) throws -> EditOutcome {
        let snapshot = try store.snapshot()
        let recorded = try snapshot.recordedMembers(of: "s", at: nil)
        let change = try MembershipChange(
            of: "s", at: Instant(milliseconds: max(Int64(body), recorded?.at.milliseconds ?? 0)), because: cause, expression: "\(body)",
            from: recorded, to: (0..<UInt32(body % 1_000)), in: snapshot)
        let definition = Definition(kind: .segment, name: "s", body: "\(body)")
        return try store.apply(DefinitionEdit(saved: [definition], changes: change.map { [$0] } ?? []))
    }

    /// The number that definition and history agree on; throws where they do not.
    static func number(_ snapshot: any StoreSnapshot) throws -> Int {
        let recorded = try snapshot.recordedMembers(of: "s", at: nil)
        let body = try snapshot.definitions().first?.body
        guard body == recorded?.expression, recorded?.members.count ?? 0 == (body.flatMap { Int($0) } ?? 0) % 1_000,
            try snapshot.membershipRecords(of: "s", touching: nil).last?.number == recorded?.number
        else { throw StoreError(.damaged, "\(body ?? "") is saved, and \(recorded?.expression ?? "") recorded") }
        return body.flatMap { Int($0) } ?? 0
    }
}

@Suite(.serialized)
struct MembershipProcesses {
    @Test
    func `a process killed while it records leaves whole edits`() async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        _ = try store(path, people: 1_000)
        var random = ContractRandom(seed: 4)
        var last = 0
        for round in 0..<(isLong ? 40 : 3) {
            let microseconds = UInt32(30_000 + random.below(200_000))
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, last = last as Int, microseconds = microseconds as UInt32] in
                OtherProcess.run {
                    let store = try SQLiteStore(path: path, mode: .open)
                    Thread.detachNewThread {
                        usleep(microseconds)
                        kill(getpid(), SIGKILL)
                    }
                    for number in 1..<1_000_000 {
                        guard case .applied = try MembershipProcess.change(store, to: last + number * 7) else {
                            throw StoreError(.held, "nobody else records")
                        }
                    }
                }
            }
            let now = try MembershipProcess.number(SQLiteStore(path: path, mode: .open).snapshot())
            #expect(now >= last, "round \(round)")
            last = now
        }
        #expect(last > 0)
    }

    @Test
    func `two processes that record one segment lose no change`() async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        _ = try store(path, people: 1_000)
        @Sendable func record(_ first: Int) async {
            await #expect(processExitsWith: .success) { [path = path as String, first = first as Int] in
                OtherProcess.run {
                    let store = try SQLiteStore(path: path, mode: .open)
                    for number in 0..<40 {
                        while try MembershipProcess.change(store, to: first + number * 2, .clock) == .outdated(segment: "s") {}
                        _ = try MembershipProcess.number(store.snapshot())
                    }
                }
            }
        }
        async let one: Void = record(1)
        async let two: Void = record(100_002)
        _ = await (one, two)
        let snapshot = try SQLiteStore(path: path, mode: .open).snapshot()
        #expect(try snapshot.membershipRecords(of: "s", touching: nil).count == 80)
        _ = try MembershipProcess.number(snapshot)
    }
}
