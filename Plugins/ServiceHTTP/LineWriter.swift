import EventModel

/// One stretch of a message that is replaced in its line.
struct Edit {
    enum Text {
        case nothing, type, id, receivedAt
        case time(Instant)
        /// Bytes of the body.
        case raw(Range<Int>)
        /// Members of the object in `shared` that the object in `own` lacks, put before its end.
        case lacking(own: Range<Int>, shared: Range<Int>)
    }
    var place: Range<Int>
    var text: Text
}

/// Writes the line of a marked message: its own bytes, with type, id, times and what the batch shares put right.
struct LineWriter {
    let raw: RawJSON
    let shared: SharedMembers
    let collecting: Collecting
    private let receivedAt: ContiguousArray<UInt8>

    init(raw: RawJSON, shared: SharedMembers, collecting: Collecting) {
        (self.raw, self.shared, self.collecting) = (raw, shared, collecting)
        var text = ContiguousArray<UInt8>()
        collecting.receivedAt.append(to: &text)
        receivedAt = text
    }

    /// Appends the line of `message` without its newline. `edits` is room to work in.
    func append(_ message: MessageMarks, edits: inout ContiguousArray<Edit>, to out: inout ContiguousArray<UInt8>) {
        edits.removeAll(keepingCapacity: true)
        let times = Times(message, self)
        if case .single = collecting.call, let type = message.type { edits.append(Edit(place: type.value, text: .type)) }
        if let id = message.messageID, isNull(id) { edits.append(Edit(place: id.value, text: .id)) }
        if let own = message.sentAt, isNull(own), let sentAt = shared.sentAt { edits.append(Edit(place: own.value, text: .raw(sentAt))) }
        if let own = message.timestamp, let time = times.timestamp { edits.append(Edit(place: own.value, text: .time(time))) }
        if let own = message.originalTimestamp, let told = times.original { edits.append(Edit(place: own.value, text: .raw(told))) }
        if let own = message.receivedAt { edits.append(Edit(place: own.value, text: .receivedAt)) }
        merge(message.context, shared.context, into: &edits)
        merge(message.integrations, shared.integrations, into: &edits)
        var isEmpty = message.isEmpty
        if let key = message.writeKey { edits.append(Edit(place: cut(key, message, &isEmpty), text: .nothing)) }
        // A handful of edits, nearly always in order already: insertion is the shortest way.
        for index in edits.indices.dropFirst() {
            var place = index
            while place > 0, edits[place - 1].place.lowerBound > edits[place].place.lowerBound {
                edits.swapAt(place - 1, place)
                place -= 1
            }
        }
        var at = message.whole.lowerBound
        for edit in edits {
            out.append(contentsOf: raw.bytes(at..<edit.place.lowerBound))
            append(edit.text, to: &out)
            at = edit.place.upperBound
        }
        out.append(contentsOf: raw.bytes(at..<max(at, message.whole.upperBound - 1)))
        appendMissing(message, times, isEmpty: isEmpty, to: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// Appends a message that is odd, by way of its decoded value.
    func appendPlainly(_ range: Range<Int>, to out: inout ContiguousArray<UInt8>) {
        guard let value = try? JSONValue(parsing: raw.bytes(range)) else { return }
        var inherited = JSONObject()
        for (name, value) in [("context", shared.context), ("integrations", shared.integrations), ("sentAt", shared.sentAt)] {
            if let value, let decoded = try? JSONValue(parsing: raw.bytes(value)) { inherited.set(name, decoded) }
        }
        PlainSplitter.append(value, shared: inherited, collecting, to: &out)
    }

    /// Whether members are to be merged of which a name may be spelled with escapes.
    func mergesOddly(_ message: MessageMarks) -> Bool {
        func isOdd(_ own: RawJSON.Member?, _ shared: Range<Int>?) -> Bool {
            guard let own, shared != nil else { return false }
            return raw.hasEscape(own.value)
        }
        return isOdd(message.context, shared.context) || isOdd(message.integrations, shared.integrations)
    }

    /// Members that stand nowhere in the message, at its end.
    private func appendMissing(_ message: MessageMarks, _ times: Times, isEmpty: Bool, to out: inout ContiguousArray<UInt8>) {
        var isFirst = isEmpty
        func add(_ name: StaticString, _ text: Edit.Text, to out: inout ContiguousArray<UInt8>) {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            append(text, to: &out)
        }
        if case .single = collecting.call, message.type == nil { add("\"type\":", .type, to: &out) }
        if message.messageID == nil { add("\"messageId\":", .id, to: &out) }
        if message.sentAt == nil, let sentAt = shared.sentAt { add("\"sentAt\":", .raw(sentAt), to: &out) }
        if message.timestamp == nil, let time = times.timestamp { add("\"timestamp\":", .time(time), to: &out) }
        if message.originalTimestamp == nil, let told = times.original { add("\"originalTimestamp\":", .raw(told), to: &out) }
        if message.receivedAt == nil { add("\"receivedAt\":", .receivedAt, to: &out) }
        if message.context == nil, let context = shared.context { add("\"context\":", .raw(context), to: &out) }
        if message.integrations == nil, let integrations = shared.integrations { add("\"integrations\":", .raw(integrations), to: &out) }
    }

    /// A member that is null takes what the batch shares; an object takes the members that it lacks.
    private func merge(_ own: RawJSON.Member?, _ shared: Range<Int>?, into edits: inout ContiguousArray<Edit>) {
        guard let own, let shared else { return }
        if isNull(own) {
            edits.append(Edit(place: own.value, text: .raw(shared)))
        } else if raw[own.value.lowerBound] == UInt8(ascii: "{") {
            let end = own.value.upperBound - 1
            edits.append(Edit(place: end..<end, text: .lacking(own: own.value, shared: shared)))
        }
    }

    /// The stretch to take out so that the write key goes and the commas stay right. Keys are never stored.
    private func cut(_ key: RawJSON.Member, _ message: MessageMarks, _ isEmpty: inout Bool) -> Range<Int> {
        if message.beforeWriteKey > 0 { return message.beforeWriteKey..<key.value.upperBound }
        guard let next = raw.member(after: key) else {
            isEmpty = true
            return key.name.lowerBound..<key.value.upperBound
        }
        return key.name.lowerBound..<next.name.lowerBound
    }

    private func append(_ text: Edit.Text, to out: inout ContiguousArray<UInt8>) {
        switch text {
        case .nothing: break
        case .type: if case .single(let kind) = collecting.call { JSONText.append(string: kind.word, to: &out) }
        case .id: JSONText.append(string: collecting.makeID(), to: &out)
        case .receivedAt:
            out.append(UInt8(ascii: "\""))
            out.append(contentsOf: receivedAt)
            out.append(UInt8(ascii: "\""))
        case .time(let instant):
            out.append(UInt8(ascii: "\""))
            instant.append(to: &out)
            out.append(UInt8(ascii: "\""))
        case .raw(let range): out.append(contentsOf: raw.bytes(range))
        case .lacking(let own, let shared):
            var isFirst = raw.firstMember(own.lowerBound) == nil
            var next = raw.firstMember(shared.lowerBound)
            while let member = next {
                if !has(own, member.name) {
                    if !isFirst { out.append(UInt8(ascii: ",")) }
                    isFirst = false
                    out.append(contentsOf: raw.bytes(member.name.lowerBound..<member.value.upperBound))
                }
                next = raw.member(after: member)
            }
        }
    }

    private func has(_ object: Range<Int>, _ name: Range<Int>) -> Bool {
        var next = raw.firstMember(object.lowerBound)
        while let member = next {
            if raw.equals(member.name, name) { return true }
            next = raw.member(after: member)
        }
        return false
    }

    private func isNull(_ member: RawJSON.Member) -> Bool { raw[member.value.lowerBound] == UInt8(ascii: "n") }
}

/// The times that the collector writes into one message.
private struct Times {
    /// The new `timestamp`; nil leaves what is there.
    var timestamp: Instant?
    /// The client's own `timestamp`, to be kept as `originalTimestamp`.
    var original: Range<Int>?

    init(_ message: MessageMarks, _ writer: LineWriter) {
        func told(_ member: RawJSON.Member?) -> Range<Int>? {
            guard let member, writer.raw[member.value.lowerBound] != UInt8(ascii: "n") else { return nil }
            return member.value
        }
        let sentAt = (told(message.sentAt) ?? writer.shared.sentAt).flatMap { instant($0, writer.raw) }
        guard let own = told(message.timestamp) else {
            if let told = told(message.originalTimestamp).flatMap({ instant($0, writer.raw) }) {
                timestamp = sentAt.flatMap { writer.collecting.corrected(told, sentAt: $0) }
            } else {
                timestamp = writer.collecting.receivedAt
            }
            return
        }
        if told(message.originalTimestamp) == nil, let sentAt, let time = instant(own, writer.raw) {
            timestamp = writer.collecting.corrected(time, sentAt: sentAt)
            if timestamp != nil { original = own }
        }
    }
}

/// A time as messages write it: ISO 8601 text without escapes, or whole milliseconds since 1970.
private func instant(_ range: Range<Int>, _ raw: RawJSON) -> Instant? {
    if raw[range.lowerBound] == UInt8(ascii: "\"") { return Instant.parse(raw.bytes(range.lowerBound + 1..<range.upperBound - 1)) }
    var (value, negative): (Int64, Bool) = (0, false)
    for (index, byte) in raw.bytes(range).enumerated() {
        if index == 0, byte == UInt8(ascii: "-") {
            negative = true
            continue
        }
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        let (tens, over) = value.multipliedReportingOverflow(by: 10)
        let (sum, overToo) = tens.subtractingReportingOverflow(Int64(digit))  // below zero, where Int64 reaches further
        if over || overToo { return nil }
        value = sum
    }
    if negative { return Instant(milliseconds: value) }
    return value == .min ? nil : Instant(milliseconds: -value)
}
