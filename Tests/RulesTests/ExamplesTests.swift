import EventModel
import Rules
import Testing

@Suite(.enabled(if: ExampleRow.folder != nil, "TESSERA_TESTDATA is not set: the worked examples did not run"))
struct ExamplesTests {
    @Test(arguments: ExampleRow.all)
    func `worked example comes out as written`(row: ExampleRow) throws {
        let outcome: String
        do {
            let rule = try Rule(parsing: row.expression)
            let people = row.people.mapValues { Timeline($0) }
            let reference = Reference(rule, now: row.now, population: Array(people.values))
            outcome = String(reference.isMember(try #require(people["u"])))
        } catch let error as RuleError {
            outcome = error.code.rawValue
        }
        #expect(outcome == row.expected, "\(row.expression.prefix(200))")
    }

    @Test(arguments: ExampleRow.all)
    func `worked example reads back as it was printed`(row: ExampleRow) throws {
        guard let rule = try? Rule(parsing: row.expression) else { return }
        #expect(try Rule(parsing: rule.text) == rule, "\(rule.text)")
    }

    @Test func `there are worked examples`() { #expect(ExampleRow.all.count > 100) }
}
