import EventModel
import Foundation
import GRDBSQLite
public import Storage

/// Answers SELECTs with SQLite over virtual tables that read a snapshot of any store: sealed blocks and tail, in one state.
///
/// Every statement has a connection of its own, to a database in memory that holds nothing. Constraints on `event`, `type`, `profile`, `time` and
/// `time_ms` pass over blocks that cannot fit; the JSON columns are made only for rows whose JSON is asked for. Sorting and grouping of
/// more than a few MB goes through nameless files in the system's temporary folder.
public struct SQLiteViews: SQLQuerying {
    public init() {}

    public func rows(
        of sql: String, over views: SQLViews, limits: SQLLimits = SQLLimits(), isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> SQLRows {
        let run = ViewRun(views, limits: limits, isCancelled: isCancelled)
        try run.check()
        let connection = try ViewConnection(run)
        return try withExtendedLifetime(connection) { try connection.rows(of: sql) }
    }
}

/// The connection of one statement.
private final class ViewConnection {
    private let run: ViewRun
    private var database: OpaquePointer?
    private let callbacks = VirtualTableModule.makeCallbacks()
    private let modules: [(name: String, module: VirtualTableModule)]

    init(_ run: ViewRun) throws {
        self.run = run
        func module(_ table: any VirtualTable) -> VirtualTableModule { VirtualTableModule(table, of: run) }
        modules = [
            ("events", module(EventsTable(run))), ("profiles", module(ProfilesTable(run))),
            ("memberships", module(MembershipsTable(run))), ("segments", module(SegmentsTable(run))),
        ]
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(":memory:", &database, flags, nil) == SQLITE_OK else { throw error(0, sql: []) }
        for (name, module) in modules {
            let client = Unmanaged.passUnretained(module).toOpaque()
            guard sqlite3_create_module_v2(database, name, callbacks, client, nil) == SQLITE_OK else { throw error(0, sql: []) }
        }
        // A table says what columns it has by a CREATE TABLE that makes nothing, when it is first named. That is done before reading is all that is
        // allowed, for the tables and for SQLite's own of JSON.
        for name in modules.map(\.name) + ["json_each", "json_tree"] {
            var statement: OpaquePointer?
            guard sqlite3_prepare_v2(database, "SELECT 1 FROM \(name)", -1, &statement, nil) == SQLITE_OK else { throw error(0, sql: []) }
            sqlite3_finalize(statement)
        }
        sqlite3_limit(database, SQLITE_LIMIT_LENGTH, Int32(clamping: max(run.limits.bytes, 1 << 10)))
        sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0)
        let client = Unmanaged.passUnretained(run).toOpaque()
        sqlite3_set_authorizer(
            database,
            { client, action, first, second, _, _ in
                guard let client else { return SQLITE_DENY }
                return Unmanaged<ViewRun>.fromOpaque(client).takeUnretainedValue().authorize(action, first, second)
            }, client)
        sqlite3_progress_handler(
            database, 10_000,
            { client in
                guard let client else { return 1 }
                return Unmanaged<ViewRun>.fromOpaque(client).takeUnretainedValue().mustStop() ? 1 : 0
            }, client)
    }

    deinit {
        sqlite3_close_v2(database)
        callbacks.deinitialize(count: 1)
        callbacks.deallocate()
    }

    // MARK: Statements

    /// The rows of the one statement that `sql` is.
    func rows(of sql: String) throws -> SQLRows {
        let text = Array(sql.utf8)
        if let zero = text.firstIndex(of: 0) {
            throw SQLError(.syntax, "The statement holds a zero byte. Write char(0) for it.", place: zero, in: text)
        }
        let (first, rest) = try prepare(text, from: 0)
        defer { sqlite3_finalize(first) }
        guard let first else { throw SQLError(.syntax, "There is no statement. Write one SELECT.") }
        let (second, _) = try prepare(text, from: rest)
        sqlite3_finalize(second)
        guard second == nil else {
            throw SQLError(.refused, "There is more than one statement. Write one SELECT.", place: rest, in: text)
        }
        guard sqlite3_stmt_readonly(first) != 0, sqlite3_column_count(first) > 0 else {
            throw SQLError(.refused, "The statement does not read rows. Write one SELECT.")
        }
        guard sqlite3_bind_parameter_count(first) == 0 else {
            throw SQLError(.refused, "The statement has parameters (? or :name), and nothing gives them values. Write the values.")
        }
        return try step(first, text)
    }

    /// Makes the first statement from `start` on, nil where only blanks and comments are left, and says where the rest begins.
    private func prepare(_ text: [UInt8], from start: Int) throws -> (statement: OpaquePointer?, rest: Int) {
        var statement: OpaquePointer?
        var rest = start
        let told = text[start...].withUnsafeBytes { raw -> Int32 in
            guard let base = raw.assumingMemoryBound(to: CChar.self).baseAddress else { return SQLITE_OK }
            var tail: UnsafePointer<CChar>?
            let told = sqlite3_prepare_v2(database, base, Int32(clamping: raw.count), &statement, &tail)
            rest = start + (tail.map { $0 - base } ?? 0)
            return told
        }
        guard told == SQLITE_OK else { throw error(start, sql: text) }
        if statement == nil, rest > start, rest < text.count { return try prepare(text, from: rest) }
        return (statement, rest)
    }

