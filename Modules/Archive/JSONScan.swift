import EventModel

/// Finds its way in JSON that `JSONValue` wrote (no spaces, valid): where values end, what members an object has. Reads bytes in place.
enum JSONScan {
    /// Index behind the value that starts at `start`.
    static func end(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        switch text[start] {
        case UInt8(ascii: "\""): return endOfString(text, start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            var index = start
            while index < text.count {
                switch text[index] {
                case UInt8(ascii: "\""):
                    index = endOfString(text, index)
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return index + 1 }
                default: break
                }
                index += 1
            }
            return text.count
        default:
            var index = start
            while index < text.count, ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(text[index]) { index += 1 }
            return index
        }
    }

    private static func endOfString(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start + 1
        while index < text.count {
            if text[index] == UInt8(ascii: "\\") {
                index += 2
            } else if text[index] == UInt8(ascii: "\"") {
                return index + 1
            } else {
                index += 1
            }
        }
        return text.count
    }

    /// Calls `body` with the places of each name (its quotes included) and value of the object that starts at `start`, until it gives false.
    static func members(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ body: (Range<Int>, Range<Int>) -> Bool) {
        guard start < text.count, text[start] == UInt8(ascii: "{") else { return }
        var index = start + 1
        while index < text.count, text[index] != UInt8(ascii: "}") {
            let name = index..<endOfString(text, index)
            guard name.upperBound + 1 < text.count else { return }
            let value = name.upperBound + 1..<end(text, name.upperBound + 1)
            if !body(name, value) { return }
            index = value.upperBound
            if index < text.count, text[index] == UInt8(ascii: ",") { index += 1 }
        }
    }

    /// Where the value of the member `name` (given with its quotes) of the object at `start` lies; nil where there is none.
    static func value(_ text: UnsafeBufferPointer<UInt8>, of name: ContiguousArray<UInt8>, in start: Int = 0) -> Range<Int>? {
        var found: Range<Int>?
        members(text, start) { (own, value) in
            if own.count == name.count && text[own].elementsEqual(name) { found = value }
            return found == nil
        }
        return found
    }
}
