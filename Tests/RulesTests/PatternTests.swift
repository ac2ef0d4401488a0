import Rules
@testable import RulesTesting
import Testing

struct PatternTests {
    @Test(arguments: [
        ("", "", true), ("", "abc", true), ("b", "abc", true), ("^b", "abc", false), ("a$", "a\n", false), ("^$", "", true),
        ("^a", "b\na", false),
        (".", "\n", false), (".", "\u{2028}", false), (".", "\u{85}", true), ("^.$", "\u{1F600}", true), ("^.$", "e\u{301}", false),
        ("\\d", "\u{665}", false), ("^\\d+$", "0189", true), ("\\w", "\u{E9}", false), ("^\\w+$", "aZ_9", true), ("\\s", "\u{FEFF}", true),
        ("\\s", "\u{A0}", true), ("\\s", "\u{85}", false), ("\\S", " ", false), ("\\bfoo\\b", "a foo!", true), ("\\bfoo\\b", "afoo", false),
        ("\\B", "", true),
        ("\\b", "", false), ("a\\Bb", "ab", true), ("[a-c]x", "bx", true), ("[^a-c]", "abc", false), ("[]", "a", false),
        ("[^]", "\n", true), ("[\\d-]", "-", true),
        ("[-a]", "-", true), ("[a-]", "-", true), ("[\\b]", "\u{8}", true), ("[\\-]", "-", true), ("[a\\]]", "]", true),
        ("[.]", "a", false),
        ("\\x41", "A", true), ("\\u0041", "A", true), ("\\u{1F600}", "\u{1F600}", true), ("\\ud83d\\ude00", "\u{1F600}", true),
        ("^\\ud83d", "\u{1F600}", false),
        ("[\\ud83d\\ude00]", "\u{1F600}", true), ("\\cA", "\u{1}", true), ("\\0", "\0", true),
        ("\\t\\n\\v\\f\\r", "\t\n\u{B}\u{C}\r", true), ("\\/\\^\\$", "/^$", true),
        ("(?<year>\\d{4})-(?:\\d\\d)", "on 2026-06", true), ("a{2,3}?b", "aab", true), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true),
        ("^(?:a|ab)(?:c|bcd)$", "abcd", true),
        ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false), ("(|a)+$", "b", true), ("x*", "y", true),
        ("^(a?){3}$", "aa", true), ("a||b", "", true),
        ("^(?:\\b|x){2}a", "a", true), ("a{0}b", "b", true), ("^[^\\d\\s]+$", "abc", true), ("\u{E9}", "e\u{301}", false),
        ("^\\u{65}\\u{301}$", "e\u{301}", true), ("-", "-", true), ("a,b", "a,b", true),
    ])
    func `a pattern answers as ECMAScript does`(pattern: String, text: String, found: Bool) throws {
        #expect(try Pattern(pattern).isFound(in: text) == found)
    }

    @Test(arguments: [
        ("(", RuleError.Code.syntax), (")", .syntax), ("a)", .syntax), ("[", .syntax), ("[a", .syntax), ("[b-a]", .syntax),
        ("[\\d-z]", .syntax), ("*", .syntax), ("a**", .syntax),
        ("+a", .syntax), ("a{", .syntax), ("a{1", .syntax), ("a{,5}", .syntax), ("a{2,1}", .syntax), ("{1}", .syntax), ("}", .syntax),
        ("]", .syntax), ("\\", .syntax), ("\\a", .syntax), ("\\-", .syntax),
        ("\\xG0", .syntax), ("\\u12", .syntax), ("\\u{110000}", .syntax), ("\\u{}", .syntax), ("\\c1", .syntax), ("\\01", .syntax),
        ("[\\1]", .syntax), ("^*", .syntax), ("\\b+", .syntax), ("(?", .syntax),
        ("(?<a", .syntax), ("(?<1>a)", .syntax), ("(?<a>x)(?<a>y)", .syntax), ("(?i:a)", .syntax), ("[\\B]", .syntax),
        ("(?=a)b", .kind), ("(?!a)b", .kind), ("(?<=a)b", .kind), ("(?<!a)b", .kind), ("(a)\\1", .kind), ("(?<n>a)\\k<n>", .kind),
        ("\\p{L}", .kind), ("[\\P{L}]", .kind), ("a{1001}", .kind), ("a{1,99999999999999999999}", .kind),
        ("(?:a{1000}){1000}", .limit), ("(?:(?:(?:(?:){1000}){1000}){1000}){1000}", .limit),
        (String(repeating: "(", count: 300) + String(repeating: ")", count: 300), .limit),
    ])
    func `a pattern that cannot run is refused before it runs`(pattern: String, code: RuleError.Code) {
        let error = #expect(throws: PatternError.self) { try Pattern(pattern) }
        #expect(error?.code == code, "\(error?.message ?? "accepted")")
    }

    @Test(arguments: UInt64(0)..<30)
    func `random patterns agree with a matcher that tries everything`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<100 {
            let shape = Shape(random: &random, size: 4)
            let pattern = try Pattern(shape.pattern)
            var matcher = PatternMatcher(pattern)
            for _ in 0..<12 {
                var text = (0..<random.below(7)).map { _ in random.pick(["a", "b", "c", " ", "\u{E9}"]) }.joined()
                let expected = shape.isFound(in: Array(text.unicodeScalars))
                #expect(pattern.isFound(in: text) == expected, "/\(shape.pattern)/ in \"\(text)\"")
                #expect(text.withUTF8 { matcher.isFound(in: $0) } == expected, "reused: /\(shape.pattern)/ in \"\(text)\"")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `random characters are compiled or refused, and never crash`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "\\", "^", "$", "-", "a", "1", "0", ",", "u", "d", "b", "x", "<", ">", ":",
            "=", "\u{E9}", "\u{1F600}", "{2,3}", "(?:",
        ]
        for _ in 0..<500 {
            let text = (0..<random.below(14)).map { _ in random.pick(pieces) }.joined()
            if let pattern = try? Pattern(text) { _ = pattern.isFound(in: "ab 1-\u{E9}") }
        }
    }

    @Test func `a hostile pattern over a long text takes linear time`() throws {
        let text = String(repeating: "a", count: 20_000)
        #expect(try !Pattern("^(?:(a|aa)+)+$b").isFound(in: text))
        #expect(try !Pattern("(?:a?){100}a{100}b").isFound(in: text.prefix(2_000).description))
    }
}

