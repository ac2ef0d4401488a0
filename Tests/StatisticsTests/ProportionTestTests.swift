import Testing

@testable import Statistics

@Suite struct ProportionTestTests {
    /// R's `power.prop.test(p1 = .50, p2 = .75, power = .90)` says 76.7 (its help page); the others are its formula worked with 30 digits.
    @Test(arguments: [
        (0.5, 0.5, 0.05, 0.9, 77), (0.05, 0.2, 0.05, 0.8, 8158), (0.5, 0.5, 0.05, 0.8, 58), (0.2, 0.25, 0.05, 0.8, 1094),
        (0.1, -0.5, 0.05, 0.8, 435),
    ])
    func `the people a test needs are the published ones`(rate: Double, effect: Double, alpha: Double, power: Double, people: Int) throws {
        let test = try #require(ProportionTest(rate: rate, relativeEffect: effect))
        #expect(test.peoplePerGroup(alpha: alpha, power: power) == people)
    }

    @Test func `smaller effects, surer answers and stricter tests need more people`() throws {
        func people(_ effect: Double, _ alpha: Double = 0.05, _ power: Double = 0.8) throws -> Int {
            try #require(ProportionTest(rate: 0.1, relativeEffect: effect)).peoplePerGroup(alpha: alpha, power: power)
        }
        #expect(try people(0.1) > people(0.2) && people(0.1, 0.01) > people(0.1) && people(0.1, 0.05, 0.9) > people(0.1))
    }

    @Test func `shares outside 0 and 1 are no test`() {
        for (rate, effect) in [(0.0, 0.2), (1, 0.2), (0.9, 0.2), (0.5, 0), (0.5, -1), (.nan, 0.1)] as [(Double, Double)] {
            #expect(ProportionTest(rate: rate, relativeEffect: effect) == nil, "\(rate) \(effect)")
        }
    }

    /// Table values: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1, and 30-digit arithmetic.
    @Test(arguments: [
        (0.5, 0.0), (0.975, 1.959963984540054), (0.8, 0.8416212335729143), (0.9, 1.2815515655446004), (1e-10, -6.361340902404056),
    ])
    func `quantiles of the normal distribution are right to fifteen digits`(p: Double, z: Double) {
        #expect(abs(ProportionTest.normalQuantile(p) - z) <= 1e-14 * max(1, abs(z)))
    }
}
