/// What one row more of a slot can do to the answer of a rule, at the instant at hand and at every later one.
public enum StandingEffect: Sendable, Hashable {
    /// Nobody ceases to be a member by it.
    case raises
    /// Nobody becomes a member by it.
    case lowers
    /// Either may be.
    case either

    fileprivate var reversed: StandingEffect {
        switch self {
        case .raises: .lowers
        case .lowers: .raises
        case .either: .either
        }
    }

    /// Of two parts that count alike; nil has none.
    fileprivate static func joined(_ a: StandingEffect?, _ b: StandingEffect?) -> StandingEffect? {
        guard let a, let b else { return a ?? b }
        return a == b ? a : .either
    }
}

extension StandingPlan {
    /// What one row more of a slot can do to a node; nil: nothing.
    ///
    /// - Parameter isLatest: No row of a last step comes after it: chains that it would begin or go on with have no end yet.
    func effect(of slot: Int, on root: Int, isLatest: Bool) -> StandingEffect? {
        var known: [Int: StandingEffect?] = [:]

        func of(_ id: Int) -> StandingEffect? {
            if let effect = known[id] { return effect }
            let effect = found(id)
            known[id] = .some(effect)
            return effect
        }

        func any(_ nodes: [Int]) -> StandingEffect? { nodes.reduce(nil) { .joined($0, of($1)) } }

        /// Events of a selection become more, where its windows do not hang on the slot.
        func events(_ selection: Int) -> StandingEffect? {
            if plan.selections[selection].windows.contains(where: { of($0.node) != nil }) { return .either }
            return slotOfSelection[selection] == slot ? .raises : nil
        }

        func found(_ id: Int) -> StandingEffect? {
            switch plan.nodes[id] {
            case .all(let parts), .any(let parts): return any(parts)
            case .not(let part): return of(part)?.reversed
            case .counted(let selection, let range):
                guard events(selection) == .raises else { return events(selection) }
                return range.growsTrue ? .raises : range.growsFalse ? .lowers : .either
            case .sequence(let sequence):
                let steps = sequence.steps.indices.reduce(nil) { effect, step in
                    let own = events(sequence.steps[step].selection)
                    let waits = own == .raises && isLatest && step + 1 < sequence.steps.count
                    return StandingEffect.joined(effect, waits ? nil : own)
                }
                return .joined(steps, sequence.absent.flatMap { events($0)?.reversed })
            case .aggregate(let selection, _, _): return events(selection) == nil ? nil : .either
            case .ranked(let value, let among, _, _):
                return of(value) == nil && among.flatMap { events($0) } == nil ? nil : .either
            case .trait, .consent, .consentIsSet: return slots(of: id).contains(slot) ? .either : nil
            case let node: return any(node.operands) == nil ? nil : .either
            }
        }
        return of(root)
    }
}
