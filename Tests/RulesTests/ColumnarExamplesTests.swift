import EventModel
@testable import Rules
@testable import RulesTesting
import Storage
import Testing

@Suite(.enabled(if: ExampleRow.folder != nil, "TESSERA_TESTDATA is not set: the worked examples did not run in the columnar evaluator"))
struct ColumnarExamplesTests {
    @Test(arguments: ExampleRow.all)
    func `worked example comes out of the columnar evaluator as written`(row: ExampleRow) throws {
        let rule: Rule
        do { rule = try Rule(parsing: row.expression) } catch { return }  // What is refused is refused before any evaluator.
        var random = SeededRandom(seed: UInt64(row.number))
        for _ in 0..<4 {
            let world = ColumnarWorld(Self.arrivals(of: row), random: &random)
            var evaluator = PopulationEvaluator(snapshot: world.snapshot, now: row.now, threads: world.threads)
            evaluator.tuning = world.tuning
            let ordinal = try #require(try world.snapshot.ordinal(of: "u", kind: .user))
            let profile = Int(world.snapshot.profileOfIdentifier[ordinal])
            #expect(try String(evaluator.members(of: rule).contains(profile)) == row.expected, "\(row.expression.prefix(200))\n\(world)")
        }
    }

    /// The messages of all people, and one far ahead that makes "u" known without saying anything of her at `now`.
    private static func arrivals(of row: ExampleRow) -> [Message] {
        let later = Instant(milliseconds: row.now.milliseconds + 4_000 * Instant.millisecondsPerDay)
        let known = JSONObject([
            .init("type", .string("identify")), .init("userId", .string("u")), .init("messageId", .string("known")),
            .init("timestamp", .string(later.text)),
        ])
        return row.people.sorted { $0.key.precedesByScalars($1.key) }.flatMap(\.value)
            + [Message(kind: .identify, messageID: "known", timestamp: later, json: known)]
    }
}
