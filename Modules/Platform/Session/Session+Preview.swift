import Rules
import Storage

extension Session {
    /// One line about the expression in a command that is not finished yet: the exact waterfall, and the saved segment most like it.
    ///
    /// - Returns: nil where the text holds no expression that can be asked as it stands.
    public func preview(of line: String, interruption: Interruption) -> String? {
        guard !Command.isUnfinished(line), let command = try? Command(line), let expression = command.expression,
            let question = try? question(interruption: interruption, warn: { _ in }),
            let waterfall = try? question.waterfall(expression)
        else { return nil }
        return waterfall.line + (question.nearest(to: expression).map { "   most like \($0)" } ?? "")
    }
}

extension Command {
    /// The expression that a command asks about the population.
    fileprivate var expression: String? {
        switch self {
        case .count(let expression), .waterfall(let expression), .members(let expression, _), .saveSegment(_, let expression): expression
        default: nil
        }
    }
}

extension Question {
    /// The saved segment that shares most with an expression, with the Jaccard index; nil where none shares anyone.
    fileprivate func nearest(to expression: String) -> String? {
        let saved = definitions(.segment).compactMap { definition in
            (try? rule(definition.body, source: .segment(definition.name))).map { (definition.name, $0) }
        }
        guard !saved.isEmpty, let own = try? members(of: [rule(expression)] + saved.map(\.1)) else { return nil }
        let shares = zip(saved, own.dropFirst()).map { segment, set in
            let both = own[0].intersectionCount(set)
            let either = own[0].count + set.count - both
            return (name: segment.0, jaccard: either > 0 ? Double(both) / Double(either) : 0)
        }
        guard let best = shares.max(by: { $0.jaccard < $1.jaccard }), best.jaccard > 0 else { return nil }
        return "\(best.name) (Jaccard \(Figures.fixed(best.jaccard, digits: 2)))"
    }
}
