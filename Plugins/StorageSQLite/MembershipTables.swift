import EventModel
import Foundation
import GRDB
import Storage

/// The tables of the membership history: they follow from nothing else, so a rebuild leaves them alone.
///
/// Records of one segment are a chain: each names the one before it, and the segment names its last, so that a lost row shows. Now and then a
/// whole state is kept beside a record, so that asking for an instant costs about the members there are, not all that ever happened.
enum MembershipTables {
    static let damaged = DamagedTable(name: "membership_change")

    static let tables = """
        CREATE TABLE membership_segment(
            number INTEGER PRIMARY KEY, name BLOB NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL, expression INTEGER NOT NULL,
            waiting INTEGER NOT NULL, state INTEGER NOT NULL, seal INTEGER NOT NULL);
        CREATE TABLE membership_expression(number INTEGER PRIMARY KEY, text BLOB NOT NULL);
        CREATE TABLE membership_change(
            number INTEGER PRIMARY KEY, segment INTEGER NOT NULL, previous INTEGER NOT NULL, at INTEGER NOT NULL, cause INTEGER NOT NULL,
            expression INTEGER NOT NULL, entered INTEGER NOT NULL, exited INTEGER NOT NULL, least INTEGER NOT NULL,
            greatest INTEGER NOT NULL, seal INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE INDEX membership_change_time ON membership_change(segment, at, number);
        CREATE TABLE membership_state(number INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
        """

    // MARK: Segments

    /// A segment that has a history.
    struct Segment {
        var number: Int64
        var name: [UInt8]
        /// Its last record, when that was made, and what it answered (0: dropped).
        var last: Int64 = 0
        var at = Int64.min
        var expression: Int64 = 0
        /// Bytes of records since the last whole state, and bytes of that state.
        var waiting: Int64 = 0
        var state: Int64 = 0

        var seal: Int64 {
            let name = Int64(bitPattern: name.withUnsafeBytes { Sealed.checksum($0, .membershipSegment, []) })
            return Sealed.seal(.membershipSegment, number, name, last, at, expression, waiting, state)
        }
    }

    /// Every segment with a history, in the order of first record. Stores of the first format have none.
    static func segments(_ database: Database) throws -> [Segment] {
        guard try Schema.hasHistory(database) else { return [] }
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT number, name, last, at, expression, waiting, state, seal FROM membership_segment ORDER BY number")
        var segments: [Segment] = []
        while let row = try rows.next() {
            let segment = Segment(
                number: try row.decode(atIndex: 0), name: Array(try row.decode(Data.self, atIndex: 1)), last: try row.decode(atIndex: 2),
                at: try row.decode(atIndex: 3), expression: try row.decode(atIndex: 4), waiting: try row.decode(atIndex: 5),
                state: try row.decode(atIndex: 6))
            guard segment.seal == (try row.decode(Int64.self, atIndex: 7)), segment.number == Int64(segments.count + 1) else {
                throw damaged
            }
            segments.append(segment)
        }
        guard try Schema.number(.segments, database) == Int64(segments.count) else { throw damaged }
        return segments
    }

