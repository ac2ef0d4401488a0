import EventModel
import Foundation
import Storage

/// The simplest store that could be right: a list of messages, and people joined by search. For the tests of this folder.
final class FakeStore: EventStore, @unchecked Sendable {
    private let lock = NSLock()
    private var committed = Contents()
    private var isHeld = false
    private var definitionsByKey: [String: Definition] = [:]
    /// Refuses the append (or commit) with this number, from 0.
    var failingAppend: Int?
    var failingCommit: Int?
    /// Bytes of text that count as pending, times this.
    var pendingFactor = 1
    /// Called before each commit; a crash can be played by throwing.
    var commits = 0
    var positionsSeen: [ImportPosition] = []

    struct Contents {
        var messages: [Message] = []
        var ids: Set<ContiguousArray<UInt8>> = []
        var positions: [String: ImportPosition] = [:]
    }

    init() {}

    var messages: [Message] { lock.withLock { committed.messages } }

    func snapshot() throws(StoreError) -> any StoreSnapshot { fakeSnapshot() }

    func fakeSnapshot(blockRows: Int = 7) -> FakeSnapshot {
        lock.withLock {
            FakeSnapshot(
                committed.messages, definitions: definitionsByKey.sorted { $0.key < $1.key }.map(\.value), blockRows: blockRows)
        }
    }

    func makeWriter() throws(StoreError) -> any StoreWriter {
        lock.lock()
        defer { lock.unlock() }
        if isHeld { throw StoreError(.held, "fake: process 1 holds the store. Wait for it.") }
        isHeld = true
        return Writer(store: self, contents: committed)
    }

    func save(_ definition: Definition) throws(StoreError) {
        lock.withLock { definitionsByKey["\(definition.kind.rawValue)/\(definition.name)"] = definition }
    }

    func definitions() throws(StoreError) -> [Definition] { [] }

    func removeDefinition(kind: Definition.Kind, name: String) throws(StoreError) -> Bool {
        lock.withLock { definitionsByKey.removeValue(forKey: "\(kind.rawValue)/\(name)") != nil }
    }

    final class Writer: StoreWriter {
        private let store: FakeStore
        private var contents: Contents
        private var appends = 0
        private var pending = 0

        init(store: FakeStore, contents: Contents) { (self.store, self.contents) = (store, contents) }

        var pendingBytes: Int { pending * store.pendingFactor }

        func makeDecoder() -> any BatchDecoder { Decoder() }

        func append(_ batch: any DecodedBatch) throws(StoreError) -> AppendOutcome {
            guard let batch = batch as? Decoded else { preconditionFailure("a batch of another store") }
            defer { appends += 1 }
            if appends == store.failingAppend { throw StoreError(.disk, "fake: no space is left.") }
            var outcome = AppendOutcome()
            for message in batch.messages {
                if contents.ids.insert(ContiguousArray(message.messageID.utf8)).inserted {
                    contents.messages.append(message)
                    outcome.accepted += 1
                } else {
                    outcome.duplicates += 1
                }
            }
            pending += batch.bytes
            return outcome
        }

        // Archives are imported with `append` and `commit`.
        func appendDurably(_ batches: [MessageBatch]) throws(StoreError) -> [DurableOutcome] {
            throw StoreError(.limit, "fake: files only.")
        }
        func takeMerges() -> [ProfileMerge] { [] }
        func profile(of ordinal: UInt32) -> UInt32 { ordinal }
        func ordinal(of text: String, kind: IdentifierKind) -> UInt32? { nil }
        func identifier(_ ordinal: UInt32) -> (kind: IdentifierKind, text: String) { (.user, "") }

        func commit(source: String?, position: ImportPosition?) throws(StoreError) {
            defer { store.commits += 1 }
            if store.commits == store.failingCommit { throw StoreError(.disk, "fake: no space is left.") }
            if let source, let position {
                contents.positions[source] = position
                store.positionsSeen.append(position)
            }
            pending = 0
            let contents = contents
            store.lock.withLock { store.committed = contents }
        }

        func position(of source: String) throws(StoreError) -> ImportPosition? { contents.positions[source] }
        func rebuild() throws(StoreError) {}
        func close() throws(StoreError) { store.lock.withLock { store.isHeld = false } }
    }

    final class Decoded: DecodedBatch {
        var messages: [Message] = []
        var rejects: [Reject] = []
        var bytes = 0
        var messageCount: Int { messages.count }
    }

    final class Decoder: BatchDecoder {
        func decode(_ batch: MessageBatch) -> any DecodedBatch {
            let result = Decoded()
            result.bytes = batch.count
            var number = batch.firstLine
            batch.text.withUnsafeBufferPointer { text in
                let lines = text[..<batch.count].split(separator: 10, omittingEmptySubsequences: false)
                for (index, line) in lines.enumerated() {
                    if index == lines.count - 1 && line.isEmpty { break }
                    defer { number += 1 }
                    if line.isEmpty { continue }
                    let derived =
                        "hash-"
                        + String(line.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }, radix: 16)
                    let at = batch.lineNumbers.isEmpty ? number : batch.lineNumbers[index]
                    do throws(MessageError) {
                        result.messages.append(try Message(parsing: UnsafeBufferPointer(rebasing: line), derivedID: derived))
                    } catch {
                        result.rejects.append(Reject(line: at, reason: "line \(at): \(error)", text: String(decoding: line, as: UTF8.self)))
                    }
                }
            }
            return result
        }
    }
}
