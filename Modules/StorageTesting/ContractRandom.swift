/// Repeatable randomness for contract kits: the same seed gives the same numbers everywhere.
///
/// - SeeAlso: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators", 2014 (SplitMix64).
public struct ContractRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameter seed: Any number; a failing check reports it.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// True once in `n` times.
    public mutating func once(in n: UInt64) -> Bool { next() % n == 0 }

    /// A number from 0 to `bound - 1`.
    public mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// One of the elements; `all` is not empty.
    public mutating func pick<Element>(_ all: [Element]) -> Element { all[below(all.count)] }
}
