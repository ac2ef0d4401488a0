public import EventModel

/// What the numbers in decoded messages stand for.
public protocol MessageDictionaries: Sendable {
    /// The event name of a number.
    func name(_ number: Int32) -> String
    /// A text of the vocabulary of a path.
    func text(_ number: Int, ofPath path: Int32) -> String
    /// The leaves of a shape, in their order.
    func leafPaths(ofShape number: Int32) -> [(number: Int32, path: ColumnPath)]
}

/// One decoded message of a batch, for those who read a few of its leaves: nothing is decoded a second time.
public struct DecodedMessage: Sendable {
    private let batch: ColumnarBatch
    private let row: Int
    private let dictionaries: any MessageDictionaries

    /// - Parameter row: A row of the batch.
    /// - Parameter dictionaries: Those that the batch was decoded with.
    public init(_ batch: ColumnarBatch, row: Int, dictionaries: any MessageDictionaries) {
        (self.batch, self.row, self.dictionaries) = (batch, row, dictionaries)
    }

    /// Number of the message's shape, which says where its leaves are; nil for one too odd for that, which has to be read from its text.
    public var shape: Int32? {
        let own = batch.rows[row]
        return own.shape == 0 || (own.kind == Message.Kind.track.rawValue && own.name == 0) ? nil : own.shape
    }
    /// Which of the six calls it is.
    public var kind: Message.Kind { Message.Kind(rawValue: batch.rows[row].kind) ?? .track }
    /// When it happened.
    public var timestamp: Instant { Instant(milliseconds: batch.rows[row].time) }
    /// Its id.
    public var messageID: String { batch.messageIDText(row) }
    /// Number of the event's name; 0 for other kinds.
    public var nameNumber: Int32 { batch.rows[row].name }
    /// The event's name; empty for other kinds.
    public var name: String { dictionaries.name(batch.rows[row].name) }

    /// The paths of its leaves, with their numbers, in the order of the leaves: of its shape, so the same for every message of the shape.
    public var leafPaths: [(number: Int32, path: ColumnPath)] { dictionaries.leafPaths(ofShape: batch.rows[row].shape) }

    /// The scalar at a leaf; nil for an array or an empty object.
    ///
    /// - Parameter place: The leaf's place among `leafPaths`; `path` is the number there.
    public func scalar(_ place: Int, path: Int32) -> JSONValue? {
        let leaf = Int(batch.rows[row].leafStart) + place
        let word = batch.leafWords[leaf]
        return switch batch.leafTags[leaf] {
        case LeafTag.null: .null
        case LeafTag.no: .bool(false)
        case LeafTag.yes: .bool(true)
        case LeafTag.integer: .integer(Int64(bitPattern: word))
        case LeafTag.unsigned: .unsigned(word)
        case LeafTag.double: .number(Double(bitPattern: word))
        case LeafTag.word: .string(dictionaries.text(Int(word), ofPath: path))
        case LeafTag.text: .string(String(decoding: batch.bytes(HeapRange(word: word)), as: UTF8.self))
        default: nil
        }
    }
}
