import Foundation
import Statistics
import Testing

private func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool { abs(a - b) <= tolerance * max(1, abs(a), abs(b)) }

/// Expected numbers: numpy 2.4.6, `numpy.quantile(x, q)` (method "linear"), and by hand.
@Test(
    arguments: [
        ([1, 2, 3, 4], [0, 0.2, 0.25, 0.5, 0.8, 1], [1, 1.6, 1.75, 2.5, 3.4, 4]),
        ([15, 20, 35, 40, 50], [0.05, 0.3, 0.4, 0.95], [16, 23, 29, 48]),
        ([7], [0, 0.3, 1], [7, 7, 7]),
        ([2, 2, 2, 9], [0.2, 0.6, 0.75], [2, 2, 3.75]),
    ] as [([Double], [Double], [Double])])
func `quantiles interpolate as numpy does`(values: [Double], fractions: [Double], expected: [Double]) {
    let found = quantiles(of: values.reversed(), at: fractions)
    #expect(zip(found, expected).allSatisfy { near($0, $1) })
}

@Test func `quantiles pass over NaN and know no number where there is none`() {
    #expect(median(of: [3, .nan, 1]) == 2)
    #expect(median(of: []).isNaN && quantiles(of: [.nan], at: [0.2])[0].isNaN)
}

@Test func `quantiles never leave the range and never fall`() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<50 {
        let values = ContiguousArray((0..<(1 + random.integer(below: 30))).map { _ in 1e6 * random.normal() }.sorted())
        let found = quantiles(ofSorted: values, at: (0...200).map { Double($0) / 200 })
        #expect(zip(found, found.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(found.first == values.first && found.last == values.last)
    }
}

@Test func `means and variances keep their digits far from zero`() {
    let matrix = Matrix([[1e9 + 4, 3], [1e9 + 7, 3], [1e9 + 13, 3], [1e9 + 16, 3]])
    #expect(matrix.columnMeans() == [1e9 + 10, 3])
    #expect(matrix.columnVariances() == [22.5, 0])
    #expect(matrix.columnVariances(degreesOfFreedomLost: 1) == [30, 0])
    #expect(Matrix(rows: 0, columns: 2).columnMeans().allSatisfy { $0.isNaN })
    #expect(Matrix([[1.0]]).columnVariances(degreesOfFreedomLost: 1)[0].isNaN)
}

@Test(arguments: UInt64(1)...10)
func `a product is the sum of products`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let (n, m, k) = (1 + random.integer(below: 20), 1 + random.integer(below: 20), 1 + random.integer(below: 20))
    let a = Matrix(rows: n, columns: k, values: ContiguousArray((0..<n * k).map { _ in random.normal() }))
    let b = Matrix(rows: k, columns: m, values: ContiguousArray((0..<k * m).map { _ in random.normal() }))
    let product = a.times(b)
    for r in 0..<n {
        for c in 0..<m { #expect(near(product[r, c], (0..<k).reduce(0) { $0 + a[r, $1] * b[$1, c] })) }
    }
    #expect(a.transposed.transposed == a && a.transposed[0, n - 1] == a[n - 1, 0])
}

@Test func `columns go in and come out`() {
    let matrix = Matrix(columns: [[1, 2, 3], [4, 5, 6]])
    #expect(matrix == Matrix([[1, 4], [2, 5], [3, 6]]) && matrix.column(1) == [4, 5, 6] && Array(matrix.row(2)) == [3, 6])
    #expect(matrix.selecting(rows: [2, 0, 2]) == Matrix([[3, 6], [1, 4], [3, 6]]))
}

@Test func `correlation is Pearson's, and a constant column has none`() {
    let matrix = Matrix([[1, 2, 5, 1], [2, 4, 5, 3], [3, 6, 5, 2], [4, 8, 5, 5]])
    let found = matrix.correlations()
    #expect(found[0, 0] == 1 && near(found[0, 1], 1) && found[0, 2].isNaN && found[2, 2].isNaN)
    // By hand: 5.5 over the square root of 5 times 8.75.
    #expect(near(found[0, 3], 5.5 / (5 * 8.75).squareRoot()) && found[0, 3] == found[3, 0])
}

@Test func `principal components of a known ellipse`() {
    // Along (3, 4) / 5 by 10, -10, and along (-4, 3) / 5 by 5, -5, around (1, 2).
    let matrix = Matrix([[7, 10], [-5, -6], [-3, 5], [5, -1]])
    let found = PrincipalComponents(of: matrix, count: 2)
    #expect(found.means == [1, 2])
    let expected = [0.6, 0.8, 0.8, -0.6]
    #expect(zip(found.components.values, expected).allSatisfy { near($0, $1) })
    #expect(near(found.variances[0], 200.0 / 3) && near(found.variances[1], 50.0 / 3))
    #expect(near(found.varianceShares[0], 0.8) && near(found.varianceShares[1], 0.2))
    let turned = found.transform(matrix)
    #expect(zip(turned.values, [10, 0, -10, 0, 0, 5, 0, -5].map(Double.init)).allSatisfy { near($0, $1) || near($0, -$1) })
}

@Test(arguments: UInt64(1)...8)
func `components are orthonormal, ordered, and carry all variance`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let (rows, columns) = (30, 2 + random.integer(below: 9))
    let mix = (0..<columns * columns).map { _ in random.normal() }
    let matrix = Matrix(
        (0..<rows).map { _ in
            let x = (0..<columns).map { _ in random.normal() }
            return (0..<columns).map { c in (0..<columns).reduce(0) { $0 + mix[c * columns + $1] * x[$1] } }
        })
    let found = PrincipalComponents(of: matrix, count: columns)
    let gram = found.components.times(found.components.transposed)
    for a in 0..<columns {
        for b in 0..<columns { #expect(near(gram[a, b], a == b ? 1 : 0, 1e-10)) }
        let vector = found.components.row(a)
        #expect(vector.max(by: { abs($0) < abs($1) })! > 0)
    }
    #expect(zip(found.variances, found.variances.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(near(found.varianceShares.reduce(0, +), 1, 1e-10))
    let turned = found.transform(matrix).columnVariances(degreesOfFreedomLost: 1)
    #expect(zip(turned, found.variances).allSatisfy { near($0, $1, 1e-9) })
}

@Test(arguments: [1, 2, 3, 8]) func `work is shared out whole`(threads: Int) {
    var hits = [Int](repeating: 0, count: 100)
    hits.withUnsafeMutableBufferPointer { hits in shareOut(100, threads: threads) { hits[$0] += 1 } }
    #expect(hits.allSatisfy { $0 == 1 })
    let pieces = (0..<7).map { bounds(ofPart: $0, of: 7, count: 100) }
    #expect(pieces.first?.lowerBound == 0 && pieces.last?.upperBound == 100)
    #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
}

@Test func `single-threaded work may nest`() {
    LinearAlgebraThreads.single {
        LinearAlgebraThreads.single { #expect(LinearAlgebraThreads.count == 1) }
        #expect(LinearAlgebraThreads.count == 1)
    }
}
