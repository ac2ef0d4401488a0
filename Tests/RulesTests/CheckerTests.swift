import EventModel
import Rules
@testable import RulesTesting
import Testing

struct CheckerTests {
    /// A text, the class of its mistake, the words at fault, and a part of what is said.
    static let mistakes: [(text: String, code: RuleError.Code, word: String, part: String)] = [
        ("", .syntax, "", "nothing is written"), ("   # only a comment", .syntax, "", "nothing is written"),
        ("did", .syntax, "", "the text ends where the name of an event"),
        ("did Order", .syntax, "Order", "names of events stand in double quotes"), ("did \"A\" witin 7d", .syntax, "witin", "stands where"),
        ("did \"A\" an did \"B\"", .syntax, "an", "did you mean and?"),
        ("coutn(\"A\") > 1", .syntax, "coutn", "did you mean count?"), ("plan == \"free\"", .syntax, "plan", "did you mean trait.plan?"),
        ("count(\"A\", .x) > 0", .syntax, ",", "count takes events and no property"),
        ("sum(\"A\") > 1", .syntax, ")", "a property"), ("sum(\"A\", x) > 1", .syntax, "x", "did you mean .x?"),
        ("trait.a = 1", .syntax, "=", "write == for equal"), ("trait.a == 'x'", .syntax, "'", "plain double quotes"),
        ("trait.a == \"x", .syntax, "\"", "is not closed"), ("trait.a == \"\\q\"", .syntax, "\"\\", "unknown escape"),
        ("trait.a == \"\\ud800\"", .syntax, "\"\\", "unknown escape"), ("trait == 1", .syntax, "==", "a name after trait"),
        ("trait.a && trait.b", .syntax, "&", "write and"), ("!trait.a", .syntax, "!", "write not"),
        ("1 < 2 < 3", .syntax, "<", "do not chain"), ("(1 < 2) == true", .syntax, "==", "do not chain"),
        (".5 > 1", .syntax, ".", "write 0.5"),
        ("did \"A\" within 7x", .syntax, "7x", "unknown unit"), ("did \"A\" at least 2", .syntax, "", "\"times\""),
        ("did \"A\" at last 2 times", .syntax, "last", "did you mean least?"),
        ("did \"A\" at least 1.5 times", .syntax, "1.5", "a whole number"),
        ("(true", .syntax, "", "closing the parenthesis"), ("true)", .syntax, ")", "closes nothing"),
        ("sequence(then \"A\")", .syntax, "then", "a step"),
        ("sequence(\"A\" then not \"B\" within 1h then \"C\")", .syntax, "then", "last step"),
        ("sequence(\"A\" since now)", .syntax, "since", "no other window"), ("trait.a in ()", .syntax, ")", "a literal"),
        ("trait.a in (1, trait.b)", .syntax, "trait", "a literal"), ("trait.a in top 5", .syntax, "", "\"%\""),
        ("exists(did \"A\")", .syntax, "did", "a value"),
        ("trait.a within 7d", .syntax, "within", "a window follows events"),
        ("true where true", .syntax, "where", "follows a name of events"), ("trait.a \u{A0}== 1", .syntax, "\u{A0}", "U+00A0"),
        ("did \"A\" where", .syntax, "", "a value or a property"), ("trait.a matches \"(\"", .syntax, "\"(\"", "not closed"),
        ("count(\"A\")", .kind, "count(\"A\")", "is a number, not a truth"), ("not \"x\"", .kind, "\"x\"", "is a text, not a truth"),
        ("count(\"A\") == \"a\"", .kind, "\"a\"", "count(\"A\") is a number, \"a\" is a text"), ("\"5\" == 5", .kind, "5", "is a text"),
        ("trait.createdAt < now", .kind, "trait.createdAt", "did you mean time(trait.createdAt)?"),
        ("now - trait.x > 7d", .kind, "-", "did you mean time(trait.x)?"),
        ("did \"A\" since trait.x", .kind, "trait.x", "did you mean time(trait.x)?"),
        ("did \"A\" since 7d", .kind, "7d", "write within 7d, or since ago(7d)"), ("did \"A\" within 7", .kind, "7", "as in 7d"),
        ("did \"A\" within 7 d", .kind, "7", "has no unit"), ("did \"A\" within \"7d\"", .kind, "\"7d\"", "is no duration"),
        ("did \"A\" within 0.0001s", .kind, "0.0001s", "whole number of milliseconds"),
        ("first(\"A\") < 5", .kind, "5", "is an instant"), ("true < false", .kind, "<", "truths have no order"),
        ("trait.a >= true", .kind, ">=", "truths have no order"), (".x == 1", .kind, ".x", "did you mean trait.x"),
        ("timestamp < now", .kind, "timestamp", "one event"), ("context.a == 1", .kind, "context", "one event"),
        ("did \"A\" where .x == 1 and did \"B\"", .kind, "did", "in parentheses"),
        ("did \"A\" where segment \"s\"", .kind, "segment \"s\"", "condition"),
        ("did \"A\" where count(\"B\") > 1", .kind, "count", "condition"), ("did \"A\" where .x in top 5%", .kind, "top 5%", "condition"),
        ("did \"A\" where sequence(\"B\")", .kind, "sequence", "condition"),
        ("did \"A\" where .x == \"a\" or type == 5", .kind, "5", "type is a text"),
        ("sequence(\"A\" within 1h then \"B\")", .kind, "within 1h", "first step"),
        ("sequence(\"A\" then not \"B\")", .kind, "not \"B\"", "how long"),
        ("sum(\"A\", timestamp) > 1", .kind, "timestamp", "takes numbers"),
        ("maximum(\"A\", type) > 1", .kind, "type", "takes numbers or timestamp"), ("lower(5) == \"a\"", .kind, "5", "lower takes a text"),
        ("time(now) == now", .kind, "now", "time takes"), ("hour(trait.x) == 5", .kind, "trait.x", "did you mean time(trait.x)?"),
        ("count(\"A\") contains \"a\"", .kind, "count(\"A\")", "for texts"), ("trait.a contains 5", .kind, "5", "double quotes"),
        ("trait.a in (1d)", .kind, "trait.a", "never a duration"), ("count(\"A\") in (1, \"a\")", .kind, "\"a\"", "is a text"),
        ("\"a\" in top 5%", .kind, "\"a\"", "has no rank"),
        ("trait.a in top 0%", .kind, "0", "above 0 and at most 100"), ("trait.a in top 100.5%", .kind, "100.5", "at most 100"),
        ("\"a\" + 1 == 2", .kind, "+", "is not for these"), ("-now == now", .kind, "-", "no negative"),
        ("now + now == now", .kind, "+", "is not for these"), ("1e999 == 1", .kind, "1e999", "too large"),
        ("trait.a matches \"(?=a)\"", .kind, "\"(?=a)\"", "look-around"), ("distanceKm(\"a\", 1, 2, 3) > 1", .kind, "\"a\"", "degrees"),
        ("did \"A\" at least 99999999999999999999 times", .kind, "99999999999999999999", "too large"),
        ("segment \"nobody\"", .name, "\"nobody\"", "unknown segment \"nobody\""),
        ("segment \"Vps\"", .name, "\"Vps\"", "did you mean \"Vips\"?"), ("feature.lv > 1", .name, ".lv", "did you mean \"ltv\"?"),
        ("hour(now, \"Europe/Berlim\") == 1", .name, "\"Europe/Berlim\"", "did you mean \"Europe/Berlin\"?"),
        ("segment \"loop\"", .name, "\"loop2\"", "\"loop\" -> \"loop2\" -> \"loop\""),
        ("feature.self > 1", .name, ".self", "mentions itself"),
        ("segment \"broken\"", .kind, "count(\"A\")", "segment 'broken', line 2, column 1"),
        ("asOf(trait) < now", .syntax, ")", "a name after trait"), ("asOf(5) < now", .kind, "5", "as in asOf(trait.plan)"),
        ("asOf(.x) < now", .kind, ".x", "did you mean asOf(trait.x)?"),
        ("asOf(traits.\"a b\") < now", .kind, "traits.\"a b\"", "did you mean asOf(trait.\"a b\")?"),
        ("asOf(plan) < now", .syntax, "plan", "did you mean trait.plan?"),
        ("asOf(now) < now", .syntax, "now", "a trait (as in trait.plan)"),
        ("asOf(trait.x + 1) < now", .syntax, "+", "closing asOf"), ("asOf trait.x < now", .syntax, "trait", "after asOf"),
        ("asOf(trait.x) == 5", .kind, "5", "asOf(trait.x) is an instant"), ("asOf(trait.x)", .kind, "asOf(trait.x)", "not a truth"),
        ("did \"A\" where asOf(trait.x) < now", .kind, "asOf", "condition"),
        ("did \"A\" where stale(trait.plan)", .kind, "stale", "condition"), ("stale(\"plan\")", .kind, "\"plan\"", "stale takes one"),
        ("stale(trait.x.y)", .name, "trait.x.y", "write asOf(trait.x.y) < ago(1d), or list x under traits of a source in sources/"),
        ("true and stale(trait.plam)", .name, "trait.plam", "did you mean stale(trait.plan)? Else write asOf(trait.plam) < ago(1d)"),
        ("1 + stale(trait.plan) > 2", .syntax, "stale", "a value"), ("stal(trait.plan)", .syntax, "stal", "did you mean stale?"),
        ("traits.plan == \"a\"", .kind, "traits.plan", "did you mean trait.plan, or a condition after where?"),
        ("last(any where type == \"identify\", traits) == 1", .syntax, ")", "a name after traits"),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told with its class, its place and a remedy`(text: String, code: RuleError.Code, word: String, part: String) throws {
        let definitions = Definitions(
            segments: ["Vips": "true", "loop": "segment \"loop2\"", "loop2": "segment \"loop\"", "broken": "# a comment\ncount(\"A\")"],
            features: ["ltv": "sum(\"A\", .x)", "self": "feature.self + 1"], refresh: ["plan": 86_400_000])
        let error = try #require(throws: RuleError.self) { try Rule(parsing: text, definitions: definitions) }
        #expect(error.code == code, "\(error)")
        #expect(error.description.contains(part), "\(error)")
        let scalars = Array(error.place.lineText.unicodeScalars)
        if !word.isEmpty, error.place.column - 1 + error.place.length <= scalars.count {
            let fault = String(String.UnicodeScalarView(scalars[(error.place.column - 1)..<(error.place.column - 1 + error.place.length)]))
            #expect(fault.hasPrefix(word) || word == fault || text.contains("loop"), "\(error)")
        }
    }

    @Test func `a mistake looks like this`() throws {
        let error = try #require(throws: RuleError.self) {
            try Rule(parsing: "true and\n\tcount(\"\u{E4}\") == \"a\" # why", source: .segment("cart"))
        }
        #expect(
            error.description == """
                segment 'cart', line 2, column 16: count("\u{E4}") is a number, "a" is a text.
                  \tcount("\u{E4}") == "a" # why
                  \t              ^^^
                """)
        #expect((error.line, error.column) == (2, 16))
    }

    @Test func `an event never seen is a warning with the nearest that was`() throws {
        let catalogue = Catalogue(
            events: ["Order Completed": 18_204, "Order Cancelled": 3, "Product Added": 7, "Order Complete!": 0], properties: [["price"]],
            context: [["device", "type"]], traits: [["plan"]])
        let text = "did \"Product Added\" within 48h and not did \"Order Complete\""
        let checked = try Checker(catalogue: catalogue).rule(text, source: .segment("cart-abandoners"))
        #expect(
            checked.warnings.map(\.description) == [
                """
                segment 'cart-abandoners', line 1, column 44: unknown event "Order Complete" (0 events ever seen).
                  did "Product Added" within 48h and not did "Order Complete"
                                                             ^^^^^^^^^^^^^^^^ did you mean "Order Completed" (18,204 events)?
                """
            ])
        let names = try Checker(catalogue: catalogue).rule(
            "did any where .prise > 1 and context.device.typ == \"a\" and .price > 1 and trait.plam == \"x\" and trait.plan == \"x\"")
        #expect(
            names.warnings.map(\.message) == [
                "unknown property \"prise\" (never seen)", "unknown context \"device.typ\" (never seen)",
                "unknown trait \"plam\" (never seen)",
            ])
        #expect(names.warnings.map(\.hint) == ["did you mean \"price\"?", "did you mean \"device.type\"?", "did you mean \"plan\"?"])
        #expect(try Checker().rule(text).warnings.isEmpty)
    }

    @Test func `a long line is cut around the mistake`() throws {
        let text = String(repeating: "true or ", count: 60) + "count(\"A\") or " + String(repeating: "true or ", count: 60) + "true"
        let error = try #require(throws: RuleError.self) { try Rule(parsing: text) }
        let lines = error.description.split(separator: "\n")
        #expect(error.column == 481)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count < 200 })
        let carets = lines[2].distance(from: lines[2].startIndex, to: try #require(lines[2].firstIndex(of: "^")))
        #expect(lines[1].dropFirst(carets).hasPrefix("count(\"A\")"))
    }

    // MARK: Limits

    /// Texts at the edge of a limit: one part repeated, with what stands before and behind it.
    struct Edge: Sendable, CustomTestStringConvertible {
        var before = ""
        var part: String
        var times: Int
        var behind = ""

        var text: String { before + String(repeating: part, count: times) + behind }
        var testDescription: String { "\(before)\(part) x \(times)" }
    }

    static let taken: [Edge] = [
        Edge(part: "(", times: 200, behind: "true" + String(repeating: ")", count: 200)), Edge(part: "not ", times: 200, behind: "true"),
        Edge(part: "-", times: 200, behind: "1 == 1"), Edge(part: "true or ", times: 999, behind: "true"),
        Edge(part: " ", times: 65_532, behind: "true"),
        Edge(part: "trait.x == trait.y and ", times: 999, behind: "true"), Edge(part: "1 + ", times: 999, behind: "1 == 1"),
        Edge(part: "count(\"A\") * ", times: 999, behind: "1 == 1"),
        Edge(before: "now == ", part: "first(\"A\" since ", times: 200, behind: "now" + String(repeating: ")", count: 200)),
    ]
    static let refused: [Edge] = [
        Edge(part: "(", times: 201, behind: "true" + String(repeating: ")", count: 201)), Edge(part: "not ", times: 201, behind: "true"),
        Edge(part: "(", times: 60_000), Edge(part: "not ", times: 16_000), Edge(part: "-", times: 60_000),
        Edge(part: "true or ", times: 1000, behind: "true"),
        Edge(part: " ", times: 65_533, behind: "true"), Edge(part: "1 + ", times: 1000, behind: "1 == 1"),
        Edge(part: "first(\"A\" since ", times: 3000),
        Edge(before: "now == ", part: "first(\"A\" since ", times: 201), Edge(before: "did any where ", part: "(", times: 300),
        Edge(before: "not ", part: "lower(", times: 200), Edge(part: "1 == 1 and (", times: 201),
    ]

    @Test(arguments: taken)
    func `what is just within the limits is taken`(edge: Edge) throws {
        let rule = try Rule(parsing: edge.text)
        #expect(try Rule(parsing: rule.text) == rule)
        _ = Reference(rule, now: Instant(milliseconds: 0)).isMember(Timeline([]))
    }

    @Test(arguments: refused)
    func `what is past a limit is refused with a sentence`(edge: Edge) throws {
        let error = try #require(throws: RuleError.self) { try Rule(parsing: edge.text) }
        #expect(error.code == .limit, "\(error.message)")
    }

    @Test func `definitions are unfolded once, however often they are mentioned`() throws {
        var segments: [Text: String] = ["s0": "did \"A\""]
        for number in 1...150 { segments[Text("s\(number)")] = "segment \"s\(number - 1)\" or not segment \"s\(number - 1)\"" }
        let rule = try Rule(parsing: "segment \"s150\"", definitions: Definitions(segments: segments))
        #expect(rule.segments.count == 151)
        #expect(Reference(rule, now: Instant(milliseconds: 0)).isMember(Timeline([])))
    }

    @Test func `depth and leaves are counted through definitions, equal leaves once`() throws {
        let many = (0..<600).map { "trait.x == \($0)" }.joined(separator: " or ")
        let more = (600..<1200).map { "trait.x == \($0)" }.joined(separator: " or ")
        let deep = String(repeating: "not ", count: 150) + "true"
        let definitions = Definitions(segments: ["a": many, "b": many, "c": more, "deep": deep])
        #expect(throws: Never.self) { try Rule(parsing: "segment \"a\" and segment \"b\"", definitions: definitions) }
        #expect(throws: Never.self) {
            try Rule(parsing: String(repeating: "not ", count: 50) + "segment \"deep\"", definitions: definitions)
        }
        for text in [
            "segment \"a\" and segment \"c\"", String(repeating: "not ", count: 51) + "segment \"deep\"",
            "segment \"deep\" and " + String(repeating: "not ", count: 51) + "segment \"deep\"",
        ] {
            let error = try #require(throws: RuleError.self) { try Rule(parsing: text, definitions: definitions) }
            #expect(error.code == .limit)
        }
    }

    @Test func `a long chain of definitions is refused, not followed to the end of the stack`() throws {
        var segments: [Text: String] = [:]
        for number in 0..<5_000 { segments[Text("s\(number)")] = "segment \"s\(number + 1)\"" }
        let error = try #require(throws: RuleError.self) {
            try Rule(parsing: "segment \"s0\"", definitions: Definitions(segments: segments))
        }
        #expect(error.code == .limit)
    }

    // MARK: Rows and definitions

    @Test func `a mapping may read columns and nothing of a profile`() throws {
        let checker = Checker(scope: .row)
        #expect(try checker.rule(".Quantity < 0 and not .\"Invoice No\" startsWith \"C\"").tree.root != .constant(true))
        #expect(
            try checker.formula(".Quantity * .UnitPrice").tree.root
                == .arithmetic(.field(.property(["Quantity"])), .multiply, .field(.property(["UnitPrice"]))))
        for text in [
            "trait.x == 1", "did \"A\"", "now == now", "context.x == 1", "type == \"a\"", "count(\"A\") == 1", "consent.x", ".x in top 5%",
            "segment \"s\"", "ago(1d) == ago(1d)", "feature.x", "sequence(\"A\")", "traits.x == 1", "asOf(trait.x) == date(\"2026-01-01\")",
            "stale(trait.x)",
        ] {
            let error = try #require(throws: RuleError.self) { try checker.rule(text, source: .other("shop.yaml, message 2, when")) }
            #expect(error.code == .kind)
            #expect(error.description.hasPrefix("shop.yaml, message 2, when, line 1, column "), "\(error)")
        }
    }

    @Test func `a definition may not mention itself under its own name`() throws {
        let definitions = Definitions(segments: ["a": "segment \"b\"", "b": "segment \"a\""])
        let error = try #require(throws: RuleError.self) {
            try Rule(parsing: "segment \"b\"", source: .segment("a"), definitions: definitions)
        }
        #expect(error.code == .name)
    }

    @Test func `texts that look alike are different names`() throws {
        let definitions = Definitions(segments: ["\u{E9}": "true"])
        #expect(throws: Never.self) { try Rule(parsing: "segment \"\u{E9}\"", definitions: definitions) }
        #expect(throws: RuleError.self) { try Rule(parsing: "segment \"e\u{301}\"", definitions: definitions) }
        #expect(try Rule(parsing: "trait.\u{E9} == \"a\"") != Rule(parsing: "trait.\"e\u{301}\" == \"a\""))
    }

    // MARK: Noise

    @Test(arguments: UInt64(0)..<30)
    func `random tokens are taken or refused with a place, and never crash`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let tokens = [
            "(", ")", ",", ".", "+", "-", "*", "/", "%", "==", "!=", "<", ">=", "\"A\"", "\"\"", "5", "0.5", "7d", "true", "false", "and",
            "or", "not", "did", "any", "where", "within", "since", "after", "until", "count", "sum", "first",
            "last", "sequence", "then", "spanning", "exists", "in", "top", "bottom", "contains", "matches", "segment", "trait", "x",
            "feature", "consent", "now", "ago", "date", "time", "lower", "distanceKm", "hour", "context", "traits", "asOf", "stale",
            "timestamp", "type",
            "at", "least", "2", "times", "#", "\n", "\u{E9}", "=", "\"", "\\",
        ]
        let definitions = Definitions(segments: ["A": "true"], features: ["x": "1"], refresh: ["x": 1])
        for _ in 0..<300 {
            let text = (0..<random.below(16)).map { _ in random.pick(tokens) }.joined(separator: random.once(in: 4) ? "" : " ")
            do {
                let rule = try Rule(parsing: text, definitions: definitions)
                #expect(try Rule(parsing: rule.text, definitions: definitions) == rule)
            } catch {
                #expect(error.line >= 1 && error.column >= 1 && error.place.length >= 1)
                #expect(!error.description.isEmpty)
            }
            _ = try? Formula(parsing: text, definitions: definitions)
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `random bytes are refused and never crash`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let bytes = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = try? Rule(parsing: String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `expressions with a piece cut out or doubled are taken or refused, and never crash`(seed: UInt64) {
        for offset in 0..<40 {
            var generator = ExpressionGenerator(seed: seed * 100 + UInt64(offset))
            var scalars = Array(generator.expression().unicodeScalars)
            let start = generator.random.below(scalars.count)
            let end = min(scalars.count, start + generator.random.below(6))
            if generator.random.once(in: 2) {
                scalars.removeSubrange(start..<end)
            } else {
                scalars.insert(contentsOf: scalars[start..<end], at: start)
            }
            _ = try? Rule(parsing: String(String.UnicodeScalarView(scalars)), definitions: generator.definitions)
        }
    }
}