    static func save(_ segment: Segment, _ database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO membership_segment VALUES(?, ?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
            segment.number, Data(segment.name), segment.last, segment.at, segment.expression, segment.waiting, segment.state, segment.seal,
        ])
    }

    // MARK: Expressions

    static func expression(_ number: Int64, _ database: Database) throws -> String? {
        guard number != 0 else { return nil }
        guard let data = try Data.fetchOne(database, sql: "SELECT text FROM membership_expression WHERE number = ?", arguments: [number])
        else { throw damaged }
        return String(decoding: try Sealed.bytes(data, .membershipExpression, number, damaged: damaged), as: UTF8.self)
    }

    /// What a transaction knows that adds records: their last number, and expressions by number.
    struct Recording {
        let database: Database
        fileprivate var last: Int64
        private var expressions: [Int64: String?] = [:]

        init(_ database: Database) throws {
            self.database = database
            last = try Int64.fetchOne(database, sql: "SELECT max(number) FROM membership_change") ?? 0
        }

        /// The number of `text`: the one the segment had before, where it says the same.
        fileprivate mutating func number(of text: String, before: Int64) throws -> Int64 {
            let known = try expressions[before] ?? expression(before, database)
            expressions[before] = .some(known)
            if let known, known.sameScalars(as: text) { return before }
            let number = (try Int64.fetchOne(database, sql: "SELECT max(number) FROM membership_expression") ?? 0) + 1
            try database.execute(
                sql: "INSERT INTO membership_expression VALUES(?, ?)",
                arguments: [number, Sealed.data(Data(text.utf8), .membershipExpression, number)])
            return number
        }
    }

    // MARK: Recording

    /// A change that its segment's history cannot take.
    struct Misdated: Error {
        var segment: String
        var at, last: Instant
    }

    /// A step that is to be recorded; no expression: the segment is dropped.
    struct Step {
        var at: Int64
        var cause: MembershipCause
        var expression: String?
        var entered, exited: OrdinalSet
    }

    /// Puts one more record behind the segment's last; the segment is to be saved afterwards.
    static func record(_ step: Step, of segment: inout Segment, _ recording: inout Recording) throws {
        let database = recording.database
        guard step.at >= segment.at else {
            throw Misdated(
                segment: String(decoding: segment.name, as: UTF8.self), at: Instant(milliseconds: step.at),
                last: Instant(milliseconds: segment.at))
        }
        let expression = try step.expression.map { try recording.number(of: $0, before: segment.expression) } ?? 0
        var bytes = ContiguousArray<UInt8>()
        step.entered.appendBytes(to: &bytes)
        step.exited.appendBytes(to: &bytes)
        let bounds = [step.entered, step.exited].flatMap { [$0.ordinals.first, $0.ordinals.last].compactMap(\.self) }
        recording.last += 1
        let head = Head(
            number: recording.last, segment: segment.number, previous: segment.last, at: step.at, cause: Int64(step.cause.rawValue),
            expression: expression,
            entered: Int64(step.entered.count), exited: Int64(step.exited.count), least: Int64(bounds.min() ?? .max),
            greatest: Int64(bounds.max() ?? 0))
        try database.cachedStatement(sql: "INSERT INTO membership_change VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").execute(
            arguments: StatementArguments(head.numbers + [head.seal]) + [Sealed.data(bytes, .membershipChange, head.number)])
        let isFirst = segment.last == 0
        (segment.last, segment.at, segment.expression) = (head.number, head.at, expression)
        // The first record is a whole state by itself.
        if isFirst { segment.state = Int64(bytes.count) } else { segment.waiting += Int64(bytes.count) }
        if segment.waiting > max(leastWaiting, segment.state) {
            try save(segment, database)
            let state = try MembershipReader(database).members(of: segment, at: nil)?.members ?? OrdinalSet()
            bytes.removeAll(keepingCapacity: true)
            state.appendBytes(to: &bytes)
            try database.execute(
                sql: "INSERT INTO membership_state VALUES(?, ?, ?)",
                arguments: [head.number, state.count, Sealed.data(bytes, .membershipState, head.number, Int64(state.count))])
            (segment.waiting, segment.state) = (0, Int64(bytes.count))
        }
    }

    /// A whole state is kept no sooner than after this many bytes of records, and not before they are as many as the last state's: so a state
    /// takes less than twice the room of the records before it, and no question reads more than about twice a state.
    private static let leastWaiting: Int64 = 16 << 10

    // MARK: Rows

    /// The numbers of a record.
    struct Head {
        var number, segment, previous, at, cause, expression, entered, exited, least, greatest: Int64

        static let columns = "number, segment, previous, at, cause, expression, entered, exited, least, greatest, seal"

        var numbers: [Int64] { [number, segment, previous, at, cause, expression, entered, exited, least, greatest] }
        var seal: Int64 { numbers.withUnsafeBytes { Int64(bitPattern: Sealed.checksum($0, .membershipChange, [])) } }
    }
}

extension MembershipTables.Head {
    /// Reads the columns, which are the row's first.
    init(_ row: Row) throws {
        let n = try (0..<10).map { try row.decode(Int64.self, atIndex: $0) }
        self.init(
            number: n[0], segment: n[1], previous: n[2], at: n[3], cause: n[4], expression: n[5], entered: n[6], exited: n[7],
            least: n[8], greatest: n[9])
        guard seal == (try row.decode(Int64.self, atIndex: 10)) else { throw MembershipTables.damaged }
    }
}

// MARK: Edits

extension MembershipTables {
    /// Thrown where the change was computed against an older record; undoes the transaction.
    struct Outdated: Error { var segment: String }

    /// Records the end of a dropped segment's history, where it has one: everybody exits.
    static func end(_ name: String, at: Instant, _ database: Database) throws {
        guard var segment = try segments(database).first(where: { $0.name.elementsEqual(name.utf8) }), segment.expression != 0 else {
            return
        }
        let members = try MembershipReader(database).members(of: segment, at: nil)?.members ?? OrdinalSet()
        // Dropping is not refused for a clock that was set back.
        let step = Step(
            at: max(at.milliseconds, segment.at), cause: .definition, expression: nil, entered: OrdinalSet(), exited: members)
        var recording = try Recording(database)
        try record(step, of: &segment, &recording)
        try save(segment, database)
    }

    /// Records changes; gives the numbers of the records.
    static func record(_ changes: [MembershipChange], _ database: Database) throws -> [Int64] {
        var numbers: [Int64] = []
        var known = try segments(database)
        var places: [[UInt8]: Int] = [:]
        for (place, segment) in known.enumerated() { places[segment.name] = place }
        let before = known.map(\.last)
        var recording = try Recording(database)
        var recorded: Set<Int> = []
        for change in changes {
            let name = Array(change.segment.utf8)
            let place = places[name] ?? known.count
            guard change.after == (place < before.count ? before[place] : 0) else { throw Outdated(segment: change.segment) }
            if place == known.count {
                places[name] = place
                known.append(Segment(number: Int64(place + 1), name: name))
                try Schema.set(.segments, Int64(known.count), database)
            }
            try record(
                Step(
                    at: change.at.milliseconds, cause: change.cause, expression: change.expression, entered: change.entered,
                    exited: change.exited), of: &known[place], &recording)
            recorded.insert(place)
            numbers.append(known[place].last)
        }
        for place in recorded.sorted() { try save(known[place], database) }
        return numbers
    }
}
