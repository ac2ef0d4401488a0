import Archive
import EventModel
import Storage

/// Messages that were refused, kept beside the store with their reasons: one JSON object a line, as `import` keeps its rejects.
///
/// When `keep` returns they are on disk. Confined to the worker's thread.
final class Quarantine {
    private let file: AppendedFile

    init(store path: String) { file = AppendedFile(path + ".rejected/worker.ndjson") }

    /// Writes rejects down.
    ///
    /// - Parameter source: Who sent them.
    /// - Throws: `.disk` where they cannot be written; nothing of them stays then.
    func keep(_ rejects: [(reject: Reject, source: String)], at now: Instant) throws(StoreError) {
        guard !rejects.isEmpty else { return }
        var text = ContiguousArray<UInt8>()
        for (reject, source) in rejects {
            var record = reject.record(from: source)
            record.set("at", .string(now.text))
            record.append(to: &text)
            text.append(10)
        }
        do throws(ArchiveError) { try file.append(text) } catch { throw StoreError(.disk, error.description) }
    }

    /// Puts what a replay left in place of the first `count` bytes of a file; what was added meanwhile stays, behind it.
    func replace(_ name: String, first count: Int, by left: RemainingRecords) throws(ArchiveError) {
        try left.append(from: name, behind: count)
        try left.replace(name)
        file.close()
    }
}
