extension JSONValue {
    /// Decodes one JSON text (RFC 8259) that is all of `bytes`, slowly and plainly: the truth that fast decoders are held against.
    ///
    /// Integers of 64 bits are exact; other numbers are the nearest float64, and those beyond its range are null. Of a name given
    /// twice in an object the last value counts, in the first one's place. Text must be valid UTF-8 without half surrogates and
    /// without a byte order mark; arrays and objects nest to `MessageLimits.jsonDepth` levels.
    ///
    /// - Throws: `JSONError` with the place of the first byte that no JSON text could have there.
    public init(parsing bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
        var decoder = ReferenceDecoder(bytes: bytes)
        self = try decoder.document()
    }

    /// Decodes one JSON text; see `init(parsing:)` of a buffer.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        let result: Result<JSONValue, JSONError> = ContiguousArray(bytes).withUnsafeBufferPointer { buffer in
            do throws(JSONError) { return .success(try JSONValue(parsing: buffer)) } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// Decodes one JSON text; see `init(parsing:)` of a buffer.
    public init(parsing text: String) throws(JSONError) { self = try JSONValue(parsing: text.utf8) }
}

/// A recursive descent over the grammar of RFC 8259, one function a rule.
private struct ReferenceDecoder {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw error(at: 0, "The text begins with a byte order mark. Remove its three bytes (EF BB BF).")
        }
        skipSpace()
        if position == bytes.count { throw error(at: position, "The text is empty. A JSON value belongs here.") }
        let value = try value()
        skipSpace()
        if position < bytes.count { throw error(at: position, "\(seen(position)) follows the value. Nothing may stand after it.") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw error(at: position, "The text ends where a value belongs.") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default:
            throw error(
                at: position,
                "\(seen(position)) cannot begin a value. Write an object, an array, a string in double quotes, a number, true, false or null."
            )
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for index in 0..<word.utf8CodeUnitCount {
            guard position + index < bytes.count else {
                throw error(at: bytes.count, "The text ends inside the word \(word).")
            }
            guard bytes[position + index] == word.utf8Start[index] else {
                throw error(
                    at: position + index,
                    "\(seen(position + index)) does not belong here. Only the words true, false and null may stand bare.")
            }
        }
        position += word.utf8CodeUnitCount
        return value
    }

    // MARK: Arrays and objects

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var members: [JSONObject.Member] = []
        var places: [[UInt8]: Int] = [:]  // by bytes: String's == takes composed and decomposed accents for one
        skipSpace()
        if take("}") { return leave(.object(JSONObject())) }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error(at: position, "\(seen(position)) stands where a name in double quotes belongs.")
            }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error(at: position, "\(seen(position)) stands where the colon after a name belongs.") }
            skipSpace()
            let value = try value()
            if let place = places[Array(name.utf8)] {
                members[place].value = value
            } else {
                places[Array(name.utf8)] = members.count
                members.append(JSONObject.Member(name, value))
            }
            skipSpace()
            if take("}") { return leave(.object(JSONObject(members))) }
            guard take(",") else { throw error(at: position, "\(seen(position)) stands where a comma or } belongs.") }
            skipSpace()
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return leave(.array([])) }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return leave(.array(elements)) }
            guard take(",") else { throw error(at: position, "\(seen(position)) stands where a comma or ] belongs.") }
            skipSpace()
        }
    }

    /// Steps over the opening bracket.
    private mutating func enter() throws(JSONError) {
        if depth == MessageLimits.jsonDepth {
            throw error(at: position, "Arrays and objects are nested more than \(MessageLimits.jsonDepth) deep. Flatten the value.")
        }
        depth += 1
        position += 1
    }

    private mutating func leave(_ value: JSONValue) -> JSONValue {
        depth -= 1
        return value
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var isInteger = true
        let isNegative = take("-")
        if take("0") {
            if digit() != nil { throw error(at: position, "A number may not begin with 0 before other digits. Leave the 0 out.") }
        } else {
            try digits("after the minus sign")
        }
        if take(".") {
            isInteger = false
            try digits("after the decimal point")
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits("in the exponent")
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger {
            if let integer = Int64(text) { return .integer(integer) }
            if !isNegative, let unsigned = UInt64(text) { return .unsigned(unsigned) }
        }
        guard let number = Double(text), number.isFinite else { return .null }
        return .number(number)
    }

    private mutating func digits(_ place: String) throws(JSONError) {
        guard digit() != nil else { throw error(at: position, "\(seen(position)) stands where a digit \(place) belongs.") }
        while digit() != nil { position += 1 }
    }

    private func digit() -> UInt8? {
        guard position < bytes.count, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") else { return nil }
        return bytes[position]
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var text = String.UnicodeScalarView()
        while true {
            guard position < bytes.count else {
                throw error(at: bytes.count, "The text ends inside the string that begins at byte \(start). Close it with a double quote.")
            }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(text)
            case UInt8(ascii: "\\"): text.append(try escape())
            case 0..<0x20:
                throw error(at: position, "\(seen(position)) may not stand bare in a string. Write it as \\u\(hexadecimal(UInt32(byte))).")
            default: text.append(try scalar())
            }
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        guard position < bytes.count else { throw error(at: position, "The text ends after a backslash.") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default:
            throw error(
                at: position - 1,
                "\(seen(position - 1)) may not follow a backslash. Write one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.")
        }
        let first = try fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
        else {
            throw halfSurrogate(first, at: start)
        }
        position += 2
        let second = try fourHexDigits()
        guard second >= 0xDC00, second <= 0xDFFF, let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
            throw halfSurrogate(first, at: start)
        }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw error(at: position, "\(seen(position)) stands where one of the four hexadecimal digits of \\u belongs.")
            }
            value = value * 16 + UInt32(digit)
            position += 1
        }
        return value
    }

    private func halfSurrogate(_ half: UInt32, at offset: Int) -> JSONError {
        error(
            at: offset,
            "\\u\(hexadecimal(half)) is half of a surrogate pair without its other half. Write both halves, or the character itself.")
    }

    /// One scalar of two to four bytes, or one of ASCII, as table 3-7 of the Unicode Standard allows them.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let first = UInt32(bytes[position])
        if first < 0x80 {
            position += 1
            return Unicode.Scalar(bytes[position - 1])
        }
        let (length, least): (Int, UInt32)
        switch first {
        case 0xC2...0xDF: (length, least) = (2, 0x80)
        case 0xE0...0xEF: (length, least) = (3, 0x800)
        case 0xF0...0xF4: (length, least) = (4, 0x10000)
        default: throw invalidUTF8()
        }
        guard position + length <= bytes.count else { throw invalidUTF8() }
        var value = first & (0x7F >> UInt32(length))
        for byte in bytes[position + 1..<position + length] {
            guard byte & 0xC0 == 0x80 else { throw invalidUTF8() }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard value >= least, let scalar = Unicode.Scalar(value) else { throw invalidUTF8() }
        position += length
        return scalar
    }

    private func invalidUTF8() -> JSONError {
        error(at: position, "Byte 0x\(hexadecimal(UInt32(bytes[position]), digits: 2)) is not valid UTF-8 here. Write the text in UTF-8.")
    }

    // MARK: Steps

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    private func error(at offset: Int, _ reason: String) -> JSONError { JSONError(in: bytes, at: offset, reason: reason) }

    /// The byte at `offset` as a reader knows it.
    private func seen(_ offset: Int) -> String {
        guard offset < bytes.count else { return "The end of the text" }
        let byte = bytes[offset]
        return byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "Byte 0x\(hexadecimal(UInt32(byte), digits: 2))"
    }
}

private func hexadecimal(_ value: UInt32, digits: Int = 4) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
