import Foundation
import GRDB
import Storage

/// The tables of a store, and the numbers that name their format.
enum Schema {
    /// "TSRA": says that a SQLite file is a store.
    static let applicationID: Int32 = 0x5453_5241
    /// Format of the tables and blocks. A program opens stores up to its own.
    static let formatVersion: Int32 = 1

    static func configuration(readOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(30)
        configuration.allowsUnsafeTransactions = true
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { database in
            if !readOnly {
                try database.execute(sql: "PRAGMA page_size = 32768")
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            try database.execute(sql: "PRAGMA cache_size = -16384")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return configuration
    }

    /// Makes the tables of an empty file; refuses a file that is no store or of a newer format.
    static func prepare(_ database: Database, path: String) throws {
        let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if id == applicationID {
            guard version <= formatVersion else {
                throw StoreError(
                    .newer,
                    "\(path) has store format \(version), and this program knows formats up to \(formatVersion). Use a newer Tessera.")
            }
            if tables > 0 { return }
        } else if id != 0 || tables > 0 {
            throw StoreError(.damaged, "\(path) is a SQLite file, but not a Tessera store. Name another file with --db.")
        }
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        try database.inTransaction(.immediate) {
            if try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0 == 0 { try create(database) }
            return .commit
        }
    }

    private static func create(_ database: Database) throws {
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        try database.execute(sql: "PRAGMA user_version = \(formatVersion)")
        try database.execute(
            sql: """
                CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
                CREATE TABLE name(number INTEGER PRIMARY KEY, text BLOB NOT NULL, own INTEGER NOT NULL DEFAULT 0);
                CREATE TABLE path(number INTEGER PRIMARY KEY, path TEXT NOT NULL);
                CREATE TABLE shape(number INTEGER PRIMARY KEY, tokens BLOB NOT NULL);
                CREATE TABLE vocabulary(path INTEGER, number INTEGER, text BLOB NOT NULL, PRIMARY KEY(path, number)) WITHOUT ROWID;
                CREATE TABLE block(
                    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name INTEGER, width INTEGER NOT NULL, bucket INTEGER NOT NULL,
                    rows INTEGER NOT NULL, min_time INTEGER NOT NULL, max_time INTEGER NOT NULL, min_ordinal INTEGER NOT NULL,
                    max_ordinal INTEGER NOT NULL);
                CREATE TABLE block_column(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
                CREATE TABLE identifier(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
                CREATE TABLE link(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, pairs BLOB NOT NULL, messages BLOB NOT NULL);
                CREATE TABLE alias(number INTEGER PRIMARY KEY, user INTEGER NOT NULL, previous BLOB NOT NULL, message BLOB NOT NULL);
                CREATE TABLE dedupe_run(id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
                CREATE TABLE dedupe_segment(
                    id INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL);
                CREATE TABLE import_position(source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
                CREATE TABLE definition(kind TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
                INSERT INTO meta(key, value) VALUES('version', 1), ('tail', 1);
                """)
        var random = SystemRandomNumberGenerator()
        let key = [Int64(bitPattern: random.next()), Int64(bitPattern: random.next())]
        try database.execute(sql: "INSERT INTO meta(key, value) VALUES('key0', ?), ('key1', ?)", arguments: [key[0], key[1]])
    }

    /// The store's secret key for hashing ids.
    static func key(_ database: Database) throws -> (UInt64, UInt64) {
        let words = try ["key0", "key1"].map {
            try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [$0]) ?? 0
        }
        return (UInt64(bitPattern: words[0]), UInt64(bitPattern: words[1]))
    }

    static func version(_ database: Database) throws -> UInt64 {
        UInt64(try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'version'") ?? 0)
    }

    /// Generation of the tail whose messages are in no block yet.
    static func generation(_ database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'tail'") ?? 1
    }

    static func setGeneration(_ generation: Int64, _ database: Database) throws {
        try database.execute(sql: "UPDATE meta SET value = ? WHERE key = 'tail'", arguments: [generation])
    }

    static func bumpVersion(_ database: Database) throws {
        try database.execute(sql: "UPDATE meta SET value = value + 1 WHERE key = 'version'")
    }
}
