import Archive
import Connectors
import EventModel
import Foundation

/// Reads files one after the other, and goes on with what comes later.
struct FilesSource: Source {
    let files: FileList
    let formats: FileFormats
    let follows: Bool
    /// Whether somebody waits for its end: what is not there will hardly come meanwhile.
    let isRunOnce: Bool
    let interval: Duration
    /// Seconds.
    let settle: Double
    let passedOver: PassedOver

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        guard let entries = try files.entries(now: Date()) else { throw missing }
        var sentences: [String] = []
        for entry in entries {
            do throws(ConnectorError) { _ = try formats.makeReader(of: entry.path) } catch {
                guard isForeign(entry) else { throw error }
                sentences.append(PassedOver.sentence(error))
            }
        }
        let read = entries.filter { !isForeign($0) }
        let bytes = read.reduce(0) { $0 + $1.size }
        return (["\(read.count) \(read.count == 1 ? "file" : "files") of \(bytes) bytes."] + sentences).joined(separator: " ")
    }

    /// Whether the settings say nothing of a file of a folder: neither they nor its name tell a format that it could be read as.
    fileprivate func isForeign(_ entry: FileList.Entry) -> Bool {
        guard entry.isInFolder, !formats.isOfAll else { return false }
        do throws(ConnectorError) { _ = try formats.makeReader(of: entry.path) } catch { return true }
        return false
    }

    fileprivate var missing: ConnectorError {
        ConnectorError(
            isRunOnce ? .mendSettings : .retry(after: nil), at: files.path, "there is no such file or folder",
            remedy: "Put it there, or mend `path`.")
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
                source.passedOver.keep(names)
                self.position = position
                let now = Date().timeIntervalSince1970
                if let entry = (entries ?? []).first(where: { isUnread($0, position) && !source.passedOver.contains($0, now: now) }) {
                    if let batch = try readOrPass(entry, &position, now) { return batch }
                    continue
                }
                if !source.follows { return try end() }
                do { try await Task.sleep(for: source.interval) } catch { return nil }
            }
            return nil
        }

        /// The end where nothing is waited for: a failure where a file could not be read. All others have been.
        private func end() throws(ConnectorError) -> SourceBatch? {
            guard let failure = source.passedOver.failure else { return nil }
            source.passedOver.retry()
            throw failure
        }

        /// The next of a file; nil where it has none now, or is one of a folder that cannot be read: the others do not wait for it.
        private mutating func readOrPass(
            _ entry: FileList.Entry, _ position: inout FilesPosition, _ now: Double
        ) throws(ConnectorError) -> SourceBatch? {
            do throws(ConnectorError) { return try read(entry, &position) } catch {
                // What is wrong elsewhere, such as a mapping, is so for all files.
                guard entry.isInFolder, error.place == entry.path else { throw error }
                cursors[entry.name] = nil
                source.passedOver.add(entry, error, isForeign: source.isForeign(entry), now: now)
                return nil
            }
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
