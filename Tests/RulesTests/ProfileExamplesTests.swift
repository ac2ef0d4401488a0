import EventModel
import Rules
import Testing

@Suite(.enabled(if: ExampleRow.folder != nil, "TESSERA_TESTDATA is not set: the worked examples did not run in the profile evaluator"))
struct ProfileExamplesTests {
    @Test(arguments: ExampleRow.all)
    func `worked example comes out of the profile evaluator as written`(row: ExampleRow) throws {
        let rule: Rule
        do { rule = try Rule(parsing: row.expression) } catch { return }  // What is refused is refused before any evaluator.
        let thresholds = Reference(rule, now: row.now, population: row.people.values.map { Timeline($0) }).thresholds
        let answer = ProfileEvaluator(rule, thresholds: thresholds)
            .answer(for: ProfileTimeline(try #require(row.people["u"])), at: row.now)
        #expect(String(answer.isMember) == row.expected, "\(row.expression.prefix(200))")
        if let validUntil = answer.validUntil { #expect(validUntil > row.now) }
    }
}
