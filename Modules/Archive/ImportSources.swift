import Connectors
import EventModel
import Storage

/// What the reading side hands to the storing side, in order.
final class ImportItem {
    enum Content {
        /// A file was opened; so much of it is stored already.
        case opened(file: String, key: String?, position: ImportPosition, holdsRecords: Bool)
        /// Records of the present file.
        case batch(MessageBatch)
        /// The present file was read to its end.
        case ended(damages: [ArchiveDamage], notes: [String])
        /// The present file could not be read further.
        case failed(ArchiveError, damages: [ArchiveDamage])
        /// The next file could not be read at all.
        case unopened(file: String, ArchiveError)
        /// A file that an earlier run finished.
        case wasDone(file: String, position: ImportPosition)
        /// Definitions that the file carries, saved when it ends.
        case definitions([Definition])
    }
    private(set) var content: Content
    /// Place in the order of all items.
    let sequence: Int
    /// Bytes of the files taken when the item was made.
    let bytesTaken: Int
    /// What it holds in memory.
    let cost: Int
    var decoded: (any DecodedBatch)?

    /// Keeps the result, and of the batch only what the ledger counts: its text is done with.
    func keep(_ decoded: any DecodedBatch) {
        self.decoded = decoded
        guard case .batch(let batch) = content else { return }
        var rest = MessageBatch(firstLine: batch.firstLine)
        rest.rejects = batch.rejects
        rest.sourceLines = batch.sourceLines
        rest.skippedLines = batch.skippedLines
        content = .batch(rest)
    }

    init(_ content: Content, sequence: Int, bytesTaken: Int) {
        (self.content, self.sequence, self.bytesTaken) = (content, sequence, bytesTaken)
        if case .batch(let batch) = content { cost = batch.count } else { cost = 0 }
    }
}

/// The reading side: all files of an import, one after the other, as one series of items.
final class ImportSources {
    /// What is known of a file before anything is read.
    struct Input {
        var path: String
        var key: String?
        var position: ImportPosition
    }

    private let inputs: [Input]
    private let format: any EventFormat
    private let options: ImportOptions
    private var next = 0
    private var feed: FileFeed?
    private var sequence = 0
    private var bytesBefore = 0
    private var stopped = false

    init(_ inputs: [Input], format: any EventFormat, options: ImportOptions) {
        (self.inputs, self.format, self.options) = (inputs, format, options)
    }

    /// Bytes of the files taken so far.
    var bytesTaken: Int { bytesBefore + (feed?.inflater.bytesRead ?? 0) }

    /// The next item; nil when everything was read, or reading stopped at a failure.
    func nextItem() -> ImportItem? {
        guard let content = nextContent() else { return nil }
        defer { sequence += 1 }
        return ImportItem(content, sequence: sequence, bytesTaken: bytesTaken)
    }

    private func nextContent() -> ImportItem.Content? {
        if let feed {
            do throws(ArchiveError) {
                if let batch = try feed.next() { return .batch(batch) }
                if let tessera = feed.reader as? TesseraReader, let definitions = tessera.takeDefinitions() {
                    return .definitions(definitions)
                }
                let notes = (feed.reader as? TesseraReader)?.notes ?? []
                close(feed)
                return .ended(damages: feed.inflater.damages, notes: notes)
            } catch {
                close(feed)
                if !options.inflate.keepGoing { stopped = true }
                return .failed(error, damages: feed.inflater.damages)
            }
        }
        guard !stopped, next < inputs.count else { return nil }
        let input = inputs[next]
        next += 1
        if options.resume && input.position.finished { return .wasDone(file: input.path, position: input.position) }
        do throws(ArchiveError) {
            if options.resume && input.path == "-" {
                throw ArchiveError(.format, "standard input cannot be resumed, since it cannot be read again. Give the data as a file.")
            }
            let feed = try FileFeed(path: input.path, format: format, options: options, doneLines: input.position.lines)
            let position = feed.reader.holdsRecords ? ImportPosition() : input.position
            self.feed = feed
            return .opened(file: feed.inflater.name, key: input.key, position: position, holdsRecords: feed.reader.holdsRecords)
        } catch {
            if !options.inflate.keepGoing { stopped = true }
            return .unopened(file: input.path, error)
        }
    }

    private func close(_ feed: FileFeed) {
        bytesBefore += feed.inflater.bytesRead
        self.feed = nil
    }
}
