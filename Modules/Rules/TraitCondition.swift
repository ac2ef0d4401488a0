public import Storage

/// What a rule asks of a trait of every member: that it is one of some values.
public struct TraitCondition: Sendable, Hashable {
    /// The trait's path below `traits`.
    public var trait: ColumnPath
    /// At least one.
    public var values: [TraitValue]
}

extension Tree where Root == Clause {
    /// Conditions that every member meets, found at the top of the rule and in what it joins with `and`; each is necessary, not enough.
    public var traitConditions: [TraitCondition] { conditions(of: root) }

    private func conditions(of clause: Clause) -> [TraitCondition] {
        switch clause {
        case .all(let clauses): clauses.flatMap { conditions(of: $0) }
        case .segment(let index): conditions(of: segments[index].body)
        case .compare(.trait(let path), .equal, .literal(let literal)), .compare(.literal(let literal), .equal, .trait(let path)):
            [condition(path, [literal])].compactMap { $0 }
        case .isIn(.trait(let path), let literals): [condition(path, literals)].compactMap { $0 }
        default: []
        }
    }

    private func condition(_ path: [Text], _ literals: [Literal]) -> TraitCondition? {
        var values: [TraitValue] = []
        for literal in literals {
            switch literal {
            case .text(let text): values.append(.text(text.string))
            case .number(let number): values.append(.number(number))
            case .truth(let truth): values.append(.truth(truth))
            // No trait is a duration.
            case .duration: return nil
            }
        }
        return TraitCondition(trait: path.map(\.string), values: values)
    }
}
