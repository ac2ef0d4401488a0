extension PopulationEvaluator {
    /// The bound of each percentile that a rule asks for, over the population at `now`: what `members(of:)` compares with.
    ///
    /// Cost: as a question for the ranked values alone; nothing is read for a rule without percentiles.
    ///
    /// - Throws: `CancellationError`, or what the store throws.
    public func thresholds(of rule: Rule) throws -> PercentileThresholds {
        let percentiles = rule.percentiles
        guard !percentiles.isEmpty else { return .none }
        var compiler = QueryCompiler(now: now)
        let values = percentiles.map { compiler.enter(Formula(root: $0.value, features: rule.features)) }
        let among = percentiles.map { ranked -> NodeID? in
            guard let aggregate = rule.soleAggregate(of: ranked.value) else { return nil }
            return compiler.enter(Rule(root: .did(aggregate.events, nil), features: rule.features))
        }
        let (graph, everyone) = (compiler.graph, among.compactMap { $0 })
        let query = PopulationQuery(graph: graph, snapshot: snapshot, threads: threads, tuning: tuning, isCancelled: isCancelled)
        let nodes = values + everyone
        let vectors = Dictionary(zip(nodes, try query.answer(nodes)), uniquingKeysWith: { first, _ in first })
        var thresholds = PercentileThresholds()
        for (place, (value, percentile)) in percentiles.enumerated() {
            guard let ranked = vectors[values[place]] else { continue }
            let bound = Ranking.threshold(
                percentile, of: ranked, among: among[place].flatMap { vectors[$0] }, kind: graph.kinds[values[place]])
            if !bound.isMissing { thresholds[value, percentile] = bound }
        }
        return thresholds
    }
}
