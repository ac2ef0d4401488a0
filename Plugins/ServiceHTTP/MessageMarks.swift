import EventModel

/// Where one message stands in a body, and where in it the members stand that a collector reads or writes.
struct MessageMarks {
    /// The message from its first byte to behind its last.
    var whole: Range<Int>
    var isObject = false
    /// A name is given twice or spelled with escapes, or a time is: the plain way reads it.
    var isOdd = false
    /// Whether it has any member.
    var isEmpty = true
    var type, messageID, timestamp, originalTimestamp, sentAt, receivedAt, context, integrations, writeKey: RawJSON.Member?
    /// End of the member in front of `writeKey`; 0 where that is the first.
    var beforeWriteKey = 0

    /// Walks over the value that begins at `start`.
    init(_ raw: RawJSON, at start: Int) {
        guard raw[start] == UInt8(ascii: "{") else {
            whole = start..<max(start, raw.pastValue(start))
            return
        }
        isObject = true
        whole = start..<start
        var last = start
        var next = raw.firstMember(start)
        while let member = next {
            note(member, raw, behind: isEmpty ? 0 : last)
            isEmpty = false
            last = member.value.upperBound
            next = raw.member(after: member)
        }
        whole = start..<min(raw.pastSpace(isEmpty ? start + 1 : last) + 1, raw.end)
    }

    @inline(__always)
    private mutating func note(_ member: RawJSON.Member, _ raw: RawJSON, behind last: Int) {
        // The second letter tells the few names apart from nearly all others.
        switch raw[member.name.lowerBound + 1] {
        case UInt8(ascii: "t"):
            if raw.equals(member.name, "\"type\"") {
                Self.keep(member, &type, &isOdd)
            } else if raw.equals(member.name, "\"timestamp\"") {
                Self.keep(member, &timestamp, &isOdd)
                if raw.hasEscape(member.value) { isOdd = true }
            }
        case UInt8(ascii: "m"): if raw.equals(member.name, "\"messageId\"") { Self.keep(member, &messageID, &isOdd) }
        case UInt8(ascii: "o"):
            if raw.equals(member.name, "\"originalTimestamp\"") {
                Self.keep(member, &originalTimestamp, &isOdd)
                if raw.hasEscape(member.value) { isOdd = true }
            }
        case UInt8(ascii: "s"):
            if raw.equals(member.name, "\"sentAt\"") {
                Self.keep(member, &sentAt, &isOdd)
                if raw.hasEscape(member.value) { isOdd = true }
            }
        case UInt8(ascii: "r"): if raw.equals(member.name, "\"receivedAt\"") { Self.keep(member, &receivedAt, &isOdd) }
        case UInt8(ascii: "c"): if raw.equals(member.name, "\"context\"") { Self.keep(member, &context, &isOdd) }
        case UInt8(ascii: "i"): if raw.equals(member.name, "\"integrations\"") { Self.keep(member, &integrations, &isOdd) }
        case UInt8(ascii: "w"):
            if raw.equals(member.name, "\"writeKey\"") {
                Self.keep(member, &writeKey, &isOdd)
                beforeWriteKey = last
            }
        default: break
        }
        if raw.hasEscape(member.name) { isOdd = true }
    }

    @inline(__always)
    private static func keep(_ member: RawJSON.Member, _ place: inout RawJSON.Member?, _ isOdd: inout Bool) {
        if place != nil { isOdd = true }
        place = member
    }
}
