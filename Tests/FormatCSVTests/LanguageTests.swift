import ConnectorsTesting
import EventModel
import Rules
import Testing

@testable import FormatCSV

/// A row as the language's own plain evaluator sees it.
private struct Row: Subject {
    let cells: [Text: Value]
    func value(of field: Field) -> Value {
        guard case .property(let names) = field, names.count == 1 else { return .missing }
        return cells[names[0]] ?? .missing
    }
}

/// Draws conditions and values of the language over columns n, m (numbers), s, t (texts) and e (always empty).
private struct Phrases {
    var random: SeededBytes

    mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }

    mutating func number(_ depth: Int) -> String {
        if depth == 0 { return pick([".n", ".m", ".e", "0", "2", "0.5", "7", "-3"]) }
        return pick([
            "(\(number(depth - 1)) + \(number(depth - 1)))", "\(number(depth - 1)) - .m", ".n * \(number(0))", "-.n", "hour(time(.n))",
            number(depth - 1),
        ])
    }

    mutating func text() -> String { pick([".s", ".t", ".e", "lower(.s)", "lower(.t)"]) }

    mutating func condition(_ depth: Int) -> String {
        if depth > 0 {
            return pick([
                "\(condition(depth - 1)) and \(condition(depth - 1))", "(\(condition(depth - 1)) or \(condition(depth - 1)))",
                "not (\(condition(depth - 1)))",
            ])
        }
        let comparison = pick(["==", "!=", "<", "<=", ">", ">="])
        return pick([
            "\(number(2)) \(comparison) \(number(1))", "\(text()) \(comparison) \(pick([".s", ".t", "\"b\"", "\"é\""]))",
            ".n in (1, 2, 0.5)",
            ".s in (\"a\", \"é\", \"\")", "\(text()) contains \"a\"", "\(text()) startsWith \"é\"", "\(text()) endsWith \"b\"",
            "\(text()) matches \"^[a-c]+$\"",
            "exists(\(pick([".n", ".e", ".s"])))", ".n \(comparison) .s", "true", ".e",
        ])
    }
}

@Test(arguments: UInt64(1)...400)
func `conditions mean what the language's reference evaluator says`(seed: UInt64) throws {
    var phrases = Phrases(random: SeededBytes(seed: seed))
    let condition = phrases.condition(3)
    let (numbers, texts) = (["-2", "0.5", "1", "2", "1000", ""], ["a", "b", "aé", "é", "ABC", ""])
    var table = "id,at,n,m,s,t,e\n"
    var expected: [Int] = []
    let rule = try Rule(parsing: condition, scope: .row)
    for row in 0..<20 {
        let (n, m) = (phrases.pick(numbers), phrases.pick(numbers))
        let (s, t) = (phrases.pick(texts), phrases.pick(texts))
        table += "u,2026-01-02,\(n),\(m),\(s),\(t),\n"
        let cells: [Text: Value] = [
            "n": Double(n).map { .number($0) } ?? .missing, "m": Double(m).map { .number($0) } ?? .missing,
            "s": s.isEmpty ? .missing : .text(Text(s)), "t": t.isEmpty ? .missing : .text(Text(t)),
        ]
        if rule.root.holds(for: Row(cells: cells)) { expected.append(row + 2) }
    }
    let yaml = """
        columns: {n: number, m: number}
        message:
          when: >-
            \(condition)
          type: track
          event: "E"
          userId: .id
          timestamp: .at
          context: {s: .s, t: .t, e: .e}
        otherwise: skip
        """
    let found = try read(yaml, table)
    #expect(found.lines.map(\.number) == expected, "\(condition)")
}
