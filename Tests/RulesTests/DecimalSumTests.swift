import Rules
@testable import RulesTesting
import Testing

private let tiniest = Double.leastNonzeroMagnitude

struct DecimalSumTests {
    @Test(
        arguments: [
            ([], 0), ([0.1, 0.2], 0.3), ([1e16, 1, -1e16], 1), ([0.1, 0.1, 0.1], 0.3), ([1e308, -1e308, tiniest], tiniest),
            ([tiniest, tiniest], 2 * tiniest), ([-0.5, 0.25], -0.25),
            ([9_007_199_254_740_992, 1, 1], 9_007_199_254_740_994), ([-0.0], 0), ([1e22, 1e-22], 1e22),
            ([123_456_789.123, -123_456_789], 0.123), ([1e17, 0.7, -1e17], 0.7),
        ] as [([Double], Double)])
    func `a sum is exact in decimals`(numbers: [Double], expected: Double) {
        for order in [numbers, numbers.reversed(), numbers.sorted()] {
            var sum = DecimalSum()
            for number in order { sum.add(number) }
            #expect(sum.sum == expected)
        }
    }

    @Test func `a sum past the largest number is none`() {
        var sum = DecimalSum()
        sum.add(1.7e308)
        sum.add(1.7e308)
        #expect(sum.sum == nil)
        #expect(sum.average(count: 2) == 1.7e308)
        sum.add(-1.7e308)
        #expect(sum.sum == 1.7e308)
    }

    @Test func `an average divides before it rounds`() {
        var sum = DecimalSum()
        for _ in 0..<3 { sum.add(0.1) }
        #expect(sum.average(count: 3) == 0.1)
        #expect(DecimalSum.average(mantissa: 1, scale: 0, count: 3) == 1.0 / 3)
        #expect(DecimalSum.average(mantissa: -3, scale: 1, count: 3) == -0.1)
        #expect(DecimalSum.average(mantissa: .max, scale: 20, count: 7) == 9.223372036854775807e-2 / 7)
    }

    @Test func `ties round to even and anything beyond a tie rounds up`() {
        // 2^53 + 1 lies half-way; the least that is there beyond tips it.
        let half = 9_007_199_254_740_992.0
        var sum = DecimalSum()
        sum.add(half)
        sum.add(1)
        #expect(sum.sum == half)
        sum.add(tiniest)
        #expect(sum.sum == half + 2)
        sum.add(-1e-300)
        #expect(sum.sum == half)
    }

    @Test(arguments: UInt64(0)..<30)
    func `sums of cents agree with integers, in every order and split`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let cents = (0..<200).map { _ in Int64(random.below(2_000_000)) - 1_000_000 }
        var (whole, left, right) = (DecimalSum(), DecimalSum(), DecimalSum())
        for (index, value) in cents.enumerated() {
            whole.add(Double(value) / 100)
            if index % 2 == 0 { left.add(mantissa: value, scale: 2) } else { right.add(Double(value) / 100) }
        }
        left.add(right)
        let total = cents.reduce(0, +)
        #expect(whole.sum == Double(total) / 100)
        #expect(left.sum == Double(total) / 100)
        #expect(whole.average(count: 200) == Double(total) / 20_000)
        #expect(DecimalSum.average(mantissa: total, scale: 2, count: 200) == Double(total) / 20_000)
    }

    @Test(arguments: UInt64(0)..<20)
    func `one number sums to itself, and its shortest decimal reads back`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            var sum = DecimalSum()
            sum.add(number)
            #expect(sum.sum == number)
            let (mantissa, exponent) = DecimalSum.shortestDecimal(number)
            #expect(Double("\(mantissa)e\(exponent)") == number)
        }
    }
}
