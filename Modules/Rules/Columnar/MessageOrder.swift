import EventModel
import Storage
import Synchronization

/// Settles which of two rows of equal instants comes first: the one whose messageId sorts first by scalars.
///
/// Asked only when a tie matters, since messageIds are read from the store block by block. Safe to use from several threads at once.
final class MessageOrder: Sendable {
    private let snapshot: any StoreSnapshot
    private let blocks: [BlockSummary]
    private let kept = Mutex<[Int: [String]]>([:])
    /// Blocks whose messageIds are kept at a time.
    private static let most = 8

    init(snapshot: any StoreSnapshot, blocks: [BlockSummary]) { (self.snapshot, self.blocks) = (snapshot, blocks) }

    /// Whether the message at one row of a block precedes the one at another place, their instants being equal.
    func precedes(_ a: RowPlace, _ b: RowPlace) throws -> Bool { try messageID(a).precedesByScalars(messageID(b)) }

    private func messageID(_ place: RowPlace) throws -> String {
        let block = place.block
        if let id = kept.withLock({ $0[block]?[place.row] }) { return id }
        let ids = try snapshot.messageIDs(blocks[block])
        kept.withLock { kept in
            if kept.count >= Self.most { kept.removeAll() }
            kept[block] = ids
        }
        return ids[place.row]
    }
}

/// A row of a block, in one word.
struct RowPlace: BitwiseCopyable {
    private let word: UInt64

    @inline(__always)
    init(block: Int, row: Int) { word = UInt64(block) << 32 | UInt64(row) }

    var block: Int { Int(word >> 32) }
    var row: Int { Int(word & 0xFFFF_FFFF) }
}
