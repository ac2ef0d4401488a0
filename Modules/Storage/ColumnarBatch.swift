public import EventModel

/// What a leaf is. Raw values are stored in blocks; they are never reused.
enum LeafTag {
    @inline(__always) static var null: UInt8 { 0 }
    @inline(__always) static var no: UInt8 { 1 }
    @inline(__always) static var yes: UInt8 { 2 }
    @inline(__always) static var integer: UInt8 { 3 }
    @inline(__always) static var unsigned: UInt8 { 4 }
    @inline(__always) static var double: UInt8 { 5 }
    /// A text of the path's vocabulary.
    @inline(__always) static var word: UInt8 { 6 }
    /// Any other text.
    @inline(__always) static var text: UInt8 { 7 }
    @inline(__always) static var emptyObject: UInt8 { 8 }
    /// An array, as its JSON text.
    @inline(__always) static var array: UInt8 { 9 }
    /// A whole message, as its JSON text.
    @inline(__always) static var whole: UInt8 { 10 }
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
    let kinds = FlatBuffer<UInt8>(capacity: 4_096)
    /// Number of the event name, 0 for none.
    let names = FlatBuffer<Int32>(capacity: 4_096)
    let times = FlatBuffer<Int64>(capacity: 4_096)
    let keysHigh = FlatBuffer<UInt64>(capacity: 4_096)
    let keysLow = FlatBuffer<UInt64>(capacity: 4_096)
    /// 1 where the key is a UUID, 0 where it is the hash of another text.
    let keyIsUUID = FlatBuffer<UInt8>(capacity: 4_096)
    /// Where the text of a messageId lies that is no canonical UUID.
    let keyTexts = FlatBuffer<HeapRange>(capacity: 4_096)
    /// Index into `identifiers`, -1 for none.
    let users = FlatBuffer<Int32>(capacity: 4_096)
    let anonymous = FlatBuffer<Int32>(capacity: 4_096)
    let shapes = FlatBuffer<Int32>(capacity: 4_096)
    /// Where the leaves of a message start; one more than messages.
    let leafStarts = FlatBuffer<UInt32>(capacity: 4_096)
    let leafTags = FlatBuffer<UInt8>(capacity: 65_536)
    let leafWords = FlatBuffer<UInt64>(capacity: 65_536)
    let heap = FlatBuffer<UInt8>(capacity: 65_536)
    /// Place of each message's line in the text it was decoded from (0 is the first line), for logs that keep the line.
    let lines = FlatBuffer<UInt32>(capacity: 4_096)
    /// The distinct identifiers of the batch.
    let identifierKinds = FlatBuffer<UInt8>(capacity: 1_024)
    let identifierTexts = FlatBuffer<HeapRange>(capacity: 1_024)
    let identifierHashes = FlatBuffer<UInt64>(capacity: 1_024)
    /// Ordinal of the identifier that each message counts for (its user, else its anonymous one), once a store has said so;
    /// `ColumnarBatch.dropped` where the message is not kept.
    let owners = FlatBuffer<UInt32>(capacity: 16)
    /// Ordinal of each message's anonymous identifier where it has a user too, else `ColumnarBatch.dropped`.
    let companions = FlatBuffer<UInt32>(capacity: 16)
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
            + leafStarts.byteCount + lines.byteCount + leafTags.byteCount + leafWords.byteCount + heap.byteCount + identifiers
            + owners.byteCount
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
        lines.shrink()
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
