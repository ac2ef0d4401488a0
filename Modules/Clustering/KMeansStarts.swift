import Foundation
import Statistics

extension KMeansRun {
    /// Distinct rows, each set of them equally likely.
    func randomCentres(using random: inout SeededGenerator) -> Matrix {
        // Floyd's way to draw without replacement, then in the order of drawing.
        var chosen: [Int] = []
        var taken = Set<Int>()
        for limit in (matrix.rows - clusters)..<matrix.rows {
            let draw = random.integer(below: limit + 1)
            chosen.append(taken.insert(draw).inserted ? draw : limit)
            taken.insert(chosen[chosen.count - 1])
        }
        return matrix.selecting(rows: chosen)
    }

    /// Rows spread out: the first at random, each next one the best of a few draws with the squared distance to the nearest so far.
    ///
    /// - SeeAlso: D. Arthur, S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007, section 5 for the greedy draws.
    func plusPlusCentres(using random: inout SeededGenerator) -> Matrix {
        let draws = 2 + Int(log(Double(clusters)))
        var spread = SpreadOut(matrix, threads: threads, draws: draws)
        var chosen = [random.integer(below: matrix.rows)]
        spread.take(chosen[0])
        while chosen.count < clusters {
            let candidates = (0..<draws).map { _ in spread.row(at: random.uniform()) }
            chosen.append(spread.takeBest(of: candidates))
        }
        return matrix.selecting(rows: chosen)
    }
}

/// The squared distance of every row to the nearest row taken so far.
private struct SpreadOut {
    let matrix: Matrix
    let threads: Int
    var nearest: ContiguousArray<Double>
    /// Sums of `nearest` over each part of the rows.
    var potentials: ContiguousArray<Double>
    private var scratch: [ContiguousArray<Double>]

    init(_ matrix: Matrix, threads: Int, draws: Int) {
        self.matrix = matrix
        self.threads = threads
        nearest = ContiguousArray(repeating: .infinity, count: matrix.rows)
        potentials = ContiguousArray(repeating: 0, count: KMeansRun.parts)
        scratch = Array(repeating: ContiguousArray(repeating: 0, count: matrix.rows), count: draws)
    }

    /// The row at that share of the potential: each is met in proportion to its squared distance.
    func row(at share: Double) -> Int {
        var rest = share * potentials.reduce(0, +)
        for part in potentials.indices {
            if rest >= potentials[part], part + 1 < potentials.count {
                rest -= potentials[part]
                continue
            }
            let range = bounds(ofPart: part, of: potentials.count, count: matrix.rows)
            for row in range {
                rest -= nearest[row]
                if rest < 0 { return row }
            }
        }
        // Rounding ran past the end, or all distances are 0: the last row that is not taken yet, if there is one.
        return nearest.lastIndex { $0 > 0 } ?? matrix.rows - 1
    }

    mutating func take(_ row: Int) { _ = takeBest(of: [row]) }

    /// Takes the candidate that leaves the least potential, the first of equals.
    mutating func takeBest(of candidates: [Int]) -> Int {
        let parts = potentials.count
        var sums = ContiguousArray<Double>(repeating: 0, count: candidates.count * parts)
        for (c, candidate) in candidates.enumerated() {
            measure(candidate, into: &scratch[c], &sums, at: c * parts)
        }
        let totals = candidates.indices.map { c in sums[c * parts..<(c + 1) * parts].reduce(0, +) }
        let best = totals.indices.reduce(0) { totals[$1] < totals[$0] ? $1 : $0 }
        swap(&nearest, &scratch[best])
        potentials = ContiguousArray(sums[best * parts..<(best + 1) * parts])
        return candidates[best]
    }

    private func measure(_ candidate: Int, into target: inout ContiguousArray<Double>, _ sums: inout ContiguousArray<Double>, at start: Int)
    {
        let (columns, rows, parts) = (matrix.columns, matrix.rows, potentials.count)
        matrix.values.withUnsafeBufferPointer { x in
            nearest.withUnsafeBufferPointer { nearest in
                target.withUnsafeMutableBufferPointer { target in
                    sums.withUnsafeMutableBufferPointer { sums in
                        let centre = x.baseAddress! + candidate * columns
                        shareOut(parts, threads: threads) { part in
                            var sum = 0.0
                            for row in bounds(ofPart: part, of: parts, count: rows) {
                                let distance = min(nearest[row], squaredDistance(x.baseAddress! + row * columns, centre, count: columns))
                                target[row] = distance
                                sum += distance
                            }
                            sums[start + part] = sum
                        }
                    }
                }
            }
        }
    }
}
