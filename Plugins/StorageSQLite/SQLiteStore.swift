import EventModel
import Foundation
import GRDB
public import Storage
import Synchronization

/// The embedded store: one SQLite file.
public final class SQLiteStore: EventStore {
    /// What to do where there is no file.
    public enum Mode: Sendable {
        /// Make an empty store.
        case create
        /// Refuse, naming the command that makes one.
        case open
    }

    let path: String
    let cache: ColumnCache
    /// The connection for definitions, and for making the store; snapshots and the writer have their own.
    private let connection: DatabaseQueue
    /// Held by commits of messages, saved seals and definitions, which a running worker does from several threads: who waits for it goes on
    /// at once, and SQLite would let him sleep for a while. Rarer writers leave waiting to SQLite.
    let writing = NSLock()
    /// What snapshots have read of the tail.
    let tail = TailReading()
    /// The reader image of the latest version seen, so that equal versions share one.
    let latestImage = Mutex<(version: UInt64, image: ReaderImage)?>(nil)
    /// Who is who in the latest version seen: it follows from all links, so it is not found anew for every question.
    let latestPeople = Mutex<(version: UInt64, people: SnapshotPeople)?>(nil)
    /// The committed identifiers' texts, as far as somebody asked for them: they only grow.
    let committedTexts = Mutex(IdentifierTexts())
    /// Where they stand; nil until somebody asks.
    let identifierIndex = Mutex<IdentifierIndex?>(nil)

