import Archive
import Connectors
import FormatCSV
import FormatSegment
public import Platform
import SourceFiles
import Storage
import StorageSQLite

extension Plugins {
    /// The plugins that the apps offer: the one list of them.
    public static let builtIn = Plugins(
        formats: FormatRegistry([SegmentFormat.self, TesseraFormat.self, CSVFormat.self]), sources: SourceRegistry([FilesSettings.self]),
        sql: SQLiteViews(),
        openStore: { path, access throws(StoreError) in try SQLiteStore(path: path, mode: access == .creating ? .create : .open) })
}