    private func step(_ statement: OpaquePointer, _ text: [UInt8]) throws -> SQLRows {
        let count = sqlite3_column_count(statement)
        let columns = (0..<count).map { String(cString: sqlite3_column_name(statement, $0)) }
        var rows: [[JSONValue]] = []
        var bytes = 0
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_DONE: return SQLRows(columns: columns, rows: rows)
            case SQLITE_ROW:
                guard rows.count < run.limits.rows else {
                    throw SQLError(
                        .limit, "The answer has more than \(run.limits.rows) rows. Add a LIMIT, count or group, or raise the limit.")
                }
                rows.append((0..<count).map { Self.value(statement, $0, &bytes) })
                guard bytes <= run.limits.bytes else {
                    throw SQLError(
                        .limit, "The answer is longer than \(run.limits.bytes) bytes. Ask for fewer columns or rows, or raise the limit.")
                }
            default: throw error(0, sql: text)
            }
        }
    }

    private static func value(_ statement: OpaquePointer, _ column: Int32, _ bytes: inout Int) -> JSONValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT:
            let number = sqlite3_column_double(statement, column)
            return number.isFinite ? .number(number) : .string(number < 0 ? "-Infinity" : "Infinity")
        case SQLITE_TEXT:
            let text = sqlite3_column_text(statement, column)
            let count = Int(sqlite3_column_bytes(statement, column))
            bytes += count
            return .string(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let blob = sqlite3_column_blob(statement, column)
            let raw = UnsafeRawBufferPointer(start: blob, count: Int(sqlite3_column_bytes(statement, column)))
            bytes += raw.count * 2
            return .string("X'" + raw.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined() + "'")
        default: return .null
        }
    }

    // MARK: Errors

    /// What SQLite's last error means.
    private func error(_ start: Int, sql: [UInt8]) -> any Error {
        if let failure = run.failure { return failure }
        let said = sqlite3_errmsg(database).map { String(cString: $0) } ?? "no more is known"
        let offset = Int(sqlite3_error_offset(database))
        let place = offset >= 0 ? start + offset : nil
        // Some changes SQLite itself refuses before it asks whether they are allowed.
        let isChange = ["may not be", "cannot create", "cannot modify", "cannot VACUUM"].contains { said.contains($0) }
        if let what = run.refusal ?? (isChange ? "a change" : nil) {
            return SQLError(.refused, "Only reading is allowed here, and the statement wants \(what). Write one SELECT.")
        }
        switch sqlite3_errcode(database) & 0xFF {
        case SQLITE_TOOBIG:
            return SQLError(
                .limit, "A value is longer than \(run.limits.bytes) bytes. Join or group less into one value, or raise the limit.")
        case SQLITE_NOMEM: return SQLError(.limit, "The statement needs more memory than there is. Ask for fewer events at once.")
        case SQLITE_FULL, SQLITE_IOERR:
            return SQLError(.failed, "No space is left for sorting (\(said)). Free some, or ask for fewer events at once.")
        case SQLITE_ERROR where said.hasPrefix("no such table"):
            let tables = modules.map { "\($0.name)(\(Self.columns(of: $0.module)))" }.joined(separator: ", ")
            return SQLError(.syntax, "SQL: \(said). The tables are \(tables).", place: place, in: sql)
        case SQLITE_ERROR where said.hasPrefix("no such column"):
            let tables = modules.map { "\($0.name)(\(Self.columns(of: $0.module)))" }.joined(separator: ", ")
            return SQLError(
                .syntax, "SQL: \(said). Texts take single quotes; the tables are \(tables). A property is properties ->> 'name'.",
                place: place,
                in: sql)
        case SQLITE_ERROR where place != nil || said.contains("syntax error") || said.hasPrefix("no such") || said == "incomplete input":
            return SQLError(.syntax, "SQL: \(said).", place: place, in: sql)
        default: return SQLError(.failed, "SQL: \(said).", place: place, in: sql)
        }
    }

    /// The names of a table's columns.
    private static func columns(of module: VirtualTableModule) -> String {
        type(of: module.table).columns.split(separator: ",").compactMap { $0.split(whereSeparator: \.isWhitespace).first }
            .joined(separator: ", ")
    }
}

extension SQLError {
    /// - Parameter place: Of a byte of the statement, from 0; nil where it is not known.
    fileprivate init(_ reason: Reason, _ description: String, place: Int?, in sql: [UInt8]) {
        guard let place, place <= sql.count else {
            self.init(reason, description)
            return
        }
        let before = sql[..<place]
        let line = before.reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
        let ownLine = before.suffix { $0 != 10 }
        self.init(reason, description, line: line, column: String(decoding: ownLine, as: UTF8.self).unicodeScalars.count + 1)
    }
}

extension ArraySlice<UInt8> {
    /// The longest end whose bytes all fit.
    fileprivate func suffix(while fits: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        self[((lastIndex { !fits($0) }).map { $0 + 1 } ?? startIndex)...]
    }
}
