import EventModel
import Features
import Rules
import Storage

/// Questions to the whole population at once, answered by scanning blocks.
extension Question: ProfileValues {
    /// Who each expression holds for, from one plan over all of them.
    func members(of rules: [Rule]) throws(CommandError) -> [Membership] {
        try interruption.check()
        return try attempt { try evaluator.members(of: rules) }
    }

    /// Who an expression holds for.
    func members(of rule: Rule) throws(CommandError) -> Membership {
        try interruption.check()
        return try attempt { try evaluator.members(of: rule) }
    }

    func columns(of values: [Formula]) throws -> [ValueColumn] {
        try interruption.check()
        return try evaluator.values(of: values)
    }

    private var evaluator: PopulationEvaluator {
        PopulationEvaluator(snapshot: snapshot, now: now, threads: threads, isCancelled: { [interruption] in interruption.isInterrupted })
    }
}
