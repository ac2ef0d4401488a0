import Foundation
import GRDBSQLite
import Storage

/// One statement on its way: what its tables read, and what may stop it.
final class ViewRun {
    let views: SQLViews
    let limits: SQLLimits
    let people: ViewPeople
    private let isCancelled: @Sendable () -> Bool
    private let end: ContinuousClock.Instant
    /// The first error of a table; SQLite says only that there was one.
    private(set) var failure: (any Error)?
    /// What the statement wanted to do beyond reading.
    private(set) var refusal: String?

    init(_ views: SQLViews, limits: SQLLimits, isCancelled: @escaping @Sendable () -> Bool) {
        self.views = views
        self.limits = limits
        self.isCancelled = isCancelled
        people = ViewPeople(views.snapshot)
        end = .now.advanced(by: limits.time)
    }

    func keep(_ error: any Error) { failure = failure ?? error }

    /// Throws where the statement was cancelled or its time is over.
    func check() throws {
        if isCancelled() { throw CancellationError() }
        if ContinuousClock.now >= end {
            throw SQLError(
                .limit,
                "The statement took longer than \(limits.time). Ask for fewer events (by event, time_ms or profile), or raise the limit.")
        }
    }

    /// Whether SQLite must stop now.
    func mustStop() -> Bool {
        do {
            try check()
            return false
        } catch {
            keep(error)
            return true
        }
    }

    /// Lets through what only reads the tables; says what else was wanted.
    func authorize(_ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?) -> Int32 {
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION:
            let name = second.map { String(cString: $0) } ?? ""
            if !Self.refusedFunctions.contains(name.lowercased()) { return SQLITE_OK }
            refusal = refusal ?? "the function \(name)"
        case SQLITE_ATTACH, SQLITE_DETACH: refusal = refusal ?? "ATTACH and DETACH"
        case SQLITE_PRAGMA: refusal = refusal ?? "PRAGMA \(first.map { String(cString: $0) } ?? "")"
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: refusal = refusal ?? "a transaction"
        default: refusal = refusal ?? "a change"
        }
        return SQLITE_DENY
    }

    /// Functions that reach out of the statement.
    private static let refusedFunctions: Set<String> = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"]
}
