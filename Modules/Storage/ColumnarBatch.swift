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

/// One message of a batch, but for its leaves: what is read together lies together.
struct MessageRow: BitwiseCopyable {
    var time: Int64
    var keyHigh, keyLow: UInt64
    /// Where the text of a messageId lies that is no canonical UUID.
    var keyText = HeapRange(start: 0, count: 0)
    /// Before a store has settled the message: index of its user among the batch's identifiers, `ColumnarBatch.dropped` for none.
    /// Afterwards: ordinal of the identifier it counts for (its user, else its anonymous one), `dropped` where it is not kept.
    var owner: UInt32
    /// The same for its anonymous identifier; once settled only beside a user.
    var companion: UInt32
    var shape: Int32
    /// Number of the event name, 0 for none.
    var name: Int32
    /// Where its leaves start; its shape says how many there are.
    var leafStart: UInt32
    /// Place of its line in the text it was decoded from; the first is 0.
    var line: UInt32 = 0
    /// `Message.Kind`.
    var kind: UInt8
    /// 1 where the key is a UUID, 0 where it is the hash of another text.
    var keyIsUUID: UInt8

    @inline(__always) var key: MessageKey { MessageKey(high: keyHigh, low: keyLow) }
}

/// Decoded messages on their way to a store: a row for each message, and the leaves of all messages end to end.
///
/// Built by one thread, then read by others: never both at once.
public final class ColumnarBatch: DecodedBatch, @unchecked Sendable {
    /// Messages that could not be decoded, those that the batch brought along included, in order of their lines.
    public internal(set) var rejects: [Reject] = []
    public var messageCount: Int { rows.count }

    let rows = FlatBuffer<MessageRow>(capacity: 4_096)
    let leafTags = FlatBuffer<UInt8>(capacity: 65_536)
    let leafWords = FlatBuffer<UInt64>(capacity: 65_536)
    let heap = FlatBuffer<UInt8>(capacity: 65_536)
    /// The distinct identifiers of the batch.
    let identifierKinds = FlatBuffer<UInt8>(capacity: 1_024)
    let identifierTexts = FlatBuffer<HeapRange>(capacity: 1_024)
    let identifierHashes = FlatBuffer<UInt64>(capacity: 1_024)
    /// Stands where no ordinal is.
    static let dropped = UInt32.max
    /// Messages of kind alias and their previous ids.
    var aliases: [(message: Int, previous: HeapRange)] = []

    /// Bytes it holds.
    public var byteCount: Int {
        let identifiers = identifierKinds.byteCount + identifierTexts.byteCount + identifierHashes.byteCount
        return rows.byteCount + leafTags.byteCount + leafWords.byteCount + heap.byteCount + identifiers
    }

    /// How many leaves and bytes of text there are; `forget` goes back to it when a message turns out odd.
    var mark: (leaves: Int, heap: Int) { (leafTags.count, heap.count) }

    /// Texts of identifiers that were first met in the odd message stay: later messages name them too.
    func forget(beyond mark: (leaves: Int, heap: Int)) {
        leafTags.truncate(to: mark.leaves)
        leafWords.truncate(to: mark.leaves)
        let last = identifierTexts.count > 0 ? identifierTexts[identifierTexts.count - 1] : HeapRange(start: 0, count: 0)
        heap.truncate(to: max(mark.heap, Int(last.start) + Int(last.count)))
    }

    /// Gives back what the buffers do not use; a batch may wait long for its commit.
    func shrink() {
        rows.shrink()
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
