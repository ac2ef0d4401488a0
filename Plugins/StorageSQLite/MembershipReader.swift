import EventModel
import Foundation
import GRDB
import Storage

/// Reads the membership history.
struct MembershipReader {
    private let database: Database
    private let damaged = MembershipTables.damaged

    init(_ database: Database) { self.database = database }

    /// Who was a member at `instant` (nil: after the last record).
    func members(of name: String, at instant: Instant?) throws -> RecordedMembers? {
        guard let segment = try MembershipTables.segments(database).first(where: { $0.name.elementsEqual(name.utf8) }) else { return nil }
        return try members(of: segment, at: instant)
    }

    func members(of segment: MembershipTables.Segment, at instant: Instant?) throws -> RecordedMembers? {
        let time = instant?.milliseconds ?? .max
        let last = try Int64.fetchOne(
            database, sql: "SELECT number FROM membership_change WHERE segment = ? AND at <= ? ORDER BY at DESC, number DESC LIMIT 1",
            arguments: [segment.number, time])
        try checkNext(after: last ?? 0, of: segment, time)
        guard let last else { return nil }
        let state = try Int64.fetchOne(
            database,
            sql: """
                SELECT max(state.number) FROM membership_state state JOIN membership_change change ON change.number = state.number
                WHERE change.segment = ? AND state.number <= ?
                """, arguments: [segment.number, last])
        var bitmap = OrdinalBitmap()
        if let state { bitmap.insert(try self.state(state)) }
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(MembershipTables.Head.columns), data FROM membership_change
                WHERE segment = ? AND number BETWEEN ? AND ? ORDER BY number
                """, arguments: [segment.number, state ?? 0, last])
        var head: MembershipTables.Head?
        while let row = try rows.next() {
            let next = try MembershipTables.Head(row)
            if head != nil || state == nil {
                guard next.previous == head?.number ?? 0 else { throw damaged }
                let sets = try sets(row, next)
                bitmap.insert(sets.entered)
                bitmap.remove(sets.exited)
            } else {
                // The record beside the state: it is counted there.
                guard next.number == state else { throw damaged }
            }
            head = next
        }
        guard let head, head.number == last else { throw damaged }
        return RecordedMembers(
            number: last, at: Instant(milliseconds: head.at), expression: try MembershipTables.expression(head.expression, database),
            members: bitmap.set)
    }

    /// The next record must name this one as its previous; where there is none, the segment names this one as its last.
    private func checkNext(after last: Int64, of segment: MembershipTables.Segment, _ time: Int64) throws {
        let next = try Int64.fetchOne(
            database, sql: "SELECT previous FROM membership_change WHERE segment = ? AND at > ? ORDER BY at, number LIMIT 1",
            arguments: [segment.number, time])
        guard next ?? segment.last == last else { throw damaged }
    }

    private func state(_ number: Int64) throws -> OrdinalSet {
        guard let row = try Row.fetchOne(database, sql: "SELECT count, data FROM membership_state WHERE number = ?", arguments: [number])
        else { throw damaged }
        let count: Int64 = try row.decode(atIndex: 0)
        let data = try Sealed.bytes(try row.decode(atIndex: 1), .membershipState, number, count, damaged: damaged)
        return try data.withUnsafeBytes { raw in
            var rest = raw
            guard let set = OrdinalSet(bytes: &rest, count: Int(count)), rest.isEmpty else { throw damaged }
            return set
        }
    }

    /// Those who entered and exited by a record whose blob is the row's twelfth column.
    private func sets(_ row: Row, _ head: MembershipTables.Head) throws -> (entered: OrdinalSet, exited: OrdinalSet) {
        try row.withUnsafeData(atIndex: 11) { data in
            guard let data else { throw damaged }
            return try data.withUnsafeBytes { raw in
                guard var rest = Sealed.open(raw, .membershipChange, head.number),
                    let entered = OrdinalSet(bytes: &rest, count: Int(head.entered)),
                    let exited = OrdinalSet(bytes: &rest, count: Int(head.exited)), rest.isEmpty
                else { throw damaged }
                return (entered, exited)
            }
        }
    }

    /// Records in order; with those of `ordinals` that each moved.
    func records(of name: String?, touching ordinals: OrdinalSet?) throws -> [MembershipRecord] {
        let segments = try MembershipTables.segments(database)
        let wanted = name.map { name in segments.filter { $0.name.elementsEqual(name.utf8) } } ?? segments
        guard !wanted.isEmpty else { return [] }
        let isOne = name != nil
        var last: [Int64: Int64] = [:]
        var expressions: [Int64: String] = [:]
        var records: [MembershipRecord] = []
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(MembershipTables.Head.columns), data FROM membership_change \(isOne ? "WHERE segment = ? " : "")
                ORDER BY \(isOne ? "at, " : "")number
                """, arguments: isOne ? [wanted[0].number] : [])
        while let row = try rows.next() {
            let head = try MembershipTables.Head(row)
            guard last[head.segment, default: 0] == head.previous, segments.indices.contains(Int(head.segment) - 1),
                let cause = MembershipCause(rawValue: UInt8(clamping: head.cause))
            else { throw damaged }
            last[head.segment] = head.number
            var moved = (entered: OrdinalSet(), exited: OrdinalSet())
            if let ordinals {
                guard let least = ordinals.ordinals.first, let greatest = ordinals.ordinals.last, head.least <= Int64(greatest),
                    head.greatest >= Int64(least)
                else { continue }
                let all = try sets(row, head)
                moved = (all.entered.intersection(ordinals), all.exited.intersection(ordinals))
                if moved.entered.isEmpty, moved.exited.isEmpty { continue }
            }
            if expressions[head.expression] == nil {
                expressions[head.expression] = try MembershipTables.expression(head.expression, database)
            }
            records.append(
                MembershipRecord(
                    number: head.number, segment: String(decoding: segments[Int(head.segment) - 1].name, as: UTF8.self),
                    at: Instant(milliseconds: head.at), cause: cause, expression: expressions[head.expression],
                    enteredCount: Int(head.entered), exitedCount: Int(head.exited), entered: moved.entered, exited: moved.exited))
        }
        guard wanted.allSatisfy({ last[$0.number, default: 0] == $0.last }) else { throw damaged }
        return records
    }
}
