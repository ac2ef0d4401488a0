/// Which profiles of a snapshot are in: one bit a profile number, lowest bit first. Holds for one snapshot only.
public struct Membership: Sendable, Hashable {
    /// Shape `[⌈population ÷ 64⌉]`; bits past the population are zero.
    public let words: ContiguousArray<UInt64>
    /// Profiles of the snapshot, members or not.
    public let population: Int

    /// Joins the parts; bits past the population must be zero.
    public init(words: ContiguousArray<UInt64>, population: Int) {
        precondition(words.count == (population + 63) / 64, "a word holds 64 profiles")
        (self.words, self.population) = (words, population)
    }

    /// The membership of the given profile numbers.
    public init(members: some Sequence<Int>, population: Int) {
        var words = ContiguousArray<UInt64>(repeating: 0, count: (population + 63) / 64)
        for member in members { words[member >> 6] |= 1 << UInt64(member & 63) }
        self.init(words: words, population: population)
    }

    /// How many are in.
    public var count: Int { words.withUnsafeBufferPointer { words in words.reduce(0) { $0 &+ $1.nonzeroBitCount } } }

    /// Whether a profile number is in.
    public func contains(_ profile: Int) -> Bool { words[profile >> 6] >> UInt64(profile & 63) & 1 == 1 }

    /// The members' profile numbers, ascending.
    public var members: ContiguousArray<Int> {
        var members: ContiguousArray<Int> = []
        members.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                members.append(index << 6 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return members
    }

    /// Those in both. The other must be of the same snapshot.
    public func intersection(_ other: Membership) -> Membership { combined(other) { $0 & $1 } }

    /// Those in either. The other must be of the same snapshot.
    public func union(_ other: Membership) -> Membership { combined(other) { $0 | $1 } }

    /// Those in this one and not in the other, which must be of the same snapshot.
    public func subtracting(_ other: Membership) -> Membership { combined(other) { $0 & ~$1 } }

    private func combined(_ other: Membership, _ operation: (UInt64, UInt64) -> UInt64) -> Membership {
        precondition(population == other.population, "memberships of one snapshot have one population")
        return Membership(words: ContiguousArray(zip(words, other.words).map { operation($0, $1) }), population: population)
    }
}
