import EventModel
import Rules
import Testing

/// One explanation for a timeline in the shorthand of the worked examples.
enum ExplainCase {
    static let now = "2026-06-30T12:00:00Z"
    static let definitions = Definitions(
        segments: ["buyers": "did \"Order\""], features: ["spent": "sum(\"Order\", .revenue)"])

    /// Every percentile's threshold is 312.5.
    static func explain(_ expression: String, _ timeline: String) throws -> Explanation {
        let row = ExampleRow(number: 0, cells: [expression, timeline, now, "", ""])
        let rule = try Rule(parsing: expression, definitions: definitions)
        let explainer = Explainer(
            rule, now: row.now, thresholds: { _, _ in .number(312.5) }, validUntil: PlainClock(rule: rule).validUntil)
        return explainer.explain(Timeline(try #require(row.people["u"])))
    }
}
