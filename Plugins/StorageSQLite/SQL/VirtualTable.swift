import EventModel
import GRDBSQLite

/// A table whose rows Swift makes while SQLite asks for them.
protocol VirtualTable: AnyObject {
    /// Names and types of the columns, as in CREATE TABLE.
    static var columns: String { get }
    /// What a scan costs that may use these constraints: about how many rows it gives, and how much work it is.
    ///
    /// - Parameter constraints: Those that a scan can be told; on return those it wants to be told.
    func plan(_ constraints: inout [ScanConstraint]) -> (rows: Double, cost: Double)
    func makeCursor() -> any VirtualCursor
}

/// One scan after another over a virtual table. SQLite checks every constraint itself, so a scan may give more rows than fit.
protocol VirtualCursor: AnyObject {
    /// Starts a scan at its first row.
    func start(_ constraints: [(constraint: ScanConstraint, value: ScanValue)]) throws
    var isAtEnd: Bool { get }
    func advance() throws
    func write(_ column: Int, to cell: ResultCell) throws
    /// The same for the same row in every scan of the statement.
    var rowID: Int64 { get }
}

/// A comparison of a column with a value that a scan is told.
struct ScanConstraint {
    enum Comparison: UInt8 {
        case equal = 2
        case greater = 4
        case lessOrEqual = 8
        case less = 16
        case greaterOrEqual = 32
    }
    var column: Int
    var comparison: Comparison
    /// Its place among those that SQLite offered.
    var place = 0
}

/// A value that SQLite compares with.
enum ScanValue {
    case number(Double)
    case integer(Int64)
    case text([UInt8])
    case other

    init(_ value: OpaquePointer?) {
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: self = .integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: self = .number(sqlite3_value_double(value))
        case SQLITE_TEXT:
            let text = sqlite3_value_text(value)
            self = .text(Array(UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(value)))))
        default: self = .other
        }
    }
}

/// Takes the value of one column of the present row.
struct ResultCell {
    let context: OpaquePointer?
    /// Says to SQLite that it must copy what it is given.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func setNull() { sqlite3_result_null(context) }
    func set(_ integer: Int64) { sqlite3_result_int64(context, integer) }

    func set(_ text: String) {
        var text = text
        text.withUTF8 { set($0) }
    }

    func set(_ text: String?) { if let text { set(text) } else { setNull() } }

    /// - Parameter text: UTF-8; zero bytes are characters like others.
    func set(_ text: UnsafeBufferPointer<UInt8>) {
        text.withMemoryRebound(to: CChar.self) {
            sqlite3_result_text64(context, $0.baseAddress, UInt64($0.count), Self.transient, UInt8(SQLITE_UTF8))
        }
        if text.isEmpty { sqlite3_result_text64(context, "", 0, Self.transient, UInt8(SQLITE_UTF8)) }
    }
}