/// A random pattern that knows what it finds, by trying every way.
private indirect enum Shape {
    case letter(String), dot, notB, digit, start, end, edge, notEdge
    case sequence([Shape])
    case choice([Shape])
    case repeated(Shape, Int, Int?)

    init(random: inout SeededRandom, size: Int) {
        switch random.below(size > 0 ? 14 : 8) {
        case 0...2: self = .letter(random.pick(["a", "b", "c", "\u{E9}", " "]))
        case 3: self = .dot
        case 4: self = .notB
        case 5: self = random.pick([.start, .end])
        case 6: self = random.pick([.edge, .notEdge])
        case 7: self = .digit
        case 8...10: self = .sequence((0..<random.below(4)).map { _ in Shape(random: &random, size: size - 1) })
        case 11: self = .choice((0..<(1 + random.below(3))).map { _ in Shape(random: &random, size: size - 1) })
        default:
            let least = random.below(3)
            self = .repeated(Shape(random: &random, size: size - 1), least, random.once(in: 2) ? nil : least + random.below(3))
        }
    }

    var pattern: String {
        switch self {
        case .letter(let letter): letter
        case .dot: "."
        case .notB: "[^b]"
        case .digit: "[a-b\\d]"
        case .start: "(?:^)"
        case .end: "(?:$)"
        case .edge: "(?:\\b)"
        case .notEdge: "(?:\\B)"
        case .sequence(let parts): "(?:" + parts.map(\.pattern).joined() + ")"
        case .choice(let parts): "(" + parts.map(\.pattern).joined(separator: "|") + ")"
        case .repeated(let part, let least, let most): "(?:\(part.pattern)){\(least),\(most.map(String.init) ?? "")}"
        }
    }

    func isFound(in text: [Unicode.Scalar]) -> Bool { (0...text.count).contains { !ends(in: text, from: $0).isEmpty } }

    /// Every place at which a match from `start` may end.
    private func ends(in text: [Unicode.Scalar], from start: Int) -> Set<Int> {
        func one(_ fits: (Unicode.Scalar) -> Bool) -> Set<Int> { start < text.count && fits(text[start]) ? [start + 1] : [] }
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && "abc".unicodeScalars.contains(text[index]) }
        let isEdge = isWord(start - 1) != isWord(start)
        switch self {
        case .letter(let letter): return one { $0 == letter.unicodeScalars.first }
        case .dot: return one { $0 != "\n" }
        case .notB: return one { $0 != "b" }
        case .digit: return one { $0 == "a" || $0 == "b" }
        case .start: return start == 0 ? [start] : []
        case .end: return start == text.count ? [start] : []
        case .edge: return isEdge ? [start] : []
        case .notEdge: return isEdge ? [] : [start]
        case .sequence(let parts): return parts.reduce([start]) { reached, part in Set(reached.flatMap { part.ends(in: text, from: $0) }) }
        case .choice(let parts): return Set(parts.flatMap { $0.ends(in: text, from: start) })
        case .repeated(let part, let least, let most):
            var reached: Set<Int> = [start]
            for _ in 0..<least { reached = Set(reached.flatMap { part.ends(in: text, from: $0) }) }
            var all = reached
            for _ in least..<max(least, most ?? least + text.count + 1) {
                reached = Set(reached.flatMap { part.ends(in: text, from: $0) })
                all.formUnion(reached)
            }
            return all
        }
    }
}
