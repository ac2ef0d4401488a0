import Foundation

/// A planned comparison of two proportions: how many people it takes to see an effect of a given size.
public struct ProportionTest: Sendable, Equatable {
    /// The share that converts today, above 0 and below 1.
    public let rate: Double
    /// The share that the test must be able to tell from it.
    public let changedRate: Double

    /// - Parameter relativeEffect: The least change worth finding, as a share of the rate: 0.2 asks to tell 6 % from 5 %.
    /// - Returns: nil unless both shares lie strictly between 0 and 1 and differ.
    public init?(rate: Double, relativeEffect: Double) {
        let changed = rate * (1 + relativeEffect)
        guard rate > 0, rate < 1, changed > 0, changed < 1, changed != rate else { return nil }
        (self.rate, changedRate) = (rate, changed)
    }

    /// People that each of two equal groups needs, for the two-sided test of the difference of two independent proportions by the normal
    /// approximation, without continuity correction.
    ///
    /// n = (z(1 - alpha/2) √(2 p̄ (1 - p̄)) + z(power) √(p₁(1 - p₁) + p₂(1 - p₂)))² / (p₁ - p₂)², rounded up.
    /// - Parameter alpha: The chance to see an effect where there is none, above 0 and below 1.
    /// - Parameter power: The chance to see the effect where it is there, above 0 and below 1.
    /// - SeeAlso: J. L. Fleiss, B. Levin, M. C. Paik, "Statistical Methods for Rates and Proportions", 3rd edition, 2003, formula 4.14.
    public func peoplePerGroup(alpha: Double = 0.05, power: Double = 0.8) -> Int {
        precondition(alpha > 0 && alpha < 1 && power > 0 && power < 1, "alpha and power lie between 0 and 1")
        let mean = (rate + changedRate) / 2
        let underNone = (2 * mean * (1 - mean)).squareRoot()
        let underEffect = (rate * (1 - rate) + changedRate * (1 - changedRate)).squareRoot()
        let width = Self.normalQuantile(1 - alpha / 2) * underNone + Self.normalQuantile(power) * underEffect
        let difference = rate - changedRate
        let people = (width * width / (difference * difference)).rounded(.up)
        return people < Double(Int.max) ? max(1, Int(people)) : .max
    }

    /// The point below which a standard normal variable falls with probability `p`, by bisection of its distribution function: 60 halvings
    /// of an interval that holds every representable case leave an error below 1e-15 times its width.
    static func normalQuantile(_ p: Double) -> Double {
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.squareRoot()) / 2 < p { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
