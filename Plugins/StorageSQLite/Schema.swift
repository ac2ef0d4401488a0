import Foundation
import GRDB
import Storage

/// The tables of a store, and the numbers that name their format.
enum Schema {
    /// "TSRA": says that a SQLite file is a store.
    static let applicationID: Int32 = 0x5453_5241
    /// Format of the tables and blocks. A program opens stores up to its own: 1 has no membership history, 2 has no log of people, 3 knows
    /// of no traits that link or are indexed, 4 has all of them.
    static let formatVersion: Int32 = 4

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
            if tables > 0 {
                guard version >= 1 else { throw DamagedTable(name: "sqlite_master") }
                return
            }
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
                CREATE TABLE meta(key INTEGER PRIMARY KEY, value INTEGER NOT NULL, seal INTEGER NOT NULL);
                CREATE TABLE name(number INTEGER PRIMARY KEY, text BLOB NOT NULL, own INTEGER NOT NULL DEFAULT 0);
                CREATE TABLE path(number INTEGER PRIMARY KEY, path BLOB NOT NULL);
                CREATE TABLE shape(number INTEGER PRIMARY KEY, tokens BLOB NOT NULL);
                CREATE TABLE vocabulary(path INTEGER, number INTEGER, text BLOB NOT NULL, PRIMARY KEY(path, number)) WITHOUT ROWID;
                CREATE TABLE block(
                    id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name INTEGER, width INTEGER NOT NULL, bucket INTEGER NOT NULL,
                    rows INTEGER NOT NULL, min_time INTEGER NOT NULL, max_time INTEGER NOT NULL, min_ordinal INTEGER NOT NULL,
                    max_ordinal INTEGER NOT NULL, columns INTEGER NOT NULL, seal INTEGER NOT NULL);
                CREATE TABLE block_column(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
                CREATE TABLE identifier(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
                CREATE TABLE link(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, pairs BLOB NOT NULL, messages BLOB NOT NULL);
                CREATE TABLE alias(number INTEGER PRIMARY KEY, data BLOB NOT NULL);
                CREATE TABLE dedupe_run(id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
                CREATE TABLE dedupe_segment(
                    id INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL, data BLOB NOT NULL);
                CREATE TABLE import_position(source TEXT PRIMARY KEY, position BLOB NOT NULL) WITHOUT ROWID;
                CREATE TABLE definition(kind TEXT, name TEXT, body BLOB NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
                """ + MembershipTables.tables + DecisionTables.tables + TraitIndexTables.tables)
        var random = SystemRandomNumberGenerator()
        let words: [(Number, Int64)] = [
            (.version, 1), (.tail, 1), (.firstKey, Int64(bitPattern: random.next())), (.secondKey, Int64(bitPattern: random.next())),
            (.rows, 0), (.links, 0), (.aliases, 0), (.segments, 0), (.refusals, 0), (.peopleRecords, 0), (.unmerges, 0),
            (.traitIdentifiers, 0), (.traitIndexes, 0),
        ]
        for (number, value) in words { try set(number, value, database) }
    }

    /// Brings a store of an older format to the present one, within the transaction of whoever writes; older formats lack tables only.
    static func migrate(_ database: Database) throws {
        guard try !hasTraits(database) else { return }
        if try !hasHistory(database) {
            try database.execute(sql: MembershipTables.tables)
            try set(.segments, 0, database)
        }
        if try !hasDecisions(database) {
            try database.execute(sql: DecisionTables.tables)
            for number in [Number.refusals, .peopleRecords, .unmerges] { try set(number, 0, database) }
        }
        try database.execute(sql: TraitIndexTables.tables)
        for number in [Number.traitIdentifiers, .traitIndexes] { try set(number, 0, database) }
        try database.execute(sql: "PRAGMA user_version = \(formatVersion)")
    }

    /// Whether the store has the tables of decisions about people: an older one gets them from its next writer.
    static func hasDecisions(_ database: Database) throws -> Bool {
        try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= 3
    }

    /// Whether the store counts the identifiers that traits gave and has the tables of their indexes: an older one has neither.
    static func hasTraits(_ database: Database) throws -> Bool {
        try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= 4
    }

    /// Whether the store has the tables of the membership history: one of the first format gets them from its next writer.
    static func hasHistory(_ database: Database) throws -> Bool {
        try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0 >= 2
    }

    /// Numbers that a store keeps of itself. Raw values are stored; they are never reused.
    enum Number: Int64 {
        case version = 1
        /// The first generation of the tail whose messages are in no block yet.
        case tail = 2
        /// The store's secret for hashing ids.
        case firstKey = 3
        case secondKey = 4
        /// Rows of all blocks, and how many links and aliases there are: a lost row of a table shows.
        case rows = 5
        case links = 6
        case aliases = 7
        /// Segments that have a membership history.
        case segments = 8
        /// Links that are out of force, and records of the log of people.
        case refusals = 9
        case peopleRecords = 10
        /// The last number that an unmerge was given.
        case unmerges = 11
        /// Identifiers that traits gave.
        case traitIdentifiers = 12
        /// Indexes of traits.
        case traitIndexes = 13
    }

    static func number(_ number: Number, _ database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(sql: "SELECT value, seal FROM meta WHERE key = ?")
        statement.arguments = [number.rawValue]
        guard let row = try Row.fetchOne(statement) else { throw DamagedTable(name: "meta") }
        let value: Int64 = try row.decode(atIndex: 0)
        guard Sealed.seal(.meta, number.rawValue, value) == (try row.decode(Int64.self, atIndex: 1)) else {
            throw DamagedTable(name: "meta")
        }
        return value
    }

    static func set(_ number: Number, _ value: Int64, _ database: Database) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO meta(key, value, seal) VALUES(?, ?, ?)")
            .execute(arguments: [number.rawValue, value, Sealed.seal(.meta, number.rawValue, value)])
    }

    /// The store's secret key for hashing ids.
    static func key(_ database: Database) throws -> (UInt64, UInt64) {
        (UInt64(bitPattern: try number(.firstKey, database)), UInt64(bitPattern: try number(.secondKey, database)))
    }

    static func version(_ database: Database) throws -> UInt64 { UInt64(bitPattern: try number(.version, database)) }

    /// The first generation of the tail whose messages are in no block yet.
    static func generation(_ database: Database) throws -> Int64 { try number(.tail, database) }

    static func setGeneration(_ generation: Int64, _ database: Database) throws { try set(.tail, generation, database) }

    static func bumpVersion(_ database: Database) throws { try set(.version, try number(.version, database) + 1, database) }
}
