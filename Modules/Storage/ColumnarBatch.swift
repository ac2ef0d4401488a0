public import EventModel

/// What a leaf is. Raw values are stored in blocks; they are never reused.
enum LeafTag {
    static let null: UInt8 = 0
    static let no: UInt8 = 1
    static let yes: UInt8 = 2
    static let integer: UInt8 = 3
    static let unsigned: UInt8 = 4
    static let double: UInt8 = 5
    /// A text of the path's vocabulary.
    static let word: UInt8 = 6
    /// Any other text.
    static let text: UInt8 = 7
    static let emptyObject: UInt8 = 8
    /// An array, as its JSON text.
    static let array: UInt8 = 9
    /// A whole message, as its JSON text.
    static let whole: UInt8 = 10
}

/// Where bytes lie in a batch's heap.
struct HeapRange: BitwiseCopyable {
    var start: UInt32
    var count: UInt32

    init(start: Int, count: Int) { (self.start, self.count) = (UInt32(start), UInt32(count)) }
    init(word: UInt64) { (start, count) = (UInt32(truncatingIfNeeded: word >> 32), UInt32(truncatingIfNeeded: word)) }
    var word: UInt64 { UInt64(start) << 32 | UInt64(count) }
}

/// Decoded messages on their way to a store: flat arrays with one element a message, and the leaves of all messages end to end.
///
/// Built by one thread, then read by others: never both at once.
public final class ColumnarBatch: DecodedBatch, @unchecked Sendable {
    public internal(set) var rejects: [Reject] = []
    public internal(set) var messageCount = 0

    /// `Message.Kind` of each message.
    var kinds = FlatBuffer<UInt8>(capacity: 4_096)
    /// Number of the event name, 0 for none.
    var names = FlatBuffer<Int32>(capacity: 4_096)
    var times = FlatBuffer<Int64>(capacity: 4_096)
    var keysHigh = FlatBuffer<UInt64>(capacity: 4_096)
    var keysLow = FlatBuffer<UInt64>(capacity: 4_096)
    /// 1 where the key is a UUID, 0 where it is the hash of another text.
    var keyIsUUID = FlatBuffer<UInt8>(capacity: 4_096)
    /// Where the text of a messageId lies that is no canonical UUID.
    var keyTexts = FlatBuffer<HeapRange>(capacity: 4_096)
    /// Index into `identifiers`, -1 for none.
    var users = FlatBuffer<Int32>(capacity: 4_096)
    var anonymous = FlatBuffer<Int32>(capacity: 4_096)
    var shapes = FlatBuffer<Int32>(capacity: 4_096)
    /// Where the leaves of a message start; one more than messages.
    var leafStarts = FlatBuffer<UInt32>(capacity: 4_096)
    var leafTags = FlatBuffer<UInt8>(capacity: 65_536)
    var leafWords = FlatBuffer<UInt64>(capacity: 65_536)
    var heap = FlatBuffer<UInt8>(capacity: 65_536)
    /// The distinct identifiers of the batch.
    var identifierKinds = FlatBuffer<UInt8>(capacity: 1_024)
    var identifierTexts = FlatBuffer<HeapRange>(capacity: 1_024)
    var identifierHashes = FlatBuffer<UInt64>(capacity: 1_024)
    /// Ordinal of the identifier that each message counts for (its user, else its anonymous one), once a store has said so;
    /// `ColumnarBatch.dropped` where the message is not kept.
    var owners = FlatBuffer<UInt32>(capacity: 16)
    /// Ordinal of each message's anonymous identifier where it has a user too, else `ColumnarBatch.dropped`.
    var companions = FlatBuffer<UInt32>(capacity: 16)
    /// Stands where no ordinal is.
    static let dropped = UInt32.max
    /// Messages of kind alias and their previous ids.
    var aliases: [(message: Int, previous: HeapRange)] = []

    init() { leafStarts.append(0) }

    /// Bytes it holds.
    public var byteCount: Int {
        let perMessage = kinds.byteCount + names.byteCount + times.byteCount + keysHigh.byteCount + keysLow.byteCount
        let identifiers = identifierKinds.byteCount + identifierTexts.byteCount + identifierHashes.byteCount
        return perMessage + keyIsUUID.byteCount + keyTexts.byteCount + users.byteCount + anonymous.byteCount + shapes.byteCount
            + leafStarts.byteCount + leafTags.byteCount + leafWords.byteCount + heap.byteCount + identifiers + owners.byteCount
            + companions.byteCount
    }

    /// Forgets the leaves of a message that turned out odd.
    func forgetLeaves(heapCount: Int) {
        leafTags.truncate(to: Int(leafStarts[messageCount]))
        leafWords.truncate(to: Int(leafStarts[messageCount]))
        heap.truncate(to: heapCount)
    }

    /// Gives back what the buffers do not use; a batch may wait long for its commit.
    func shrink() {
        kinds.shrink()
        names.shrink()
        times.shrink()
        keysHigh.shrink()
        keysLow.shrink()
        keyIsUUID.shrink()
        keyTexts.shrink()
        users.shrink()
        anonymous.shrink()
        shapes.shrink()
        leafStarts.shrink()
        leafTags.shrink()
        leafWords.shrink()
        heap.shrink()
        identifierKinds.shrink()
        identifierTexts.shrink()
        identifierHashes.shrink()
    }

    func bytes(_ range: HeapRange) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: heap.start + Int(range.start), count: Int(range.count))
    }
}
