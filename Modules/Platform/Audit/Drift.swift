import EventModel
import Foundation
import Storage

/// How far the values of one week lie from those of the week before.
///
/// - SeeAlso: The population stability index: N. Siddiqi, "Credit Risk Scorecards", 2006. Below 0.1 little moved, above 0.25 much.
struct Drift {
    /// What one week held.
    struct Week {
        var numbers: [Double] = []
        var texts: [String: Int] = [:]
        /// Everything else by its tag: missing, null, truths, arrays, objects.
        var others = [Int](repeating: 0, count: 8)
        /// Texts beyond those that are told apart.
        var furtherTexts = 0

        static let mostTexts = 10_000

        mutating func add(text: String, count: Int) {
            if let known = texts[text] {
                texts[text] = known + count
            } else if texts.count < Self.mostTexts {
                texts[text] = count
            } else {
                furtherTexts += count
            }
        }

        var count: Int { numbers.count + texts.values.reduce(0, +) + furtherTexts + others.reduce(0, +) }
    }
    /// Bins of numbers, by the quantiles of the week before; frequent texts that have bins of their own.
    private static let bins = 10
    /// A share that stands for none, so that no logarithm is endless.
    private static let least = 0.0001

    /// The index; nil where one of the weeks held nothing.
    static func index(of week: Week, against before: Week) -> Double? {
        let (total, totalBefore) = (Double(week.count), Double(before.count))
        guard total > 0, totalBefore > 0 else { return nil }
        var index = 0.0
        func add(_ now: Int, _ then: Int) {
            if now == 0, then == 0 { return }
            let (a, b) = (max(least, Double(now) / total), max(least, Double(then) / totalBefore))
            index += (a - b) * log(a / b)
        }
        for tag in week.others.indices { add(week.others[tag], before.others[tag]) }
        let frequent = before.texts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key.precedesByScalars($1.key) }.prefix(bins)
        for (text, count) in frequent { add(week.texts[text] ?? 0, count) }
        let rest = { (week: Week) in
            week.furtherTexts + week.texts.values.reduce(0, +) - frequent.reduce(0) { $0 + (week.texts[$1.key] ?? 0) }
        }
        add(rest(week), rest(before))
        let sorted = before.numbers.sorted()
        let edges = sorted.isEmpty ? [] : (1..<bins).map { sorted[sorted.count * $0 / bins] }
        let (counts, countsBefore) = (spread(week.numbers, edges), spread(before.numbers, edges))
        for bin in counts.indices { add(counts[bin], countsBefore[bin]) }
        return index
    }

    /// How many numbers lie between the edges, each below the edge after it.
    private static func spread(_ numbers: [Double], _ edges: [Double]) -> [Int] {
        var counts = [Int](repeating: 0, count: edges.count + 1)
        for number in numbers {
            var (low, high) = (0, edges.count)
            while low < high {
                let middle = (low + high) / 2
                if edges[middle] <= number { low = middle + 1 } else { high = middle }
            }
            counts[low] += 1
        }
        return counts
    }
}
