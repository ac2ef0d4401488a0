import CPostgres
import Foundation
import Secrets
import Synchronization

/// Set from outside, so that whoever waits for a server stops.
final class Interruption: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func interrupt() { flag.store(true, ordering: .relaxed) }
}

/// A connection to a server. Its calls block the thread, until the server answers, a time is over, or the interruption is set.
///
/// `@unchecked`: only the queue of its `Session` calls it, one call after another.
final class Connection: @unchecked Sendable {
    /// What stops its calls.
    var interruption: Interruption
    private let handle: OpaquePointer
    private let patience: Duration

    /// How long one look for an interruption is apart from the next.
    private static let look: Int32 = 50
    /// Given to the server beyond its own timeout, to tell of that itself; no more than that timeout again.
    private static let grace = Duration.seconds(10)
    /// Bytes of rows handed to libpq at once.
    private static let piece = 1 << 16

    /// Connects.
    ///
    /// - Parameter isReading: Nothing can be changed through it.
    init(_ server: PostgresServer, isReading: Bool, _ interruption: Interruption) throws(ServerFailure) {
        self.interruption = interruption
        patience = server.statementTimeout + min(server.statementTimeout, Self.grace)
        // What the connection's text says goes before these, and the last ones before that.
        var options: [(String, String)] = [
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
            ("dbname", server.text.value), ("fallback_application_name", "tessera"), ("client_encoding", "UTF8"),
        ]
        if let password = server.password { options.append(("password", password.value)) }
        let started = Self.withTexts(options.map(\.0) + [nil] + options.map(\.1) + [nil]) { texts in
            PQconnectStartParams(texts, texts + options.count + 1, 1)
        }
        guard let started else { throw ServerFailure(connecting: nil) }
        handle = started
        PQsetErrorVerbosity(handle, PQERRORS_SQLSTATE)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        try connect(until: .now + server.connectTimeout)
        PQsetnonblocking(handle, 1)
        let milliseconds = max(1, Int(server.statementTimeout / .milliseconds(1)))
        _ = try query(
            """
            SET TIME ZONE 'UTC'; SET datestyle = 'ISO, YMD'; SET standard_conforming_strings = on;
            SET statement_timeout = \(milliseconds); SET idle_in_transaction_session_timeout = \(milliseconds);
            \(isReading ? "SET default_transaction_read_only = on" : "");
            -- What is committed has to be on disk.
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
            """)
    }

    deinit { PQfinish(handle) }

    /// As `15.4 (Debian ...)`: its first word.
    var serverVersion: String {
        PQparameterStatus(handle, "server_version").map { String(String(cString: $0).prefix { $0 != " " }) } ?? "of an unknown version"
    }

    /// Lets the server stop what it is doing for this connection.
    func stopStatement() {
        guard PQtransactionStatus(handle) == PQTRANS_ACTIVE, let cancel = PQgetCancel(handle) else { return }
        defer { PQfreeCancel(cancel) }
        var problem = [CChar](repeating: 0, count: 256)
        PQcancel(cancel, &problem, Int32(problem.count))
    }

    /// Runs a statement with values for `$1`, `$2` and so on; without values also several, between semicolons.
    ///
    /// - Returns: What the last of them gave.
    func query(_ sql: String, _ values: [String?] = []) throws(ServerFailure) -> Rows {
        let sent =
            if values.isEmpty {
                PQsendQuery(handle, sql)
            } else {
                Self.withTexts(values) { PQsendQueryParams(handle, sql, Int32(values.count), nil, $0, nil, nil, 0) }
            }
        return try answer(isSent: sent == 1, until: .now + patience)
    }

    /// Runs `COPY ... FROM STDIN` with the bytes of its rows.
    func copy(_ sql: String, _ bytes: [UInt8]) throws(ServerFailure) {
        let deadline = ContinuousClock.now + patience
        _ = try answer(isSent: PQsendQuery(handle, sql) == 1, until: deadline)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Self.piece)
            let put = bytes.withUnsafeBytes {
                PQputCopyData(handle, $0.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self), Int32(end - start))
            }
            if put < 0 { throw ServerFailure(passing: "the connection broke") }
            if put == 1 { start = end }
            try flush(until: deadline)
        }
        var ended = PQputCopyEnd(handle, nil)
        while ended == 0 {
            try flush(until: deadline)
            ended = PQputCopyEnd(handle, nil)
        }
        _ = try answer(isSent: ended == 1, until: deadline)
    }

    // MARK: - waiting

    private func connect(until deadline: ContinuousClock.Instant) throws(ServerFailure) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw ServerFailure(connecting: handle) }
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            if state == PGRES_POLLING_FAILED { throw ServerFailure(connecting: handle) }
            try wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until: deadline)
            state = PQconnectPoll(handle)
        }
    }

    /// The last result of what was sent; where rows are to be copied in, the server waits for them then.
    private func answer(isSent: Bool, until deadline: ContinuousClock.Instant) throws(ServerFailure) -> Rows {
        guard isSent else { throw ServerFailure(passing: "the connection broke") }
        try flush(until: deadline)
        var rows = Rows()
        var failure: ServerFailure?
        while true {
            while PQisBusy(handle) == 1 {
                try wait(POLLIN, until: deadline)
                if PQconsumeInput(handle) == 0 { throw failure ?? ServerFailure(passing: "the connection broke") }
            }
            guard let result = PQgetResult(handle) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK: rows = Rows(result)
            case PGRES_COPY_IN: return rows
            case PGRES_EMPTY_QUERY: break
            default: failure = failure ?? ServerFailure(result: result)
            }
        }
        if let failure { throw failure }
        return rows
    }

    private func flush(until deadline: ContinuousClock.Instant) throws(ServerFailure) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                // A server that has something to say may not read on before it is heard.
                try wait(POLLIN | POLLOUT, until: deadline)
                if PQconsumeInput(handle) == 0 { throw ServerFailure(passing: "the connection broke") }
            default: throw ServerFailure(passing: "the connection broke")
            }
        }
    }

    private func wait(_ events: Int32, until deadline: ContinuousClock.Instant) throws(ServerFailure) {
        while true {
            if interruption.isSet { throw ServerFailure(passing: "it was asked to end") }
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { throw ServerFailure(passing: "the server does not answer") }
            var place = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
            let ready = poll(&place, 1, min(Self.look, Int32(min(left, 1e9)) + 1))
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw ServerFailure(passing: "the connection broke") }
        }
    }

    /// Texts as C strings, for the time of a call.
    private static func withTexts<Answer>(_ texts: [String?], _ call: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer) -> Answer {
        let copies = texts.map { text in text.map { UnsafePointer(strdup($0)) } ?? nil }
        defer { for copy in copies { free(UnsafeMutablePointer(mutating: copy)) } }
        return call(copies)
    }
}

/// What a statement gave.
struct Rows: Sendable {
    /// Names of the columns.
    var columns: [String] = []
    /// Row by row, a text for each column; nil: null.
    var values: [[String?]] = []

    init() {}

    init(_ result: OpaquePointer) {
        columns = (0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) }
        values = (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }

    /// The value of the first row and column.
    var first: String? { values.first?.first ?? nil }
}

/// A name as SQL has it, whatever is in it.
func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }
