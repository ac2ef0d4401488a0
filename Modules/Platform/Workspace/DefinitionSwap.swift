import EventModel
import Storage

/// What `apply` writes: definitions in place of others, and whom that moves.
struct DefinitionSwap: Sendable {
    /// The profiles that a changed definition takes into a segment and out of it, as profile numbers of the plan's snapshot, ascending.
    struct Movement: Sendable {
        var segment: String
        var entered: ContiguousArray<Int>
        var left: ContiguousArray<Int>
    }

    var saves: [Definition]
    var removals: [Definition]
    /// When the definitions change; nil where `now` was fixed by hand, since nothing is written that depends on such a `now`.
    var instant: Instant?
    var movements: [Movement]

    var isEmpty: Bool { saves.isEmpty && removals.isEmpty }
}

extension EventStore {
    /// Makes the swap.
    ///
    /// - Returns: Whether the movements were recorded.
    func swap(_ swap: DefinitionSwap) throws(StoreError) -> Bool {
        for definition in swap.removals { _ = try removeDefinition(kind: definition.kind, name: definition.name) }
        for definition in swap.saves { try save(definition) }
        return false
    }
}
