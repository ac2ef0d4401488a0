import Archive
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
        return entries.count == 1
            ? "1 file of \(entries[0].size) bytes." : "\(entries.count) files of \(entries.reduce(0) { $0 + $1.size }) bytes."
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
        /// Files that are being read, and plain ones that may gain more, by name.
        private var cursors: [String: (cursor: FileCursor, number: UInt64)] = [:]

        /// Files that are kept open.
        private static let mostOpen = 64

        init(source: FilesSource, checkpoint: Checkpoint?) { (self.source, self.checkpoint) = (source, checkpoint) }

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            while !Task.isCancelled {
                let entries = try source.files.entries(now: Date())
                if entries == nil, !source.follows { throw source.missing }
                var position = try known()
                let names = Set((entries ?? []).map(\.name))
                try position.keep(names)
                cursors = cursors.filter { names.contains($0.key) }
                self.position = position
                if let entry = (entries ?? []).first(where: { isUnread($0, position) }) {
                    if let batch = try read(entry, &position) { return batch }
                    continue
                }
                if !source.follows { return nil }
                do { try await Task.sleep(for: source.interval) } catch { return nil }
            }
            return nil
        }

        /// The next of a file; nil at its present end, where that may not be its last.
        private mutating func read(_ entry: FileList.Entry, _ position: inout FilesPosition) throws(ConnectorError) -> SourceBatch? {
            let start = position.start(of: entry)
            let own: FileCursor
            if let open = cursors[entry.name], open.number == entry.number, open.cursor.position <= start {
                own = open.cursor
            } else {
                own = try FileCursor(path: entry.path, source.formats, from: start)
            }
            if cursors[entry.name] == nil, cursors.count >= Self.mostOpen { cursors.removeAll() }
            cursors[entry.name] = (own, entry.number)
            let isWhole = isSettled(entry) || !own.canGrow
            let batch = try own.next(isWhole: isWhole)
            let isDone = batch == nil && isWhole
            position.files[entry.name] = .init(
                number: entry.number, size: batch == nil ? entry.size : FilesPosition.unfinished, text: own.position, isDone: isDone)
            self.position = position
            if isDone { cursors[entry.name] = nil }
            guard batch != nil || isDone else { return nil }
            return SourceBatch(batch ?? MessageBatch(), then: position.checkpoint)
        }

        /// Whether a file has more than was read of it, or is whole now.
        private func isUnread(_ entry: FileList.Entry, _ position: FilesPosition) -> Bool {
            guard let file = position.files[entry.name], file.number == entry.number, file.size == entry.size else { return true }
            return !file.isDone && isSettled(entry)
        }

        private func isSettled(_ entry: FileList.Entry) -> Bool { !source.follows || entry.age >= source.settle }

        private mutating func known() throws(ConnectorError) -> FilesPosition {
            if let position { return position }
            let made = try checkpoint.map { checkpoint throws(ConnectorError) in try FilesPosition(checkpoint) } ?? FilesPosition()
            position = made
            return made
        }
    }
}

extension FilesPosition {
    /// Where reading goes on: what only grew goes on behind what was read; what was replaced is read anew.
    fileprivate func start(of entry: FileList.Entry) -> Int {
        guard let file = files[entry.name], entry.number == file.number, entry.size >= file.size else { return 0 }
        return file.isDone && entry.path.hasSuffix(".gz") ? 0 : file.text
    }
}
