import Connectors
import EventModel
import Storage

/// A batch on its way into the store, with what enrichers know of its people.
struct EnrichedBatch: Sendable {
    /// The messages themselves.
    var batch: MessageBatch
    /// Identifies of enrichers, stored with them; nil: none.
    var given: MessageBatch?

    /// Bytes of all.
    var count: Int { batch.count + (given?.count ?? 0) }
}

/// What is gathered while enrichers are asked about the messages of a batch, one after the other.
struct Enrichment {
    /// Ids that messages get that have none of their own; empty: by their lines.
    let ids: [String]
    /// What is to be purged of the message at hand.
    var paths: [[String]] = []
    var counts: [String: EnricherCounts] = [:]
    /// The first failure of each enricher.
    var failures: [String: String] = [:]
    private var given = ContiguousArray<UInt8>()
    private var text = ContiguousArray<UInt8>()
    private var copied = 0

    init(ids: [String]) { self.ids = ids }

    /// A line as a message, with the id under which it is stored; nil where it is none.
    func message(_ line: UnsafeBufferPointer<UInt8>, number: Int) -> Message? {
        if line.isEmpty { return nil }
        let id = number < ids.count ? ids[number] : MessageKey.derived(from: line).uuidText
        return try? Message(parsing: line, derivedID: id)
    }

    /// Adds an identify.
    mutating func add(_ message: JSONObject) {
        message.append(to: &given)
        given.append(10)
    }

    /// Takes texts out of a message; it keeps the id that it had with them.
    mutating func purge(_ message: Message, line: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) {
        defer { paths = [] }
        guard paths.contains(where: { message.json.value(at: $0) != nil }) else { return }
        var json = message.json
        for path in paths { json.remove(path[...]) }
        if json["messageId"] == nil { json.set("messageId", .string(message.messageID)) }
        text.append(contentsOf: bytes[copied..<line.lowerBound])
        copied = line.upperBound
        json.append(to: &text)
    }

    /// Takes what follows the last purged message.
    mutating func end(_ bytes: UnsafeBufferPointer<UInt8>, count: Int) {
        if copied > 0 { text.append(contentsOf: bytes[copied..<count]) }
    }

    /// The batch as it is to be stored.
    consuming func result(of batch: MessageBatch) -> EnrichedBatch {
        var result = EnrichedBatch(batch: batch)
        if copied > 0 { result.batch.fill(text) }
        if !given.isEmpty {
            var own = MessageBatch()
            own.fill(given)
            result.given = own
        }
        return result
    }
}

extension MessageBatch {
    /// Puts a text into it, with the room behind it.
    mutating func fill(_ lines: ContiguousArray<UInt8>) {
        count = lines.count
        text = lines
        text.append(contentsOf: repeatElement(0, count: Self.padding))
    }
}

extension JSONObject {
    /// Takes out what stands at a path, where something does.
    fileprivate mutating func remove(_ path: ArraySlice<String>) {
        guard let first = path.first, let index = members.firstIndex(where: { $0.name.sameScalars(as: first) }) else { return }
        if path.count == 1 {
            members.remove(at: index)
        } else if var inner = members[index].value.asObject {
            inner.remove(path.dropFirst())
            members[index].value = .object(inner)
        }
    }
}
