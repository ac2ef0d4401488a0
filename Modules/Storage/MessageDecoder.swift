public import EventModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Decodes lines of JSON into columns: simdjson's tape is walked once, key by key along the shapes already met.
///
/// What is odd (numbers simdjson has no room for, keys given twice, a missing time, anything to refuse) goes to the reference decoder,
/// which says why or hands back the same message in plain form. Confined to one thread at a time.
public final class MessageDecoder: BatchDecoder {
    private let parser = BulkParser()
    private let dictionaries: StoreDictionaries
    private let key: (UInt64, UInt64)
    private let trie: ShapeTrie
    private let names = TextTable(slots: 256)
    private let identifiers = TextTable(slots: 4_096)
    private let words: PathWords
    private var scratch = ContiguousArray<UInt8>()

    /// - Parameter key: 128 bits, secret to the store, for hashing ids that strangers choose.
    public init(dictionaries: StoreDictionaries, key: (UInt64, UInt64)) {
        self.dictionaries = dictionaries
        self.key = key
        trie = ShapeTrie(dictionaries: dictionaries)
        words = PathWords(trie: trie, dictionaries: dictionaries)
    }

    public func decode(_ batch: MessageBatch) -> any DecodedBatch {
        let out = ColumnarBatch()
        out.rejects = batch.rejects
        identifiers.removeAll()
        let (numbers, ids) = (batch.lineNumbers, batch.derivedIDs)
        batch.text.withUnsafeBufferPointer { text in
            precondition(text.count >= batch.count + MessageBatch.padding || batch.count == 0, "a batch needs room behind its text")
            var at = 0
            var index = 0
            while at < batch.count, let base = text.baseAddress {
                let left = batch.count - at
                let found = memchr(base + at, 10, left)
                let length = found.map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) - (base + at) } ?? left
                let hasReturn = length > 0 && base[at + length - 1] == 13
                let line = UnsafeBufferPointer(start: base + at, count: hasReturn ? length - 1 : length)
                if line.count > 0, !line.allSatisfy({ $0 == 32 || $0 == 9 }) {
                    if (numbers.isEmpty || index < numbers.count) && (ids.isEmpty || index < ids.count) {
                        let before = out.messageCount
                        take(
                            line, number: numbers.isEmpty ? batch.firstLine + index : numbers[index],
                            derivedID: ids.isEmpty ? nil : ids[index], into: out)
                        if out.messageCount > before { out.rows.start[before].line = UInt32(index) }
                    } else {
                        out.rejects.append(Self.unnumbered(line, at: index < numbers.count ? numbers[index] : batch.firstLine + index))
                    }
                }
                at += length + 1
                index += 1
            }
        }
        if !batch.rejects.isEmpty { out.rejects.sort { $0.line < $1.line } }
        out.shrink()
        return out
    }

    /// The refusal of a line for which its format gave no number or no identifier, though it gave others some.
    private static func unnumbered(_ line: UnsafeBufferPointer<UInt8>, at number: Int) -> Reject {
        Reject(
            line: number,
            reason:
                "line \(number): the format that read it gave too few line numbers or identifiers. This is a fault of the format: report "
                + "it to whoever made the format.",
            text: String(decoding: line.prefix(Reject.longestText), as: UTF8.self))
    }

    private func take(_ line: UnsafeBufferPointer<UInt8>, number: Int, derivedID: String?, into out: ColumnarBatch) {
        if let tape = parser.parse(line), walk(tape, line: line, derivedID: derivedID, into: out) { return }
        let message: Message
        do throws(MessageError) {
            message = try Message(parsing: line, derivedID: derivedID ?? MessageKey.derived(from: line).uuidText)
        } catch {
            let kept = line.prefix(Reject.longestText)
            out.rejects.append(Reject(line: number, reason: error.description, text: String(decoding: kept, as: UTF8.self)))
            return
        }
        var plain = ContiguousArray<UInt8>()
        message.json.append(to: &plain)
        let count = plain.count
        plain.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        let taken = plain.withUnsafeBufferPointer { buffer in
            let text = UnsafeBufferPointer(rebasing: buffer[..<count])
            guard let tape = parser.parse(text) else { return false }
            return walk(tape, line: text, derivedID: nil, into: out)
        }
        if !taken { keepWhole(message, text: plain[..<count], into: out) }
    }

    // MARK: The walk

    /// What a walk learns of a message on its way.
    private struct Findings {
        var kind: Message.Kind?
        var time: Int64?
        var laterTimes: (original: Int?, received: Int?) = (nil, nil)
        var key: MessageKey?
        var keyIsUUID = true
        var keyText = HeapRange(start: 0, count: 0)
        var user: Int32 = -1
        var anonymous: Int32 = -1
        var name: Int32 = 0
        var hasEvent = false
        var hasGroup = false
        var previous: HeapRange?
        var keyCount = 0
    }

    /// Takes the message on `tape` into `out`; false leaves `out` as it was, for the reference decoder to judge.
    private func walk(_ tape: BulkParser.Tape, line: UnsafeBufferPointer<UInt8>, derivedID: String?, into out: ColumnarBatch) -> Bool {
        guard tape.kind(1) == TapeKind.objectStart else { return false }
        let mark = out.mark
        guard let (found, node) = walkMembers(tape, into: out),
            finish(found, node: node, leafStart: mark.leaves, tape: tape, line: line, derivedID: derivedID, into: out)
        else {
            out.forget(beyond: mark)
            return false
        }
        return true
    }

    @inline(__always)
    private func walkMembers(_ tape: BulkParser.Tape, into out: ColumnarBatch) -> (Findings, node: Int32)? {
        var found = Findings()
        var node: Int32 = 0
        var depth = 1
        var at = 2
        while true {
            if tape.kind(at) == TapeKind.objectEnd {
                depth -= 1
                if depth == 0 { return (found, node) }
                guard let edge = step(node, key: UnsafeBufferPointer(start: nil, count: 0), .close) else { return nil }
                node = edge.target
                at += 1
                continue
            }
            let key = tape.string(at)
            let value = at + 1
            let kind = tape.kind(value)
            if depth == 1 {
                guard let known = special(key, value: value, kind: kind, tape: tape, found: &found, into: out) else { return nil }
                if known != .leaf {
                    guard let edge = step(node, key: key, known) else { return nil }
                    node = edge.target
                    at = value + 1
                    continue
                }
            }
            if kind == TapeKind.objectStart, tape.kind(value + 1) != TapeKind.objectEnd {
                guard let edge = step(node, key: key, .open) else { return nil }
                node = edge.target
                depth += 1
                at = value + 1
                continue
            }
            guard let edge = step(node, key: key, .leaf) else { return nil }
            node = edge.target
            guard addLeaf(tape, value: value, kind: kind, words: edge.words, into: out) else { return nil }
            at = tape.after(value)
        }
    }

    @inline(__always)
    private func step(_ node: Int32, key: UnsafeBufferPointer<UInt8>, _ step: Shape.Step) -> ShapeTrie.Edge? {
        var index = trie.find(node, key: key, step: step)
        if index < 0 {
            index = trie.add(node, key: key, step: step)
            if index < 0 { return nil }
        }
        return trie.edge(index)
    }

    /// Reads a member of the message's own level where it has a meaning. `.leaf`: keep its value as a leaf; nil: the message is odd.
    @inline(__always)
    private func special(
        _ key: UnsafeBufferPointer<UInt8>, value: Int, kind: UInt8, tape: BulkParser.Tape, found: inout Findings, into out: ColumnarBatch
    ) -> Shape.Step? {
        switch key.count {
        case 4 where equals(key, "type"):
            guard kind == TapeKind.string, let known = messageKind(tape.string(value)) else { return nil }
            found.kind = known
            return .type
        case 5 where equals(key, "event"):
            guard kind == TapeKind.string else { return kind == TapeKind.null ? .leaf : nil }
            let text = tape.string(value)
            guard text.count > 0, text.count <= MessageLimits.longestName, !found.hasEvent else { return nil }
            found.hasEvent = true
            found.name = nameNumber(text)
            return found.name > 0 ? .event : .leaf
        case 6 where equals(key, "userId"):
            guard kind == TapeKind.string else { return kind == TapeKind.null ? .leaf : nil }
            let text = tape.string(value)
            guard text.count > 0, text.count <= MessageLimits.longestID else { return nil }
            found.user = identifier(text, .user, into: out)
            return .user
        case 6 where equals(key, "traits"):
            return kind == TapeKind.objectStart || kind == TapeKind.null ? .leaf : nil
        case 7 where equals(key, "groupId"):
            guard kind == TapeKind.string else { return kind == TapeKind.null ? .leaf : nil }
            let count = tape.string(value).count
            found.hasGroup = count > 0
            return count <= MessageLimits.longestID ? .leaf : nil
        case 7 where equals(key, "context"):
            return kind == TapeKind.objectStart || kind == TapeKind.null ? .leaf : nil
        case 9 where equals(key, "messageId"):
            guard kind == TapeKind.string else { return nil }
            let text = tape.string(value)
            guard text.count > 0, text.count <= MessageLimits.longestID, found.keyCount == 0 else { return nil }
            found.keyCount += 1
            if let uuid = MessageKey(canonicalUUID: text) {
                found.key = uuid
                return .messageKey
            }
            let hash = ByteHash.sip128(text, key: self.key)
            found.key = MessageKey(high: hash.0, low: hash.1)
            found.keyIsUUID = false
            found.keyText = HeapRange(start: out.heap.append(contentsOf: text), count: text.count)
            return .leaf
        case 9 where equals(key, "timestamp"):
            if kind == TapeKind.string {
                let text = tape.string(value)
                if let canonical = Self.canonicalTime(text) {
                    found.time = canonical
                    return .timestamp
                }
                found.time = Self.time(text)
            } else if kind == TapeKind.integer {
                found.time = Self.inRange(Int64(bitPattern: tape.words[value + 1]))
            }
            return .leaf
        case 10 where equals(key, "receivedAt"):
            found.laterTimes.received = value
            return .leaf
        case 10 where equals(key, "properties"):
            return kind == TapeKind.objectStart || kind == TapeKind.null ? .leaf : nil
        case 10 where equals(key, "previousId"):
            guard kind == TapeKind.string else { return kind == TapeKind.null ? .leaf : nil }
            let text = tape.string(value)
            guard text.count <= MessageLimits.longestID else { return nil }
            if text.count > 0 { found.previous = HeapRange(start: out.heap.append(contentsOf: text), count: text.count) }
            return .leaf
        case 11 where equals(key, "anonymousId"):
            guard kind == TapeKind.string else { return kind == TapeKind.null ? .leaf : nil }
            let text = tape.string(value)
            guard text.count > 0, text.count <= MessageLimits.longestID else { return nil }
            found.anonymous = identifier(text, .anonymous, into: out)
            return .anonymous
        case 17 where equals(key, "originalTimestamp"):
            found.laterTimes.original = value
            return .leaf
        case 4 where equals(key, "name"), 8 where equals(key, "category"):
            // Of a page they are texts with a longest length; the reference decoder judges whatever else stands there.
            guard kind == TapeKind.string else { return kind == TapeKind.null ? .leaf : nil }
            return tape.string(value).count > MessageLimits.longestName ? nil : .leaf
        default: return .leaf
        }
    }

    /// Closes a message whose members were walked: checks what a message must have and appends its row.
    @inline(__always)
    private func finish(
        _ findings: Findings, node end: Int32, leafStart: Int, tape: BulkParser.Tape, line: UnsafeBufferPointer<UInt8>, derivedID: String?,
        into out: ColumnarBatch
    ) -> Bool {
        var found = findings
        var node = end
        guard let kind = found.kind, found.user >= 0 || found.anonymous >= 0 else { return false }
        if found.time == nil { found.time = laterTime(found.laterTimes, tape: tape) }
        guard let time = found.time else { return false }
        switch kind {
        case .track: guard found.hasEvent else { return false }
        case .group: guard found.hasGroup else { return false }
        case .alias: guard found.previous != nil else { return false }
        default: break
        }
        if kind != .track, found.hasEvent { return false }
        if found.key == nil {
            if let derivedID {
                guard let uuid = derivedID.withUTF8Buffer({ MessageKey(canonicalUUID: $0) }) else { return false }
                found.key = uuid
            } else {
                found.key = MessageKey.derived(from: line)
            }
            guard let edge = messageIDKey.withUnsafeBufferPointer({ step(node, key: $0, .messageKey) }) else { return false }
            node = edge.target
        }
        let shape = trie.shape(at: node)
        guard shape > 0, let key = found.key else { return false }
        append(kind: kind, found, time: time, key: key, shape: shape, leafStart: leafStart, into: out)
        return true
    }

    @inline(__always)
    private func append(
        kind: Message.Kind, _ found: Findings, time: Int64, key: MessageKey, shape: Int32, leafStart: Int, into out: ColumnarBatch
    ) {
        if kind == .alias, let previous = found.previous { out.aliases.append((out.messageCount, previous)) }
        out.rows.append(
            MessageRow(
                time: time, keyHigh: key.high, keyLow: key.low, keyText: found.keyText,
                owner: found.user < 0 ? ColumnarBatch.dropped : UInt32(found.user),
                companion: found.anonymous < 0 ? ColumnarBatch.dropped : UInt32(found.anonymous), shape: shape, name: found.name,
                leafStart: UInt32(leafStart), kind: kind.rawValue, keyIsUUID: found.keyIsUUID ? 1 : 0))
    }

    /// Keeps a message that has no shape as its text.
    private func keepWhole(_ message: Message, text: ContiguousArray<UInt8>.SubSequence, into out: ColumnarBatch) {
        var found = Findings()
        let key: MessageKey = message.messageID.withUTF8Buffer { id in
            if let uuid = MessageKey(canonicalUUID: id) { return uuid }
            let hash = ByteHash.sip128(id, key: self.key)
            found.keyIsUUID = false
            found.keyText = HeapRange(start: out.heap.append(contentsOf: id), count: id.count)
            return MessageKey(high: hash.0, low: hash.1)
        }
        if let user = message.userID { found.user = user.withUTF8Buffer { identifier($0, .user, into: out) } }
        if let anonymous = message.anonymousID { found.anonymous = anonymous.withUTF8Buffer { identifier($0, .anonymous, into: out) } }
        if message.kind == .track, let event = message.event { found.name = event.withUTF8Buffer { nameNumber($0) } }
        if let previous = message.previousID {
            found.previous = previous.withUTF8Buffer { HeapRange(start: out.heap.append(contentsOf: $0), count: $0.count) }
        }
        let range = text.withUnsafeBufferPointer { HeapRange(start: out.heap.append(contentsOf: $0), count: $0.count) }
        out.leafTags.append(LeafTag.whole)
        out.leafWords.append(range.word)
        append(
            kind: message.kind, found, time: message.timestamp.milliseconds, key: key, shape: 0, leafStart: out.leafTags.count - 1,
            into: out)
    }

    // MARK: Leaves

    @inline(__always)
    private func addLeaf(_ tape: BulkParser.Tape, value: Int, kind: UInt8, words index: Int32, into out: ColumnarBatch) -> Bool {
        switch kind {
        case TapeKind.string:
            let text = tape.string(value)
            let word = words.number(of: text, index: Int(index))
            if word >= 0 {
                out.leafTags.append(LeafTag.word)
                out.leafWords.append(UInt64(word))
            } else {
                out.leafTags.append(LeafTag.text)
                out.leafWords.append(HeapRange(start: out.heap.append(contentsOf: text), count: text.count).word)
            }
        case TapeKind.integer:
            out.leafTags.append(LeafTag.integer)
            out.leafWords.append(tape.words[value + 1])
        case TapeKind.double:
            out.leafTags.append(LeafTag.double)
            out.leafWords.append(tape.words[value + 1])
        case TapeKind.unsigned:
            out.leafTags.append(LeafTag.unsigned)
            out.leafWords.append(tape.words[value + 1])
        case TapeKind.yes:
            out.leafTags.append(LeafTag.yes)
            out.leafWords.append(0)
        case TapeKind.no:
            out.leafTags.append(LeafTag.no)
            out.leafWords.append(0)
        case TapeKind.null:
            out.leafTags.append(LeafTag.null)
            out.leafWords.append(0)
        case TapeKind.objectStart:
            out.leafTags.append(LeafTag.emptyObject)
            out.leafWords.append(0)
        default:
            scratch.removeAll(keepingCapacity: true)
            guard TapeText.append(tape, value: value, to: &scratch) else { return false }
            let start = scratch.withUnsafeBufferPointer { out.heap.append(contentsOf: $0) }
            out.leafTags.append(LeafTag.array)
            out.leafWords.append(HeapRange(start: start, count: scratch.count).word)
        }
        return true
    }

    @inline(__always)
    private func identifier(_ text: UnsafeBufferPointer<UInt8>, _ kind: IdentifierKind, into out: ColumnarBatch) -> Int32 {
        let hash = ByteHash.quick(text, seed: key.0 ^ UInt64(kind.rawValue))
        let known = identifiers.find(text, hash: hash)
        if known >= 0 { return known }
        let index = Int32(out.identifierKinds.count)
        out.identifierKinds.append(kind.rawValue)
        out.identifierTexts.append(HeapRange(start: out.heap.append(contentsOf: text), count: text.count))
        out.identifierHashes.append(hash)
        identifiers.insert(text, hash: hash, value: index)
        return index
    }

    @inline(__always)
    private func nameNumber(_ text: UnsafeBufferPointer<UInt8>) -> Int32 {
        let hash = ByteHash.quick(text, seed: key.1)
        let known = names.find(text, hash: hash)
        if known >= 0 { return known }
        let number = dictionaries.number(ofName: Array(text))
        if number > 0 { names.insert(text, hash: hash, value: number) }
        return number
    }

    // MARK: Times and words

    private func laterTime(_ times: (original: Int?, received: Int?), tape: BulkParser.Tape) -> Int64? {
        for value in [times.original, times.received] {
            guard let value else { continue }
            if tape.kind(value) == TapeKind.string, let time = Self.time(tape.string(value)) { return time }
            if tape.kind(value) == TapeKind.integer, let time = Self.inRange(Int64(bitPattern: tape.words[value + 1])) { return time }
        }
        return nil
    }

    private static func time(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        Instant.parse(text).flatMap { inRange($0.milliseconds) }
    }

    private static func inRange(_ time: Int64) -> Int64? {
        time >= MessageLimits.earliest.milliseconds && time <= MessageLimits.latest.milliseconds ? time : nil
    }

    /// Milliseconds of a text in exactly the form that `Instant.text` writes, else nil.
    @inline(__always)
    private static func canonicalTime(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count == 24, text[23] == 90, text[10] == 84, text[4] == 45, text[7] == 45, text[13] == 58, text[16] == 58, text[19] == 46
        else { return nil }
        return Instant.parse(text)?.milliseconds
    }
}

private let messageIDKey = ContiguousArray("messageId".utf8)

@inline(__always)
private func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
    memcmp(bytes.baseAddress!, text.utf8Start, text.utf8CodeUnitCount) == 0
}

@inline(__always)
private func messageKind(_ word: UnsafeBufferPointer<UInt8>) -> Message.Kind? {
    switch word.count {
    case 4: equals(word, "page") ? .page : nil
    case 5: equals(word, "track") ? .track : equals(word, "group") ? .group : equals(word, "alias") ? .alias : nil
    case 6: equals(word, "screen") ? .screen : nil
    case 8: equals(word, "identify") ? .identify : nil
    default: nil
    }
}

extension String {
    /// Calls `body` with the text's UTF-8, copying only where it is not contiguous.
    func withUTF8Buffer<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var copy = self
        return copy.withUTF8(body)
    }
}