    /// Opens the store at `path`.
    ///
    /// - Parameter memory: Bytes of decoded columns kept between reads; never answers.
    /// - Throws: `.missing` where there is no file and `mode` is `.open`; `.newer` where a newer program wrote it; `.damaged` where the
    ///   file is no store.
    public init(path: String, mode: Mode, memory: Int = 1 << 30) throws(StoreError) {
        self.path = Self.resolved(path)
        cache = ColumnCache(limit: memory)
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if exists, isDirectory.boolValue {
            throw StoreError(.damaged, "\(path) is a directory, not a store. Name a file with --db.")
        }
        if !exists, mode == .open {
            throw StoreError(.missing, "\(path): there is no store. Make one with: tessera-archive import --db \(path) FILE.gz")
        }
        // SQLite takes a file of a few bytes for an empty database and would write over it.
        if exists, let file = FileHandle(forReadingAtPath: path), let head = try? file.read(upToCount: 16), !head.isEmpty,
            head != Data("SQLite format 3\0".utf8)
        {
            throw StoreError(.damaged, "\(path) is not a Tessera store. Name another file with --db.")
        }
        do {
            connection = try DatabaseQueue(path: path, configuration: Schema.configuration(readOnly: false))
            try connection.writeWithoutTransaction { try Schema.prepare($0, path: path) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// The file that a symbolic link names, so that the lock and the tail beside a store are one whatever it is called by.
    private static func resolved(_ path: String) -> String {
        guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil, let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    public func snapshot() throws(StoreError) -> any StoreSnapshot { try SQLiteSnapshot(store: self) }

    public var log: (any MessageLog)? { KeptLog(store: path) }

    public func makeWriter() throws(StoreError) -> any StoreWriter { try SQLiteWriter(store: self) }

    public func makeWriter(rules: IdentityRules, statement: PeopleStatement) throws(StoreError) -> any StoreWriter {
        try SQLiteWriter(store: self, rules: (rules, statement))
    }

    public func save(_ definition: Definition) throws(StoreError) { try change { try Self.save(definition, $0) } }

    public func definitions() throws(StoreError) -> [Definition] {
        do { return try connection.read { try Self.definitions($0) } } catch { throw StoreError(error, path: path) }
    }

    public func removeDefinition(kind: Definition.Kind, name: String) throws(StoreError) -> Bool {
        try change { try Self.remove(kind, name, $0) }
    }

    public func apply(_ edit: DefinitionEdit) throws(StoreError) -> EditOutcome {
        var outdated: String?
        do throws(StoreError) {
            return try change { database in
                for definition in edit.saved { try Self.save(definition, database) }
                var removed = 0
                for removal in edit.removed where try Self.remove(removal.kind, removal.name, database) {
                    removed += 1
                    if removal.kind == .segment { try MembershipTables.end(removal.name, at: removal.at, database) }
                }
                do {
                    return .applied(removed: removed, records: try MembershipTables.record(edit.changes, database))
                } catch let error as MembershipTables.Outdated {
                    outdated = error.segment
                    throw error
                }
            }
        } catch {
            guard let outdated else { throw error }
            return .outdated(segment: outdated)
        }
    }

    static func save(_ definition: Definition, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO definition(kind, name, body) VALUES(?, ?, ?) ON CONFLICT(kind, name) DO UPDATE SET body = excluded.body",
            arguments: [definition.kind.rawValue, definition.name, sealed(definition)])
    }

    /// False where there was none.
    static func remove(_ kind: Definition.Kind, _ name: String, _ database: Database) throws -> Bool {
        try database.execute(sql: "DELETE FROM definition WHERE kind = ? AND name = ?", arguments: [kind.rawValue, name])
        return database.changesCount > 0
    }

    /// The body with a checksum over all of the definition.
    private static func sealed(_ definition: Definition) -> Data {
        Sealed.data(Data(definition.body.utf8), .definition, mark(kind: definition.kind, name: definition.name))
    }

    private static func mark(kind: Definition.Kind, name: String) -> Int64 {
        let bytes = Array("\(kind.rawValue) \(name)".utf8)
        return Int64(bitPattern: bytes.withUnsafeBytes { ByteHash.checksum($0, seed: 0) })
    }

    /// Every definition, by kind and name.
    static func definitions(_ database: Database) throws -> [Definition] {
        try Row.fetchAll(database, sql: "SELECT kind, name, body FROM definition ORDER BY kind, name").map { row in
            let damaged = DamagedTable(name: "definition")
            let name: String = try row.decode(atIndex: 1)
            guard let kind = Definition.Kind(rawValue: try row.decode(atIndex: 0)) else { throw damaged }
            let body = try Sealed.bytes(try row.decode(atIndex: 2), .definition, mark(kind: kind, name: name), damaged: damaged)
            return Definition(kind: kind, name: name, body: String(decoding: body, as: UTF8.self))
        }
    }

    private func change<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        writing.lock()
        defer { writing.unlock() }
        do {
            return try connection.write { database in
                try Schema.migrate(database)
                let result = try body(database)
                try Schema.bumpVersion(database)
                return result
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension StoreError {
    /// Says in a sentence what SQLite or the file system said.
    init(_ error: any Error, path: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        if let damaged = error as? BlockReader.Damaged {
            self.init(.damaged, "\(path): \(damaged.description)")
            return
        }
        if error is MessageError {
            self.init(
                .damaged, "\(path) holds a message that cannot be read. Restore the file from a copy, or rebuild it from its archives.")
            return
        }
        if let table = error as? DamagedTable {
            self.init(
                .damaged,
                "\(path): the table \(table.name) is damaged. "
                    + (table.isCurated
                        ? "Make it anew with: tessera-archive rebuild" : "Restore the file from a copy, or rebuild it from its archives."))
            return
        }
        if let change = error as? MembershipTables.Misdated {
            self.init(
                .limit,
                "\(path): a change of segment '\(change.segment)' is dated \(change.at.text), and its last record \(change.last.text). "
                    + "A history only grows at its end; record it at that instant or later.")
            return
        }
        if error is RowDecodingError {
            self.init(
                .damaged, "\(path): a table holds what was never written. Restore the file from a copy, or rebuild it from its archives.")
            return
        }
        guard let database = error as? DatabaseError else {
            self.init(.disk, "\(path): \(error.localizedDescription)")
            return
        }
        switch database.resultCode {
        case .SQLITE_FULL:
            self.init(.disk, "\(path): no space is left on the disk. What was committed is kept; free some space and go on with --resume.")
        case .SQLITE_NOTADB: self.init(.damaged, "\(path) is not a Tessera store. Name another file with --db.")
        case .SQLITE_CORRUPT: self.init(.damaged, "\(path) is damaged. Restore the file from a copy, or rebuild it from its archives.")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.held, "\(path) is busy: another process holds it. Try again when it is done.")
        case .SQLITE_CANTOPEN: self.init(.missing, "\(path) cannot be opened. Check that its folder is there and may be written.")
        case .SQLITE_READONLY: self.init(.disk, "\(path) may not be written. Check the permissions of the file and its folder.")
        case .SQLITE_IOERR:
            self.init(.disk, "\(path): the disk failed or is full (\(database.message ?? "no more is known")). What was committed is kept.")
        default: self.init(.disk, "\(path): \(database.message ?? "SQLite error \(database.resultCode.rawValue)").")
        }
    }
}
