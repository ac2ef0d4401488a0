import Statistics
import Testing

/// Reference outputs: `xoshiro256starstar.c` of D. Blackman and S. Vigna, its state filled by their `splitmix64.c` from the seed.
@Test(
    arguments: [
        (0, [0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0]),
        (1, [0xB3F2_AF6D_0FC7_10C5, 0x853B_5596_4736_4CEA, 0x92F8_9756_082A_4514]),
    ] as [(UInt64, [UInt64])])
func `a seed gives the published sequence`(seed: UInt64, expected: [UInt64]) {
    var random = SeededGenerator(seed: seed)
    #expect(expected.map { _ in random.next() } == expected)
}

@Test func `uniform numbers lie in the half-open unit interval and are spread evenly`() {
    var random = SeededGenerator(seed: 7)
    var bins = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 {
        let x = random.uniform()
        #expect(x >= 0 && x < 1)
        bins[Int(x * 10)] += 1
    }
    // Standard deviation of a bin is 95; five of them.
    #expect(bins.allSatisfy { abs($0 - 10_000) < 475 })
}

@Test(arguments: [1, 2, 3, 7, 10, 1_000]) func `integers stay below their bound and are spread evenly`(bound: Int) {
    var random = SeededGenerator(seed: UInt64(bound))
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<100_000 { counts[random.integer(below: bound)] += 1 }
    let expected = 100_000.0 / Double(bound)
    #expect(counts.allSatisfy { abs(Double($0) - expected) < 6 * expected.squareRoot() + 1 })
}

@Test func `normal numbers have mean 0, variance 1 and no skew`() {
    var random = SeededGenerator(seed: 11)
    let draws = (0..<200_000).map { _ in random.normal() }
    let mean = draws.reduce(0, +) / 200_000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 200_000
    let third = draws.reduce(0) { $0 + $1 * $1 * $1 } / 200_000
    #expect(abs(mean) < 0.012 && abs(variance - 1) < 0.02 && abs(third) < 0.05)
}

@Test func `a copy goes on by itself and a split goes elsewhere`() {
    var first = SeededGenerator(seed: 3)
    _ = first.normal()
    var copy = first
    #expect(first.normal() == copy.normal())
    var branch = first.split()
    #expect(branch.next() != first.next())
}
