import EventModel
import Rules
import Storage

/// Definitions in place of others, and who is in the segments that they change: what is written in one step.
struct DefinitionSwap: Sendable {
    /// Who is in a segment from now on.
    struct Answer: Sendable {
        var segment: String
        var expression: String
        /// Of the snapshot that was asked.
        var members: Membership
    }

    var saves: [Definition] = []
    var removals: [Definition] = []
    /// When it happens; nil where `now` was fixed by hand, since nothing is written that depends on such a `now`.
    var instant: Instant?
    var answers: [Answer] = []

    var isEmpty: Bool { saves.isEmpty && removals.isEmpty }

    /// What is to be recorded of changed segments.
    static func answers(of entries: [WorkspacePlan.Entry]) -> [Answer] {
        entries.compactMap { entry in
            guard entry.kind == .segment, entry.change != .unchanged, let members = entry.after, let text = entry.newText else {
                return nil
            }
            return Answer(segment: entry.name, expression: DefinitionText(text).expression, members: members)
        }
    }
}

extension Session {
    /// Works out a swap and makes it, all of it or nothing; again where another process recorded one of the segments meanwhile.
    ///
    /// - Parameter make: Gives the swap, from a question about the store as it is then.
    /// - Returns: What `make` gave, and whether memberships were recorded.
    func swapping<Plan>(
        interruption: Interruption, warn: @escaping @Sendable (String) -> Void, because cause: MembershipCause = .definition,
        _ make: (Question) throws(CommandError) -> (plan: Plan, swap: DefinitionSwap)
    ) throws(CommandError) -> (plan: Plan, isRecorded: Bool) {
        let store = try tessera.store(.creating)
        var overtaken = ""
        for number in 0..<Self.mostAttempts {
            let question = try storeQuestion(.creating, interruption: interruption) { if number == 0 { warn($0) } }
            let (plan, swap) = try make(question)
            let changes = try question.changes(swap, because: cause)
            if swap.isEmpty && changes.isEmpty { return (plan, false) }
            try interruption.check()
            let removals = swap.removals.map { DefinitionEdit.Removal(kind: $0.kind, name: $0.name, at: wallClock) }
            let edit = DefinitionEdit(saved: swap.saves, removed: removals, changes: changes)
            switch try attempt({ try store.apply(edit) }) {
            case .applied: return (plan, swap.instant != nil)
            case .outdated(let segment): overtaken = segment
            }
        }
        throw CommandError(.held, "Another process keeps recording who is in '\(overtaken)'. Nothing was changed; try again.")
    }

    /// How often a swap is worked out anew before it is given up.
    private static let mostAttempts = 5
}

extension Question {
    /// The steps from what is recorded to the swap's answers.
    fileprivate func changes(_ swap: DefinitionSwap, because cause: MembershipCause) throws(CommandError) -> [MembershipChange] {
        guard let instant = swap.instant else { return [] }
        return try attempt {
            try swap.answers.compactMap { answer in
                let recorded = try snapshot.recordedMembers(of: answer.segment, at: nil)
                // A clock that was set back does not turn the history round.
                return try MembershipChange(
                    of: answer.segment, at: max(instant, recorded?.at ?? instant), because: cause, expression: answer.expression,
                    from: recorded, to: answer.members.members.lazy.map { UInt32($0) }, in: snapshot)
            }
        }
    }
}
