import Connectors
import EventModel
import Foundation

/// Where a table is read: a CSV file, or a table of a SQLite file.
struct TableSource: Sendable {
    enum Form: Sendable {
        case delimited(UInt8)
        case database(table: String)
    }
    let path: String
    let form: Form

    /// Tells the form by the file's name; nothing is read.
    init(path: String, table: String?, delimiter: String?) throws(SettingsError) {
        self.path = path
        switch (path as NSString).pathExtension.lowercased() {
        case "csv", "tsv", "txt":
            if table != nil {
                throw SettingsError(at: ["table"], "only SQLite files have tables", remedy: "Leave it out, or name a SQLite file.")
            }
            let usual = path.lowercased().hasSuffix(".tsv") ? "tab" : ","
            let text = delimiter ?? usual
            form = .delimited(text == "tab" ? 9 : text.utf8.first ?? 44)
        case "sqlite", "sqlite3", "db":
            guard let table else {
                throw SettingsError(at: ["file"], "a SQLite file has several tables", remedy: "Write which one: `table: people`.")
            }
            if delimiter != nil {
                throw SettingsError(at: ["delimiter"], "a SQLite file has no delimiter", remedy: "Leave it out.")
            }
            form = .database(table: table)
        default:
            throw SettingsError(
                at: ["file"], "what kind of file it is cannot be told by its name",
                remedy: "Let it end with .csv, .tsv, .txt, .sqlite, .sqlite3 or .db.")
        }
    }

    /// By which a change is known; nil where the file is not there.
    var stamp: FileStamp? {
        guard let own = FileStamp(path) else { return nil }
        // What was committed last may stand beside the database still.
        if case .database = form, let log = FileStamp(path + "-wal") { return own.joined(log) }
        return own
    }

    /// Reads all rows.
    func rows(_ layout: TableLayout) throws(TableFault) -> TableRows {
        guard stamp != nil else {
            throw TableFault("there is no such file", "Check its name; a relative path starts from the settings file's folder.")
        }
        switch form {
        case .delimited(let delimiter): return try DelimitedTable(delimiter: delimiter).rows(path, layout)
        case .database(let table): return try DatabaseTable(table: table).rows(path, layout)
        }
    }
}

/// What of a file changes with it.
struct FileStamp: Sendable, Equatable {
    private var numbers: [Int64]

    /// nil where there is no file.
    init?(_ path: String) {
        guard let found = try? FileManager.default.attributesOfItem(atPath: path), let changed = found[.modificationDate] as? Date else {
            return nil
        }
        numbers = [
            (found[.systemFileNumber] as? NSNumber)?.int64Value ?? 0, (found[.size] as? NSNumber)?.int64Value ?? 0,
            Int64(bitPattern: changed.timeIntervalSinceReferenceDate.bitPattern),
        ]
    }

    /// The stamp of two files.
    func joined(_ other: FileStamp) -> FileStamp {
        var stamp = self
        stamp.numbers += other.numbers
        return stamp
    }
}
