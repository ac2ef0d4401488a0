import Archive
import EventModel
import Foundation
import Service
import Synchronization

/// What sources say they sent, kept beside the store in `STORE.sent.ndjson`: one JSON object a line, the later one of a source and its
/// instants counts.
public final class SentCounts: Sendable {
    private let path: String
    // Sendable: the file is used under the lock alone.
    private let file: Mutex<AppendedFile>

    /// Those of the store at a path; the file is made when something is kept.
    public init(store path: String) {
        self.path = path + ".sent.ndjson"
        file = Mutex(AppendedFile(self.path))
    }

    /// - Throws: `.disk`; nothing of it stays then.
    func keep(_ count: SentCount) throws(ArchiveError) {
        var bytes = ContiguousArray<UInt8>()
        let record = JSONObject([
            .init("source", .string(count.source)), .init("from", .string(count.from.text)), .init("to", .string(count.to.text)),
            .init("messages", .integer(Int64(count.messages))),
        ])
        record.append(to: &bytes)
        bytes.append(10)
        let result = file.withLock { file in Result { () throws(ArchiveError) in try file.append(bytes) } }
        try result.get()
    }

    /// All that count, by source, the earliest first. A line that is no record (the end of a disk that was full) is passed over.
    func all() -> [String: [SentCount]] {
        struct Span: Hashable { var source, from, to: String }
        var found: [Span: SentCount] = [:]
        for line in (FileManager.default.contents(atPath: path) ?? Data()).split(separator: 10) {
            guard let record = (try? JSONValue(parsing: Array(line)))?.asObject, let source = record["source"]?.asString,
                let from = record["from"]?.asString, let to = record["to"]?.asString, case .integer(let messages) = record["messages"],
                let first = Instant(text: from), let end = Instant(text: to)
            else { continue }
            found[Span(source: source, from: from, to: to)] = SentCount(source: source, from: first, to: end, messages: Int(messages))
        }
        return Dictionary(grouping: found.values.sorted { ($0.from, $0.to) < ($1.from, $1.to) }) { $0.source }
    }
}
