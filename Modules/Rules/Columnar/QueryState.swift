import Storage

/// What a query knows so far. Written by one thread between scans (vectors: by ranges of profiles), read by all during them.
final class QueryState: @unchecked Sendable {
    // Unchecked: `PopulationQuery` writes only while no worker runs, and workers write disjoint ranges of vectors.
    let profiles: Int
    let now: Int64
    /// Of every text that a leaf found.
    let pool = TextPool()
    /// By leaf.
    var results: [LeafParts?]
    /// By node: those answered for every profile.
    var vectors: [ProfileVector?]
    /// By ranking: missing where nobody is ranked, nil while it is not known.
    var thresholds: [Value?]
    /// The pool as it was after the last scan.
    var texts = TextDictionary([String]())

    init(graph: QueryGraph, profiles: Int) {
        self.profiles = profiles
        now = graph.now
        results = Array(repeating: nil, count: graph.leaves.count)
        vectors = Array(repeating: nil, count: graph.nodes.count)
        thresholds = Array(repeating: nil, count: graph.rankings.count)
    }

    /// What a leaf found for a chunk's profiles, as lanes.
    func load(_ result: LeafResult, _ output: LeafOutput, count: Int, into slot: Slot) {
        guard let column = result.columns[output] else { preconditionFailure("a leaf was not scanned") }
        switch column {
        case .happened: preconditionFailure("a mask is no value")
        case .counts(let counts):
            let (own, numbers) = (counts.start, slot.makeNumbers())
            for i in 0..<count { numbers[i] = Double(own[i]) }
            slot.lanes = Lanes(uniform: ValueTag.number)
            slot.lanes.numbers = UnsafePointer(numbers)
        case .numbers(let numbers):
            let (own, tags) = (numbers.start, slot.makeTags())
            for i in 0..<count { tags[i] = own[i] == own[i] ? ValueTag.number : ValueTag.absent }
            slot.lanes = Lanes(tags: UnsafePointer(tags), numbers: UnsafePointer(own))
        case .times(let keys, let edge):
            let (own, tags, times) = (keys.start, slot.makeTags(), slot.makeTimes())
            for i in 0..<count { tags[i] = own[i] != TimeKey.none ? ValueTag.number : ValueTag.absent }
            for i in 0..<count { times[i] = edge.time(of: own[i]) }
            slot.lanes = Lanes(tags: UnsafePointer(tags), times: UnsafePointer(times))
        case .decimals(let mantissas, let scale, let counts):
            let (own, tags, numbers) = (mantissas.start, slot.makeTags(), slot.makeNumbers())
            let power = Double(SumAccumulator.powers[scale])
            for i in 0..<count {
                let divisor = counts.map { Int($0[i]) } ?? 1
                let scaled = Double(divisor) * power
                if own[i].magnitude <= 1 << 53, scaled <= 0x1p53 {
                    // Two integers that float64 holds exactly: one division rounds once.
                    numbers[i] = Double(own[i]) / scaled
                } else {
                    numbers[i] = DecimalSum.average(mantissa: own[i], scale: scale, count: divisor) ?? .nan
                }
                tags[i] = numbers[i].isNaN ? ValueTag.absent : ValueTag.number
            }
            slot.lanes = Lanes(tags: UnsafePointer(tags), numbers: UnsafePointer(numbers))
        case .boxes(let boxes):
            let own = boxes.start
            let (tags, numbers, numbered) = (slot.makeTags(), slot.makeNumbers(), slot.makeTexts())
            for i in 0..<count {
                let box = own[i]
                if BoxedValue.isNumber(box) {
                    (tags[i], numbers[i]) = (ValueTag.number, BoxedValue.number(of: box))
                } else if BoxedValue.isText(box) {
                    (tags[i], numbered[i]) = (ValueTag.text, BoxedValue.textNumber(box))
                } else if BoxedValue.isTruth(box) {
                    tags[i] = box == BoxedValue.truth(true) ? ValueTag.yes : ValueTag.no
                } else {
                    tags[i] = ValueTag.absent
                }
            }
            slot.lanes = Lanes(
                tags: UnsafePointer(tags), numbers: UnsafePointer(numbers), texts: UnsafePointer(numbered), dictionary: texts)
        }
    }
}
