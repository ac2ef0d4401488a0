import EventModel

/// The texts of identifiers by ordinal.
public struct IdentifierTexts: Sendable {
    /// `IdentifierKind` of each; shape `[identifiers]`.
    public var kinds: ContiguousArray<UInt8>
    /// The texts' UTF-8, end to end.
    public var bytes: ContiguousArray<UInt8>
    /// Where each text starts; shape `[identifiers + 1]`.
    public var offsets: ContiguousArray<Int>

    /// Takes the arrays as they lie, unchecked; without arguments there are no identifiers.
    public init(kinds: ContiguousArray<UInt8> = [], bytes: ContiguousArray<UInt8> = [], offsets: ContiguousArray<Int> = [0]) {
        (self.kinds, self.bytes, self.offsets) = (kinds, bytes, offsets)
    }

    /// How many identifiers there are.
    public var count: Int { kinds.count }

    /// The text of identifier `ordinal`.
    public subscript(ordinal: Int) -> String { String(decoding: bytes[offsets[ordinal]..<offsets[ordinal + 1]], as: UTF8.self) }
}

/// Writes rows as the messages they were.
final class MessageWriter {
    /// One step of writing a shape: constant text, or a value of the row.
    private enum Piece {
        case text(ContiguousArray<UInt8>)
        case leaf(path: Int)
        case value(Shape.Step)
    }

    private let image: ReaderImage
    private let identifiers: IdentifierTexts
    private var pieces: [Int32: [Piece]] = [:]

    init(image: ReaderImage, identifiers: IdentifierTexts) { (self.image, self.identifiers) = (image, identifiers) }

    /// Appends the JSON of message `row` on one line, without a newline.
    func append(_ batch: ColumnarBatch, row: Int, to out: inout ContiguousArray<UInt8>) {
        let shape = batch.rows[row].shape
        var leaf = Int(batch.rows[row].leafStart)
        let plan: [Piece]
        if let known = pieces[shape] {
            plan = known
        } else {
            plan = makePieces(image.shapes[Int(shape)])
            pieces[shape] = plan
        }
        for piece in plan {
            switch piece {
            case .text(let text): out.append(contentsOf: text)
            case .leaf(let path):
                append(batch, leaf: leaf, path: path, to: &out)
                leaf += 1
            case .value(let step): append(batch, row: row, step, shape: shape, to: &out)
            }
        }
    }

    private func append(_ batch: ColumnarBatch, row: Int, _ step: Shape.Step, shape: Int32, to out: inout ContiguousArray<UInt8>) {
        switch step {
        case .type: JSONText.append(string: Message.Kind(rawValue: batch.rows[row].kind)?.word ?? "", to: &out)
        case .messageKey:
            out.append(34)
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { buffer in
                MessageKey.write(batch.rows[row].key, to: buffer.baseAddress!)
                out.append(contentsOf: buffer)
            }
            out.append(34)
        case .timestamp:
            out.append(34)
            Instant(milliseconds: batch.rows[row].time).append(to: &out)
            out.append(34)
        case .user: append(identifier: Int(batch.rows[row].owner), to: &out)
        case .anonymous:
            append(identifier: Int(image.shapes[Int(shape)].hasUser ? batch.rows[row].companion : batch.rows[row].owner), to: &out)
        case .event: JSONText.append(string: image.names[Int(batch.rows[row].name)], to: &out)
        default: break
        }
    }

    private func append(identifier ordinal: Int, to out: inout ContiguousArray<UInt8>) {
        identifiers.bytes.withUnsafeBufferPointer {
            JSONText.append(
                string: UnsafeBufferPointer(rebasing: $0[identifiers.offsets[ordinal]..<identifiers.offsets[ordinal + 1]]), to: &out)
        }
    }

    private func append(_ batch: ColumnarBatch, leaf: Int, path: Int, to out: inout ContiguousArray<UInt8>) {
        let word = batch.leafWords[leaf]
        switch batch.leafTags[leaf] {
        case LeafTag.null: out.append(contentsOf: "null".utf8)
        case LeafTag.no: out.append(contentsOf: "false".utf8)
        case LeafTag.yes: out.append(contentsOf: "true".utf8)
        case LeafTag.integer: JSONText.append(Int64(bitPattern: word), to: &out)
        case LeafTag.unsigned: JSONText.append(word, to: &out)
        case LeafTag.double: JSONText.append(Double(bitPattern: word), to: &out)
        case LeafTag.word:
            if let texts = image.vocabulary(of: path) {
                texts.bytes.withUnsafeBufferPointer {
                    let range = Int(texts.offsets[Int(word)])..<Int(texts.offsets[Int(word) + 1])
                    JSONText.append(string: UnsafeBufferPointer(rebasing: $0[range]), to: &out)
                }
            }
        case LeafTag.text: JSONText.append(string: batch.bytes(HeapRange(word: word)), to: &out)
        case LeafTag.emptyObject: out.append(contentsOf: "{}".utf8)
        default: out.append(contentsOf: batch.bytes(HeapRange(word: word)))
        }
    }

    private func makePieces(_ shape: Shape) -> [Piece] {
        if shape == .whole { return [.leaf(path: 0)] }
        var pieces: [Piece] = []
        var text = ContiguousArray<UInt8>("{".utf8)
        var isFirst = [true]
        func key(_ name: String) {
            if !isFirst[isFirst.count - 1] { text.append(UInt8(ascii: ",")) }
            isFirst[isFirst.count - 1] = false
            JSONText.append(string: name, to: &text)
            text.append(UInt8(ascii: ":"))
        }
        func value(_ piece: Piece) {
            pieces.append(.text(text))
            text = []
            pieces.append(piece)
        }
        for token in shape.tokens {
            switch token.step {
            case .close:
                text.append(UInt8(ascii: "}"))
                isFirst.removeLast()
            case .open:
                key(image.paths[Int(token.path)].last ?? "")
                text.append(UInt8(ascii: "{"))
                isFirst.append(true)
            case .leaf:
                key(image.paths[Int(token.path)].last ?? "")
                value(.leaf(path: Int(token.path)))
            case .type: keyed("type", .type)
            case .messageKey: keyed("messageId", .messageKey)
            case .timestamp: keyed("timestamp", .timestamp)
            case .user: keyed("userId", .user)
            case .anonymous: keyed("anonymousId", .anonymous)
            case .event: keyed("event", .event)
            case .whole: value(.leaf(path: 0))
            }
        }
        func keyed(_ name: String, _ step: Shape.Step) {
            key(name)
            value(.value(step))
        }
        text.append(UInt8(ascii: "}"))
        pieces.append(.text(text))
        return pieces
    }
}
