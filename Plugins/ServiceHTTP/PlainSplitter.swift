import EventModel

/// Takes a body apart through decoded values: slow, plain, and the truth that `BatchSplitter` is held against.
///
/// It also serves bodies that are valid but odd (names with escapes, names given twice), which nobody sends in earnest.
enum PlainSplitter {
    /// Every message complete with type, id and times, as one line each.
    static func split(_ bytes: UnsafeBufferPointer<UInt8>, _ collecting: Collecting) throws(HTTPFailure) -> SplitBody {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch { throw HTTPFailure(error) }
        guard case .object(let body) = value else { throw Collecting.notAnObject }
        var messages = [value]
        var shared = JSONObject()
        if collecting.call == .batch {
            guard let elements = body["batch"]?.asArray else { throw Collecting.noBatch }
            messages = elements
            for name in ["context", "integrations"] {
                guard let inherited = body[name], inherited != .null else { continue }
                guard inherited.asObject != nil else { throw Collecting.notMergeable(name) }
                shared.set(name, inherited)
            }
            if let sentAt = body["sentAt"], sentAt != .null { shared.set("sentAt", sentAt) }
        }
        try collecting.refuseGrowth(messages: messages.count, sharedBytes: shared.text.utf8.count)
        var batch = MessageBatch()
        var out = ContiguousArray<UInt8>()
        for (index, message) in messages.enumerated() {
            let (start, sent) = (out.count, message.text.utf8.count)
            append(message, shared: shared, collecting, to: &out)
            if sent > collecting.longestMessage {
                try collecting.refuseLongSingle(sent)
                batch.rejects.append(collecting.putAside(out[start...], number: index + 1, bytes: sent))
                out.removeSubrange(start...)
            }
            out.append(10)
        }
        batch.count = out.count
        out.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        batch.text = out
        batch.sourceLines = messages.count
        return SplitBody(batch: batch, writeKey: body["writeKey"]?.asString)
    }

    /// Appends one message without its newline.
    static func append(_ value: JSONValue, shared: JSONObject, _ collecting: Collecting, to out: inout ContiguousArray<UInt8>) {
        guard case .object(var message) = value else { return value.append(to: &out) }
        message.members.removeAll { $0.name.sameScalars(as: "writeKey") }
        if case .single(let kind) = collecting.call { message.set("type", .string(kind.word)) }
        if isMissing(message["messageId"]) { message.set("messageId", .string(collecting.makeID())) }
        if isMissing(message["sentAt"]), let sentAt = shared["sentAt"] { message.set("sentAt", sentAt) }
        setTimes(&message, collecting)
        message.set("receivedAt", .string(collecting.receivedAt.text))
        for name in ["context", "integrations"] {
            guard case .object(let inherited)? = shared[name] else { continue }
            if isMissing(message[name]) {
                message.set(name, .object(inherited))
            } else if case .object(var own)? = message[name] {
                for member in inherited.members where own[member.name] == nil { own.members.append(member) }
                message.set(name, .object(own))
            }
        }
        message.append(to: &out)
    }

    private static func setTimes(_ message: inout JSONObject, _ collecting: Collecting) {
        let sentAt = message["sentAt"].flatMap(instant)
        if isMissing(message["timestamp"]) {
            if let told = message["originalTimestamp"].flatMap(instant) {
                if let sentAt, let time = collecting.corrected(told, sentAt: sentAt) { message.set("timestamp", .string(time.text)) }
            } else {
                message.set("timestamp", .string(collecting.receivedAt.text))
            }
        } else if isMissing(message["originalTimestamp"]), let sentAt, let own = message["timestamp"], let told = instant(own),
            let time = collecting.corrected(told, sentAt: sentAt)
        {
            message.set("timestamp", .string(time.text))
            message.set("originalTimestamp", own)
        }
    }

    private static func isMissing(_ value: JSONValue?) -> Bool { value == nil || value == .null }

    /// A time as messages write it: ISO 8601 text, or whole milliseconds since 1970.
    private static func instant(_ value: JSONValue) -> Instant? {
        switch value {
        case .string(let text): Instant(text: text)
        case .integer(let milliseconds): Instant(milliseconds: milliseconds)
        default: nil
        }
    }
}
