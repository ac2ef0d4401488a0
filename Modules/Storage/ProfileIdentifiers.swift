/// The identifiers of each profile: the inverse of a snapshot's `profileOfIdentifier`.
public struct ProfileIdentifiers: Sendable {
    /// Where each profile's begin in `ordinals`; shape `[profiles + 1]`.
    private let starts: ContiguousArray<UInt32>
    /// Ordinals, profile after profile, each profile's ascending.
    private let ordinals: ContiguousArray<UInt32>

    /// Sorts the identifiers by their profiles; those that name nobody are left out. Two passes.
    public init(_ profileOfIdentifier: ContiguousArray<UInt32>, profiles: Int) {
        var starts = ContiguousArray<UInt32>(repeating: 0, count: profiles + 1)
        for profile in profileOfIdentifier where profile != IdentifierKind.nobody { starts[Int(profile) + 1] += 1 }
        for profile in 0..<profiles { starts[profile + 1] += starts[profile] }
        var next = starts
        var ordinals = ContiguousArray<UInt32>(repeating: 0, count: Int(starts[profiles]))
        for (ordinal, profile) in profileOfIdentifier.enumerated() where profile != IdentifierKind.nobody {
            ordinals[Int(next[Int(profile)])] = UInt32(ordinal)
            next[Int(profile)] += 1
        }
        (self.starts, self.ordinals) = (starts, ordinals)
    }

    /// The ordinals of a profile's identifiers, ascending.
    public subscript(profile: Int) -> Slice<ContiguousArray<UInt32>> {
        Slice(base: ordinals, bounds: Int(starts[profile])..<Int(starts[profile + 1]))
    }
}
