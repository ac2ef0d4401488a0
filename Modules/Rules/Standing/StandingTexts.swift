/// Texts that rows of standing rules refer to, end to end in one buffer: four bytes of length, then UTF-8.
///
/// Rows refer to a text by the place where it lies. What no row refers to any more is given back by copying the rest.
final class StandingTexts {
    private var bytes: ContiguousArray<UInt8> = []
    /// Bytes that no row refers to any more.
    private var idle = 0

    /// Adds a text and says where it lies.
    func add(_ text: String) -> UInt64 {
        let place = UInt64(bytes.count)
        var text = text
        text.withUTF8 { utf8 in
            withUnsafeBytes(of: UInt32(utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: utf8)
        }
        return place
    }

    /// The text at a place.
    subscript(place: UInt64) -> String { String(decoding: bytes[range(place)], as: UTF8.self) }

    /// Whether one text comes before another, by scalars.
    func precedes(_ a: UInt64, _ b: UInt64) -> Bool { bytes[range(a)].lexicographicallyPrecedes(bytes[range(b)]) }

    /// The row that referred to a text is gone.
    func release(_ place: UInt64) { idle += 4 + range(place).count }

    /// Whether most of the buffer is of no use any more.
    var isMostlyIdle: Bool { idle > 16 << 20 && idle > bytes.count / 2 }

    /// Copies a text of another buffer.
    func add(_ place: UInt64, of other: StandingTexts) -> UInt64 {
        let (range, own) = (other.range(place), UInt64(bytes.count))
        bytes.append(contentsOf: other.bytes[(range.lowerBound - 4)..<range.upperBound])
        return own
    }

    /// Goes on with what another buffer holds.
    func take(_ other: StandingTexts) {
        (bytes, idle) = (other.bytes, 0)
        other.bytes = []
    }

    private func range(_ place: UInt64) -> Range<Int> {
        let start = Int(place)
        var count: UInt32 = 0
        for offset in 0..<4 { count |= UInt32(bytes[start + offset]) << UInt32(8 * offset) }
        return (start + 4)..<(start + 4 + Int(count))
    }
}

/// A value of an event as one word: numbers as their bits; all else as patterns that no finite number has.
enum StandingWord {
    private static let mark: UInt64 = 0xFFF8 << 48
    private static let text: UInt64 = 0xFFFB << 48
    private static let places: UInt64 = (1 << 48) - 1
    static let missing: UInt64 = mark
    private static let no = mark | 1
    private static let yes = mark | 2

    /// A value that was read of an event; texts are added to `texts`. Instants and durations are read of no event.
    static func word(_ value: Value, _ texts: StandingTexts) -> UInt64 {
        switch value {
        case .number(let number): number.bitPattern
        case .truth(let truth): truth ? yes : no
        case .text(let text): Self.text | texts.add(text.string)
        case .missing, .instant, .duration: missing
        }
    }

    static func value(_ word: UInt64, _ texts: StandingTexts) -> Value {
        if let place = place(word) { return .text(Text(texts[place])) }
        switch word {
        case missing: return .missing
        case no: return .truth(false)
        case yes: return .truth(true)
        default: return .number(Double(bitPattern: word))
        }
    }

    /// The number that a word is; nil for other values.
    static func number(_ word: UInt64) -> Double? { word < mark ? Double(bitPattern: word) : nil }

    /// Where the text of a word lies; nil for other values.
    static func place(_ word: UInt64) -> UInt64? { word & ~places == text ? word & places : nil }

    /// The word of a text at a place.
    static func word(ofTextAt place: UInt64) -> UInt64 { text | place }
}
