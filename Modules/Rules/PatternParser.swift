/// Reads ECMAScript's pattern grammar with the `u` flag (ECMA-262, section 22.2.1), less what is refused.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var names: Set<Text> = []
    /// Sets that the nodes mention by number.
    private(set) var sets: [ScalarSet] = []
    private var numbers: [ScalarSet: Int] = [:]

    static let deepest = 200

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try choice()
        if position < scalars.count { throw PatternError(.syntax, "the pattern closes a parenthesis that it did not open") }
        return node
    }

    // MARK: Reading

    private var scalar: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func peek(_ text: String) -> Bool { scalars[position...].starts(with: text.unicodeScalars) }

    private mutating func take(_ text: String) -> Bool {
        guard peek(text) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func node(_ set: ScalarSet) -> PatternNode {
        if let number = numbers[set] { return .set(number) }
        numbers[set] = sets.count
        sets.append(set)
        return .set(sets.count - 1)
    }

    // MARK: Terms

    private mutating func choice() throws(PatternError) -> PatternNode {
        var parts = [try sequence()]
        while take("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let next = scalar, next != "|", next != ")" { parts.append(try term()) }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func term() throws(PatternError) -> PatternNode {
        if let assertion = assertion() {
            if let next = scalar, "*+?{".unicodeScalars.contains(next) {
                throw PatternError(.syntax, "\"\(next)\" in the pattern repeats a place, which has no length")
            }
            return .assertion(assertion)
        }
        return try quantified(try atom())
    }

    private mutating func assertion() -> PatternProgram.Step.Kind? {
        if take("^") { return .start }
        if take("$") { return .end }
        if take("\\b") { return .edge }
        if take("\\B") { return .notEdge }
        return nil
    }

    private mutating func quantified(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        let bounds: (least: Int, most: Int?)
        if take("*") {
            bounds = (0, nil)
        } else if take("+") {
            bounds = (1, nil)
        } else if take("?") {
            bounds = (0, 1)
        } else if take("{") {
            bounds = try counts()
        } else {
            return atom
        }
        _ = take("?")  // Lazy: another match may be found first, but whether one is there stays the same.
        return .repeated(atom, least: bounds.least, most: bounds.most)
    }

    private mutating func counts() throws(PatternError) -> (Int, Int?) {
        guard let least = number() else {
            throw PatternError(.syntax, "\"{\" in the pattern begins no repeat", hint: "write \\{ for the character")
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else { throw PatternError(.syntax, "a repeat in the pattern is not closed", hint: "write {n}, {n,} or {n,m}") }
        if let most, most < least { throw PatternError(.syntax, "a repeat in the pattern counts down") }
        guard least <= Pattern.largestRepeat, most ?? 0 <= Pattern.largestRepeat else {
            throw PatternError(.kind, "a repeat in the pattern is above \(Pattern.largestRepeat.formatted)")
        }
        return (least, most)
    }

    /// Digits; held at a bound beyond every count that is allowed.
    private mutating func number() -> Int? {
        var value: Int?
        while let digit = scalar, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        guard let next = scalar else { return .empty }
        switch next {
        case ".":
            position += 1
            return node(.dot)
        case "(": return try group()
        case "[": return try bracket()
        case "\\":
            position += 1
            return node(try escape(inBracket: false))
        case "*", "+", "?":
            throw PatternError(.syntax, "\"\(next)\" in the pattern has nothing to repeat", hint: "write \\\(next) for the character")
        case "{", "}", "]":
            throw PatternError(.syntax, "\"\(next)\" stands alone in the pattern", hint: "write \\\(next) for the character")
        default:
            position += 1
            return node(ScalarSet([next.value...next.value]))
        }
    }

    private mutating func group() throws(PatternError) -> PatternNode {
        position += 1
        if take("?") {
            if peek("=") || peek("!") || peek("<=") || peek("<!") {
                throw PatternError(.kind, "look-around in patterns is not supported")
            }
            if take("<") {
                try groupName()
            } else if !take(":") {
                throw PatternError(.syntax, "unknown kind of group in the pattern", hint: "groups are (...), (?:...) and (?<name>...)")
            }
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw PatternError(.limit, "the pattern nests deeper than \(Self.deepest)") }
        let inner = try choice()
        guard take(")") else { throw PatternError(.syntax, "a parenthesis of the pattern is not closed") }
        return inner
    }

    private mutating func groupName() throws(PatternError) {
        var name = String.UnicodeScalarView()
        while let next = scalar, next != ">" {
            let fits = next == "$" || next == "_" || (name.isEmpty ? next.properties.isIDStart : next.properties.isIDContinue)
            guard fits else { throw PatternError(.syntax, "a group of the pattern has an odd name") }
            name.append(next)
            position += 1
        }
        guard take(">"), !name.isEmpty else { throw PatternError(.syntax, "a group of the pattern has no name") }
        guard names.insert(Text(String(name))).inserted else { throw PatternError(.syntax, "two groups of the pattern share a name") }
    }

    // MARK: Brackets

    private mutating func bracket() throws(PatternError) -> PatternNode {
        position += 1
        let inverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !take("]") {
            guard scalar != nil else { throw PatternError(.syntax, "a \"[\" of the pattern is not closed") }
            let first = try member()
            guard peek("-"), position + 1 < scalars.count, scalars[position + 1] != "]" else {
                ranges.append(contentsOf: first.ranges)
                continue
            }
            position += 1
            let last = try member()
            guard let low = first.single, let high = last.single else {
                throw PatternError(.syntax, "a range of the pattern begins or ends with a class", hint: "write \\- for the character")
            }
            guard low <= high else { throw PatternError(.syntax, "a range of the pattern counts down") }
            ranges.append(low...high)
        }
        let set = ScalarSet(ranges)
        return node(inverted ? set.inverse : set)
    }

    private mutating func member() throws(PatternError) -> ScalarSet {
        guard let next = scalar else { throw PatternError(.syntax, "a \"[\" of the pattern is not closed") }
        position += 1
        return next == "\\" ? try escape(inBracket: true) : ScalarSet([next.value...next.value])
    }

    // MARK: Escapes

    /// What stands behind a backslash.
    private mutating func escape(inBracket: Bool) throws(PatternError) -> ScalarSet {
        guard let letter = scalar else { throw PatternError(.syntax, "the pattern ends with a backslash") }
        position += 1
        func one(_ value: UInt32) -> ScalarSet { ScalarSet([value...value]) }
        switch letter {
        case "d": return .digits
        case "D": return ScalarSet.digits.inverse
        case "w": return .word
        case "W": return ScalarSet.word.inverse
        case "s": return .space
        case "S": return ScalarSet.space.inverse
        case "t": return one(9)
        case "n": return one(10)
        case "v": return one(11)
        case "f": return one(12)
        case "r": return one(13)
        case "b" where inBracket: return one(8)
        case "-" where inBracket: return one(45)
        case "0":
            if let digit = scalar, ("0"..."9").contains(digit) { throw PatternError(.syntax, "octal escapes are no part of patterns") }
            return one(0)
        case "1"..."9":
            if inBracket { throw PatternError(.syntax, "\\\(letter) means nothing inside brackets") }
            throw PatternError(.kind, "back references in patterns are not supported")
        case "k": throw PatternError(.kind, "back references in patterns are not supported")
        case "p", "P": throw PatternError(.kind, "\\\(letter) in patterns is not supported", hint: "list the characters in brackets")
        case "c":
            guard let control = scalar, ("a"..."z").contains(control) || ("A"..."Z").contains(control) else {
                throw PatternError(.syntax, "\\c in the pattern is followed by no letter")
            }
            position += 1
            return one(control.value % 32)
        case "x":
            guard let value = hex(2) else { throw PatternError(.syntax, "\\x in the pattern takes two hexadecimal digits") }
            return one(value)
        case "u": return one(try unicode())
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/": return one(letter.value)
        default:
            throw PatternError(
                .syntax, "\\\(letter) means nothing in a pattern", hint: "only ^ $ \\ . * + ? ( ) [ ] { } | / are escaped by a backslash")
        }
    }

    private mutating func hex(_ count: Int) -> UInt32? {
        guard position + count <= scalars.count else { return nil }
        var value: UInt32 = 0
        for digit in scalars[position..<position + count] {
            guard digit.isASCII, let number = Character(digit).hexDigitValue else { return nil }
            value = value * 16 + UInt32(number)
        }
        position += count
        return value
    }

    /// Behind `\u`: four digits, a pair of them for what lies beyond, or digits in braces.
    private mutating func unicode() throws(PatternError) -> UInt32 {
        if take("{") {
            var value: UInt32 = 0
            var count = 0
            while let digit = scalar, digit.isASCII, let number = Character(digit).hexDigitValue {
                value = min(value * 16 + UInt32(number), 0x110000)
                (position, count) = (position + 1, count + 1)
            }
            guard count > 0, value <= ScalarSet.last, take("}") else {
                throw PatternError(.syntax, "\\u{...} in the pattern takes a code point up to 10FFFF")
            }
            return value
        }
        guard let first = hex(4) else { throw PatternError(.syntax, "\\u in the pattern takes four hexadecimal digits, or {...}") }
        guard (0xD800..<0xDC00).contains(first), peek("\\u") else { return first }
        let start = position
        position += 2
        if let second = hex(4), (0xDC00..<0xE000).contains(second) { return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00) }
        position = start
        return first
    }
}

extension ScalarSet {
    /// The only member of a set of one; nil for others.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].lowerBound == ranges[0].upperBound else { return nil }
        return ranges[0].lowerBound
    }
}
