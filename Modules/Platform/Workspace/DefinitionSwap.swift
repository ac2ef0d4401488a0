import EventModel
import Rules
import Storage

/// What `apply` writes: definitions in place of others, and who is in the segments that they change.
struct DefinitionSwap: Sendable {
    /// A segment whose definition changes, or something that it mentions.
    struct Answer: Sendable {
        var segment: String
        /// What is answered from now on.
        var expression: String
        /// Who is in then, by the profile numbers of the plan's snapshot.
        var members: Membership
    }

    var saves: [Definition]
    var removals: [Definition]
    var answers: [Answer]

    var isEmpty: Bool { saves.isEmpty && removals.isEmpty }
}

extension EventStore {
    /// Makes the swap.
    ///
    /// - Parameter instant: When; nil where `now` was fixed by hand, since nothing is written that depends on such a `now`.
    /// - Returns: Whether the answers were recorded.
    func swap(_ swap: DefinitionSwap, at instant: Instant?, in snapshot: any StoreSnapshot) throws -> Bool {
        for definition in swap.removals { _ = try removeDefinition(kind: definition.kind, name: definition.name) }
        for definition in swap.saves { try save(definition) }
        return false
    }
}
