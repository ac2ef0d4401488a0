import EventModel
@testable import Rules
@testable import RulesTesting

/// A snapshot in a random layout, and an evaluator with random bounds.
struct ColumnarWorld: CustomStringConvertible {
    var layout = ColumnarFakeSnapshot.Layout()
    var tuning = QueryTuning()
    var threads = 1
    var snapshot: ColumnarFakeSnapshot

    init(_ arrivals: [Message], random: inout SeededRandom) {
        layout.blockRows = random.pick([1, 2, 3, 7, 1_000])
        layout.rareRows = random.pick([0, 0, 5, 1_000])
        layout.dictionaries = random.pick(ColumnarFakeSnapshot.Layout.Dictionaries.allCases)
        layout.hasMantissas = random.once(in: 2)
        layout.hasUniformTags = random.once(in: 2)
        layout.cutsByTime = random.once(in: 2)
        layout.keepsColumns = random.once(in: 2)
        tuning.chunk = random.pick([1, 2, 4, 64, 4_096])
        tuning.listShare = random.pick([0, 1, 2, 1_000])
        tuning.accumulatorBytes = random.pick([1, 200, 1 << 20])
        tuning.groupEntries = random.pick([1, 4, 1 << 24])
        if random.once(in: 2) {
            tuning.parallelCost = 0
            tuning.parallelProfiles = 0
            threads = random.pick([2, 3])
        }
        snapshot = ColumnarFakeSnapshot(arrivals, layout: layout)
    }

    func evaluator(at now: Instant = Vocabulary.now) -> PopulationEvaluator {
        var evaluator = PopulationEvaluator(snapshot: snapshot, now: now, threads: threads)
        evaluator.tuning = tuning
        return evaluator
    }

    var description: String { "\(layout)\n\(tuning), \(threads) threads" }
}
