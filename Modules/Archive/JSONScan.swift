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

    /// Where the value of the top-level member `name` lies (given with its quotes); nil where there is none.
    static func value(_ text: UnsafeBufferPointer<UInt8>, of name: ContiguousArray<UInt8>) -> Range<Int>? {
        var found: Range<Int>?
        members(text, 0) { (own, value) in
            if own.count == name.count && text[own].elementsEqual(name) { found = value }
            return found == nil
        }
        return found
    }
}

/// The traits of one person, from the identify messages in order: the latest value of each name, null removes.
struct TraitFold {
    private struct Trait {
        /// The name without its quotes, escapes undone: names are ordered by their scalars.
        var name: ContiguousArray<UInt8>
        var written: ContiguousArray<UInt8>
        /// The value as JSON; empty when null removed it.
        var value: ContiguousArray<UInt8>
    }
    private var traits: [Trait] = []

    /// Starts with a new person.
    mutating func removeAll() { traits.removeAll(keepingCapacity: true) }

    private static let key = ContiguousArray("\"traits\"".utf8)
    private static let null = ContiguousArray("null".utf8)

    /// Takes the next identify message of the person.
    mutating func apply(_ message: UnsafeBufferPointer<UInt8>) {
        guard let object = JSONScan.value(message, of: TraitFold.key) else { return }
        JSONScan.members(message, object.lowerBound) { (name, value) in
            let bytes = message[value].elementsEqual(TraitFold.null) ? [] : ContiguousArray(message[value])
            if let index = traits.firstIndex(where: { $0.written.elementsEqual(message[name]) }) {
                traits[index].value = bytes
            } else {
                let written = ContiguousArray(message[name])
                traits.append(Trait(name: TraitFold.plain(written), written: written, value: bytes))
            }
            return true
        }
    }

    /// Appends the traits as an object, names in order.
    mutating func append(to out: inout ContiguousArray<UInt8>) {
        traits.sort { $0.name.lexicographicallyPrecedes($1.name) }
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for trait in traits where !trait.value.isEmpty {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(contentsOf: trait.written)
            out.append(UInt8(ascii: ":"))
            out.append(contentsOf: trait.value)
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func plain(_ written: ContiguousArray<UInt8>) -> ContiguousArray<UInt8> {
        if written.contains(UInt8(ascii: "\\")), let text = (try? JSONValue(parsing: written))?.asString {
            return ContiguousArray(text.utf8)
        }
        return ContiguousArray(written.dropFirst().dropLast())
    }
}
