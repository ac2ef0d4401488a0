import Foundation
import Statistics

extension SeededGenerator {
    /// True with probability `p`.
    mutating func chance(_ p: Double) -> Bool { uniform() < p }

    /// A whole number of `range`, each equally likely.
    mutating func integer(in range: ClosedRange<Int>) -> Int { range.lowerBound + integer(below: range.upperBound - range.lowerBound + 1) }

    /// A number of [low, high).
    mutating func number(from low: Double, to high: Double) -> Double { low + (high - low) * uniform() }

    /// A waiting time of the exponential distribution.
    mutating func wait(mean: Double) -> Double { -mean * log(1 - uniform()) }

    /// One of `elements`, each equally likely.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[integer(below: elements.count)] }

    /// The elements in another order, each order equally likely (Fisher and Yates, in Durstenfeld's form).
    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for last in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(last, integer(below: last + 1)) }
        return elements
    }
}

/// Draws an index with probability proportional to its weight, by bisection of the running sums.
struct WeightedChoice: Sendable {
    private let sums: [Double]

    /// At least one weight must be positive.
    init(_ weights: [Double]) {
        var sum = 0.0
        sums = weights.map { weight in
            sum += weight
            return sum
        }
        precondition(sum > 0, "a choice needs a positive weight")
    }

    func draw(_ random: inout SeededGenerator) -> Int { index(at: random.uniform() * (sums.last ?? 0)) }

    /// Draws among `range` only.
    func draw(in range: Range<Int>, _ random: inout SeededGenerator) -> Int {
        let low = range.lowerBound > 0 ? sums[range.lowerBound - 1] : 0
        let high = sums[range.upperBound - 1]
        return min(max(index(at: random.number(from: low, to: high)), range.lowerBound), range.upperBound - 1)
    }

    private func index(at point: Double) -> Int {
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > point { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// Mixes a seed and a number into 64 bits that look unrelated to those of the next number; different numbers give different bits.
func mixed(_ seed: UInt64, _ number: UInt64) -> UInt64 {
    var z = seed &+ number &* 0x9E37_79B9_7F4A_7C15  // the finaliser of SplitMix64, a bijection
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
