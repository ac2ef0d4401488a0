public import EventModel

/// Answers one SELECT over read-only tables of a snapshot, for those who think in SQL.
///
/// The dialect is SQLite's, its JSON functions and operators (`->`, `->>`, `json_extract`, `json_each`) included. The tables:
/// - `events(time, time_ms, type, event, profile, user_id, anonymous_id, message_id, properties, context, traits, message)`: every message
///   until now, once. `time` is RFC 3339 in UTC with milliseconds and `time_ms` the same as milliseconds since 1970; `event` is null for kinds
///   other than track; `profile` is the canonical id of whom it counts for today. The last four are JSON, and null where the message has none.
/// - `profiles(profile, user_ids, anonymous_ids, traits)`: every profile; ids as JSON arrays by scalars, traits as a JSON object: of each
///   top-level name what the latest identify until now says, null removes.
/// - `memberships(segment, profile)`: the members of each segment.
/// - `segments(name, expression)`: the segments.
public protocol SQLQuerying: Sendable {
    /// - Parameter sql: One SELECT, VALUES or EXPLAIN, `WITH` in front or not, and nothing else but comments and a last semicolon.
    /// - Throws: `SQLError` where the statement cannot be answered, `CancellationError` where it was stopped, `StoreError` where the store is
    ///   damaged, and whatever the views' closures throw.
    func rows(
        of sql: String, over views: SQLViews, limits: SQLLimits, isCancelled: @escaping @Sendable () -> Bool
    ) throws -> SQLRows
}

/// What the tables are made from.
public struct SQLViews: Sendable {
    /// Whose messages and profiles the tables show.
    public var snapshot: any StoreSnapshot
    /// Messages dated later are left out.
    public var now: Instant
    /// The rows of `segments`, and those whose members `memberships` shows.
    public var segments: [Segment]
    /// The members of a segment as profile numbers of the snapshot, in any order; asked for once a statement, and only where it needs them.
    public var members: @Sendable (_ segment: String) throws -> [UInt32]

    /// A segment by its name and what it says.
    public struct Segment: Sendable, Hashable {
        /// The two columns of `segments`.
        public var name, expression: String
        /// Joins the two.
        public init(name: String, expression: String) { (self.name, self.expression) = (name, expression) }
    }

    /// Joins the parts; by default there are no segments.
    public init(
        snapshot: any StoreSnapshot, now: Instant, segments: [Segment] = [],
        members: @escaping @Sendable (_ segment: String) throws -> [UInt32] = { _ in [] }
    ) {
        self.snapshot = snapshot
        self.now = now
        self.segments = segments
        self.members = members
    }
}

/// How far one statement may go. Passing a limit is an error, never a shorter answer.
public struct SQLLimits: Sendable, Hashable {
    /// Rows of the answer.
    public var rows: Int
    /// Bytes of the answer's texts, and of any one value on the way to it.
    public var bytes: Int
    /// How long it may run, from its start to its last row.
    public var time: Duration

    /// Joins the limits; by default 100,000 rows, 64 MiB and one minute.
    public init(rows: Int = 100_000, bytes: Int = 64 << 20, time: Duration = .seconds(60)) {
        (self.rows, self.bytes, self.time) = (rows, bytes, time)
    }
}

/// The answer to a statement.
public struct SQLRows: Sendable, Hashable {
    /// Names as the statement gives them.
    public var columns: [String]
    /// Shape `[rows][columns]`. Blobs are texts in the form of SQL literals (`X'00FF'`), infinite numbers the texts `Infinity` and `-Infinity`.
    public var rows: [[JSONValue]]

    /// Joins names and rows; each row has as many values as there are names.
    public init(columns: [String], rows: [[JSONValue]]) { (self.columns, self.rows) = (columns, rows) }
}

/// Why a statement has no answer, in a sentence that says what to do.
public struct SQLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is, for callers that act on it.
    public enum Reason: Sendable, Hashable {
        /// It is no SQL, or names what is not there.
        case syntax
        /// It does more than read.
        case refused
        /// A limit was passed.
        case limit
        /// It went wrong on the way: malformed JSON, an overflow.
        case failed
    }
    /// What kind of trouble it is; `description` tells a reader.
    public var reason: Reason
    public var description: String
    /// Where in the statement, from 1 (columns count Unicode scalars); nil where SQLite does not say.
    public var line, column: Int?

    /// Joins the kind of trouble, the sentence that tells it, and the place in the statement.
    public init(_ reason: Reason, _ description: String, line: Int? = nil, column: Int? = nil) {
        self.reason = reason
        self.description = description
        (self.line, self.column) = (line, column)
    }
}
