import EventModel
import Rules
import Testing

/// What explanations say, word for word.
struct ExplainTextTests {
    static let now = "2026-06-30T12:00:00Z"

    func explain(_ expression: String, _ timeline: String, _ definitions: Definitions = .none) throws -> Explanation {
        let row = ExampleRow(number: 0, cells: [expression, timeline, Self.now, "", ""])
        let rule = try Rule(parsing: expression, definitions: definitions)
        let explainer = Explainer(rule, now: row.now, validUntil: PlainClock(rule: rule).validUntil)
        return explainer.explain(Timeline(try #require(row.people["u"])))
    }

    @Test func `explanations are written`() throws {
        for (e, t) in [
            (
                "count(\"V\" where .c == \"shoes\" within 2h) >= 3",
                #"[{"at":"-1h","track":"V","p":{"c":"shoes"}},{"at":"-30m","track":"V","p":{"c":"shoes"}},{"at":"-20m","track":"V","p":{"c":"hats"}}]"#
            ),
            ("did \"A\" within 48h and not did \"B\" since last(\"A\")", #"[{"at":"-1h","track":"A"},{"at":"-30m","track":"B"}]"#),
            ("did \"A\" within 48h and not did \"B\" since last(\"A\")", #"[{"at":"-1h","track":"A"}]"#),
            (
                "trait.country in (\"DE\", \"AT\") and sum(\"Order\", .revenue) >= 100",
                #"[{"at":"-1h","track":"Order","p":{"revenue":79.5}}]"#
            ),
            ("sequence(\"V\" then \"A\" within 1h then not \"O\" within 24h)", #"[{"at":"-1h","track":"V"},{"at":"-30m","track":"A"}]"#),
            ("sequence(\"V\" then \"A\" within 1h then not \"O\" within 2h)", #"[{"at":"-1d","track":"V"},{"at":"-30m","track":"A"}]"#),
            (
                "sequence(\"V\" then \"A\" within 1h then not \"O\" within 2h)",
                #"[{"at":"-5h","track":"V"},{"at":"-4h 30m","track":"A"},{"at":"-4h","track":"O"}]"#
            ),
            ("not did any within 30d", #"[{"at":"-1d","track":"V"}]"#),
            ("now - last(\"V\") >= 7d", #"[{"at":"-1d","track":"V"}]"#),
            ("distanceMiles(trait.lat, trait.lon, 40.7, -74) <= 1", #"[{"at":"-1d","identify":{"lat":40.7,"lon":-75}}]"#),
        ] {
            print("\n# \(e)\n" + (try explain(e, t).text))
        }
    }
}
