import Foundation

/// Random numbers that a seed repeats exactly: xoshiro256**, its state filled by SplitMix64.
///
/// The period is 2^256 - 1. Not for secrets. A copy continues on its own from the same state.
/// The integers and `uniform()` are the same on every machine; `normal()` is as exact as the machine's logarithm.
///
/// - SeeAlso: D. Blackman, S. Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021;
///   G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    @usableFromInline var s0, s1, s2, s3: UInt64
    /// The second normal number of the last pair, not handed out yet.
    private var spareNormal: Double?

    /// Starts the sequence that belongs to `seed`; any seed is good, 0 included.
    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        s0 = mixer.next()
        s1 = mixer.next()
        s2 = mixer.next()
        s3 = mixer.next()
    }

    /// The next 64 random bits.
    @inlinable public mutating func next() -> UInt64 {
        let times5 = s1 &* 5
        let result = ((times5 << 7) | (times5 >> 57)) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A number of [0, 1): 53 random bits over 2^53, each value equally likely.
    @inlinable public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// An integer of `0 ..< bound`, each equally likely, without bias; traps when `bound` is not positive.
    ///
    /// - SeeAlso: D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019.
    @inlinable public mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "integer(below:) needs a positive bound")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// A number of the normal distribution with mean 0 and standard deviation 1.
    ///
    /// - SeeAlso: G. Marsaglia, T. A. Bray, "A Convenient Method for Generating Normal Variables", SIAM Review 6(3), 1964.
    public mutating func normal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        while true {
            let x = 2 * uniform() - 1
            let y = 2 * uniform() - 1
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spareNormal = y * factor
            return x * factor
        }
    }

    /// A generator whose sequence is another one, decided by this one's state; for work that is shared out.
    public mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }
}

/// Spreads one 64-bit seed over as many words as are needed.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
