import EventModel
import Storage
import Synchronization

/// A snapshot that counts what is read of it, and may fail.
final class CountingSnapshot: StoreSnapshot {
    private let base: any StoreSnapshot
    private let counts = Mutex((reads: [Int64](), messages: 0, rows: 0))
    private let failure: StoreError?

    init(_ base: any StoreSnapshot, failure: StoreError? = nil) { (self.base, self.failure) = (base, failure) }

    /// Blocks read, how often whole messages were asked for, and how many.
    var seen: (reads: [Int64], messages: Int, rows: Int) { counts.withLock { $0 } }

    var version: UInt64 { base.version }
    var identifierCount: Int { base.identifierCount }
    var profileCount: Int { base.profileCount }
    var profileOfIdentifier: ContiguousArray<UInt32> { base.profileOfIdentifier }
    var blocks: [BlockSummary] { base.blocks }
    var latestTime: Int64? { base.latestTime }
    func eventNames() throws -> [(name: String, rows: Int)] { try base.eventNames() }
    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] { try base.paths(kind: kind, event: event) }
    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        if let failure { throw failure }
        counts.withLock { $0.reads.append(block.id) }
        return try base.read(block, paths: paths)
    }
    func messageIDs(_ block: BlockSummary) throws -> [String] { try base.messageIDs(block) }
    func messages(_ block: BlockSummary, rows: [Int]) throws -> [Message] {
        counts.withLock { counts in
            counts.messages += 1
            counts.rows += rows.count
        }
        return try base.messages(block, rows: rows)
    }
    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) { try base.identifier(ordinal) }
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? { try base.ordinal(of: text, kind: kind) }
    func canonicalIDs() throws -> [String] { try base.canonicalIDs() }
    func definitions() throws -> [Definition] { try base.definitions() }
}
