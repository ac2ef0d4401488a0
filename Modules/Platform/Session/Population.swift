import EventModel
import Features
import Rules
import Storage

/// Questions to the whole population at once, answered by scanning blocks.
extension Question: ProfileValues {
    /// Who each expression holds for, from one plan over all of them.
    func members(of rules: [Rule]) throws(CommandError) -> [Membership] {
        try interruption.check()
        guard let cache else { return try answer(rules) }
        let known = rules.map { cache.membership(of: $0, version: snapshot.version, now: now) }
        let unknown = zip(rules, known).compactMap { $1 == nil ? $0 : nil }
        let found = try answer(unknown)
        for (rule, membership) in zip(unknown, found) { cache.keep(membership, of: rule, version: snapshot.version, now: now) }
        var next = found.makeIterator()
        return known.compactMap { $0 ?? next.next() }
    }

    /// Rules that an index helps with are answered one by one, the others in one scan.
    private func answer(_ rules: [Rule]) throws(CommandError) -> [Membership] {
        try attempt {
            let uses = try indexUses(of: rules)
            let rest = zip(rules, uses).compactMap { $1 == nil ? $0 : nil }
            var scanned = (rest.isEmpty ? [] : try evaluator.members(of: rest)).makeIterator()
            return try zip(rules, uses).compactMap { rule, use in
                guard let use else { return scanned.next() }
                return try evaluator.members(of: rule, among: use.candidates)
            }
        }
    }

    /// Who an expression holds for.
    func members(of rule: Rule) throws(CommandError) -> Membership { try members(of: [rule])[0] }

    func columns(of values: [Formula]) throws -> [ValueColumn] {
        try interruption.check()
        return try evaluator.values(of: values)
    }

    var evaluator: PopulationEvaluator {
        PopulationEvaluator(snapshot: snapshot, now: now, threads: threads, isCancelled: { [interruption] in interruption.isInterrupted })
    }
}
