/// Cuts a text into tokens, in one pass.
struct Lexer {
    private let bytes: ContiguousArray<UInt8>
    private var position = 0
    private var tokens: [Token] = []

    /// The tokens of a text, the last of them `end`. After a `bad` token nothing but `end` follows.
    static func tokens(of text: SourceText) -> [Token] {
        var lexer = Lexer(bytes: text.bytes)
        lexer.run()
        return lexer.tokens
    }

    private init(bytes: ContiguousArray<UInt8>) { self.bytes = bytes }

    private func byte(_ ahead: Int = 0) -> UInt8 { position + ahead < bytes.count ? bytes[position + ahead] : 0 }

    private mutating func run() {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        while position < bytes.count {
            switch bytes[position] {
            case 32, 9, 10, 13: position += 1
            case UInt8(ascii: "#"): while position < bytes.count, bytes[position] != 10 { position += 1 }
            default:
                let start = position
                let kind = next()
                tokens.append(Token(kind: kind, span: start..<max(position, start + 1)))
                if case .bad = kind { position = bytes.count }
            }
        }
        tokens.append(Token(kind: .end, span: bytes.count..<bytes.count))
    }

    private mutating func next() -> Token.Kind {
        let first = bytes[position]
        if first == UInt8(ascii: "\"") { return string() }
        if isDigit(first) { return number() }
        if let scalar = scalar(), Self.startsName(scalar.value) { return .word(word()) }
        return mark()
    }

    // MARK: Words

    /// The scalar at the position and its length in bytes.
    private func scalar() -> (value: Unicode.Scalar, length: Int)? {
        guard position < bytes.count else { return nil }
        let first = bytes[position]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard position + length <= bytes.count else { return nil }
        return String(decoding: bytes[position..<position + length], as: UTF8.self).unicodeScalars.first.map { ($0, length) }
    }

    static func startsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "_": return true
        default:
            guard scalar.value >= 0x80 else { return false }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
            default: return false
            }
        }
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        ("0"..."9").contains(scalar) || startsName(scalar)
            || (scalar.value >= 0x80 && scalar.properties.generalCategory == .decimalNumber)
    }

    private mutating func word() -> String {
        let start = position
        while let scalar = scalar(), Self.continuesName(scalar.value) { position += scalar.length }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    // MARK: Numbers

    private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private mutating func digits() { while isDigit(byte()) { position += 1 } }

    private mutating func number() -> Token.Kind {
        let start = position
        digits()
        if byte() == UInt8(ascii: "."), isDigit(byte(1)) {
            position += 1
            digits()
        }
        let sign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") ? 1 : 0
        if byte() | 0x20 == UInt8(ascii: "e"), isDigit(byte(1 + sign)) {
            position += 1 + sign
            digits()
        }
        let written = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let scalar = scalar(), Self.continuesName(scalar.value) else {
            guard let value = Double(written), value.isFinite else {
                return .bad(.kind, "\(written.shortened) is too large for a number", hint: nil)
            }
            return .number(written)
        }
        let unit = word()
        guard let length = DurationText.units.first(where: { $0.letter == unit })?.milliseconds else {
            return .bad(
                .syntax, "unknown unit \"\(unit.shortened)\" after \(written.shortened)",
                hint: "durations are written with s, m, h, d or w, as in 48h")
        }
        switch DurationText.milliseconds(written, unit: length) {
        case .whole(let milliseconds): return .duration(milliseconds)
        case .notWhole: return .bad(.kind, "\(written.shortened)\(unit) is not a whole number of milliseconds", hint: nil)
        case .tooLong: return .bad(.kind, "\(written.shortened)\(unit) is longer than a duration can be", hint: nil)
        }
    }

    // MARK: Strings

    private mutating func string() -> Token.Kind {
        let start = position
        position += 1
        var text: [UInt8] = []
        while true {
            guard position < bytes.count, bytes[position] != 10, bytes[position] != 13 else {
                position = start + 1
                return .bad(.syntax, "this text is not closed", hint: "a text ends with \" on its own line")
            }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return .string(String(decoding: text, as: UTF8.self))
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else {
                    return .bad(
                        .syntax, "unknown escape in a text",
                        hint: "JSON's escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four digits, pairs whole")
                }
                text.append(contentsOf: String(Character(escaped)).utf8)
            case 0..<32: return .bad(.syntax, "a control character in a text", hint: "write \\t for a tab, \\u00XX for others")
            default:
                text.append(byte)
                position += 1
            }
        }
    }

    /// The scalar that the escape at the position stands for; moves behind it.
    private mutating func escape() -> Unicode.Scalar? {
        let letter = byte(1)
        if letter == UInt8(ascii: "u") {
            guard let first = hex(at: position + 2) else { return nil }
            position += 6
            if (0xD800..<0xDC00).contains(first) {
                guard byte() == UInt8(ascii: "\\"), byte(1) == UInt8(ascii: "u"), let second = hex(at: position + 2),
                    (0xDC00..<0xE000).contains(second)
                else { return nil }
                position += 6
                return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            }
            return Unicode.Scalar(first)
        }
        position += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        default:
            position -= 1
            return nil
        }
    }

    private func hex(at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start..<start + 4] {
            switch byte {
            case 48...57: value = value << 4 + UInt32(byte - 48)
            case 65...70, 97...102: value = value << 4 + UInt32(byte | 0x20) - 87
            default: return nil
            }
        }
        return value
    }

    // MARK: Marks

    private mutating func mark() -> Token.Kind {
        let pair = String(decoding: [byte(), byte(1)], as: UTF8.self)
        if let mark = Token.Mark(rawValue: pair) {
            position += 2
            return .mark(mark)
        }
        if byte() < 0x80, let mark = Token.Mark(rawValue: String(Unicode.Scalar(byte()))) {
            position += 1
            return .mark(mark)
        }
        let (scalar, length) = scalar() ?? ("\u{FFFD}", 1)
        position += length
        switch scalar {
        case "=": return .bad(.syntax, "\"=\" compares nothing", hint: "write == for equal")
        case "!": return .bad(.syntax, "\"!\" stands alone", hint: "write not, or != for different")
        case "&": return .bad(.syntax, "\"&\" means nothing here", hint: "write and")
        case "|": return .bad(.syntax, "\"|\" means nothing here", hint: "write or")
        case "'", "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}", "`":
            return .bad(.syntax, "texts take plain double quotes", hint: "write \"...\"")
        default:
            let code = String(scalar.value, radix: 16, uppercase: true)
            let visible =
                scalar.value > 32 && scalar.value < 127
                ? "\"\(scalar)\"" : "U+\(String(repeating: "0", count: max(0, 4 - code.utf8.count)))\(code)"
            return .bad(.syntax, "the character \(visible) means nothing here", hint: nil)
        }
    }
}

extension String {
    /// The text cut to a length that fits in a sentence.
    var shortened: String { unicodeScalars.count <= 40 ? self : String(String.UnicodeScalarView(unicodeScalars.prefix(39))) + "…" }
}
