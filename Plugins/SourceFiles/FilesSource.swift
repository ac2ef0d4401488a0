import Connectors
import EventModel
import Foundation

/// Reads files one after the other, and goes on with what comes later.
struct FilesSource: Source {
    let files: FileList
    let formats: FileFormats
    let follows: Bool
    let interval: Duration
    /// Seconds.
    let settle: Double

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        guard let entries = try files.entries(now: Date()) else { throw missing }
        for entry in entries { _ = try formats.makeReader(of: entry.path) }
        return entries.count == 1 ? "1 file of \(entries[0].size) bytes." : "\(entries.count) files of \(entries.reduce(0) { $0 + $1.size }) bytes."
    }

    fileprivate var missing: ConnectorError {
        ConnectorError(.retry(after: nil), at: files.path, "there is no such file or folder", remedy: "Put it there, or mend `path`.")
    }

    struct Batches: AsyncSequence {
        typealias Failure = ConnectorError
        let source: FilesSource
        let checkpoint: Checkpoint?

        func makeAsyncIterator() -> Iterator { Iterator(source: source, checkpoint: checkpoint) }
    }

    struct Iterator: AsyncIteratorProtocol {
        let source: FilesSource
        let checkpoint: Checkpoint?
        private var position: FilesPosition?
        private var cursor: FileCursor?

        init(source: FilesSource, checkpoint: Checkpoint?) { (self.source, self.checkpoint) = (source, checkpoint) }

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            while !Task.isCancelled {
                var position = try known()
                let entries = try source.files.entries(now: Date())
                if let cursor, let entry = entries?.first(where: { $0.name == cursor.name }) {
                    let isWhole = !cursor.canGrow || !source.follows || entry.age >= source.settle
                    if let batch = try cursor.next(isWhole: isWhole) {
                        position.files[cursor.name] = .init(size: entry.size, text: cursor.position, isDone: false)
                        self.position = position
                        return SourceBatch(batch, then: position.checkpoint)
                    }
                    if isWhole {
                        self.cursor = nil
                        position.files[cursor.name] = .init(size: entry.size, text: cursor.position, isDone: true)
                        self.position = position
                        return SourceBatch(MessageBatch(), then: position.checkpoint)
                    }
                } else {
                    cursor = nil
                    if entries == nil, !source.follows { throw source.missing }
                    try position.keep(Set((entries ?? []).map(\.name)))
                    self.position = position
                    if let unread = (entries ?? []).first(where: { position.isUnread($0) }) {
                        cursor = try FileCursor(unread, source.formats, from: position.start(of: unread))
                        continue
                    }
                    if !source.follows { return nil }
                }
                do { try await Task.sleep(for: source.interval) } catch { return nil }
            }
            return nil
        }

        private mutating func known() throws(ConnectorError) -> FilesPosition {
            if let position { return position }
            let made = try checkpoint.map { checkpoint throws(ConnectorError) in try FilesPosition(checkpoint) } ?? FilesPosition()
            position = made
            return made
        }
    }
}

extension FilesPosition {
    fileprivate func isUnread(_ entry: FileList.Entry) -> Bool {
        guard let file = files[entry.name] else { return true }
        return !file.isDone || file.size != entry.size
    }

    /// Where reading goes on: what only grew goes on behind what was read; what was replaced is read anew.
    fileprivate func start(of entry: FileList.Entry) -> Int {
        guard let file = files[entry.name], entry.size >= file.size else { return 0 }
        return file.isDone && entry.path.hasSuffix(".gz") ? 0 : file.text
    }
}
