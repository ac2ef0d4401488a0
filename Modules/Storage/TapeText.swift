import EventModel

/// Writes values of a tape as JSON text.
enum TapeText {
    /// Appends the value at word `value`; false where an object gives a key twice (the reference decoder settles which counts).
    static func append(_ tape: BulkParser.Tape, value: Int, to out: inout ContiguousArray<UInt8>) -> Bool {
        switch tape.kind(value) {
        case TapeKind.string: JSONText.append(string: tape.string(value), to: &out)
        case TapeKind.integer: JSONText.append(Int64(bitPattern: tape.words[value + 1]), to: &out)
        case TapeKind.unsigned: JSONText.append(tape.words[value + 1], to: &out)
        case TapeKind.double: JSONText.append(Double(bitPattern: tape.words[value + 1]), to: &out)
        case TapeKind.yes: out.append(contentsOf: "true".utf8)
        case TapeKind.no: out.append(contentsOf: "false".utf8)
        case TapeKind.null: out.append(contentsOf: "null".utf8)
        case TapeKind.arrayStart:
            out.append(UInt8(ascii: "["))
            var at = value + 1
            while tape.kind(at) != TapeKind.arrayEnd {
                if at > value + 1 { out.append(UInt8(ascii: ",")) }
                guard append(tape, value: at, to: &out) else { return false }
                at = tape.after(at)
            }
            out.append(UInt8(ascii: "]"))
        default:
            out.append(UInt8(ascii: "{"))
            var at = value + 1
            while tape.kind(at) != TapeKind.objectEnd {
                if at > value + 1 { out.append(UInt8(ascii: ",")) }
                guard !isRepeated(tape, key: at, from: value + 1) else { return false }
                JSONText.append(string: tape.string(at), to: &out)
                out.append(UInt8(ascii: ":"))
                guard append(tape, value: at + 1, to: &out) else { return false }
                at = tape.after(at + 1)
            }
            out.append(UInt8(ascii: "}"))
        }
        return true
    }

    /// Whether the key at word `key` stands earlier in its object, whose first key is at `first`. Objects of arrays are small; one with
    /// more than 64 keys is left to the reference decoder, so that the cost stays linear.
    private static func isRepeated(_ tape: BulkParser.Tape, key: Int, from first: Int) -> Bool {
        var at = first
        var seen = 0
        let text = tape.string(key)
        while at < key {
            if tape.string(at).elementsEqual(text) { return true }
            seen += 1
            if seen > 64 { return true }
            at = tape.after(at + 1)
        }
        return false
    }
}
