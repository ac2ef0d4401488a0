import EventModel
import Rules
import Storage

/// Questions in SQL, over read-only tables.
extension Question {
    /// The answer to one SELECT over `events`, `profiles`, `memberships` and `segments`.
    func sql(_ statement: String, by engine: any SQLQuerying) throws(CommandError) -> SQLResult {
        let segments = definitions(.segment).map {
            SQLViews.Segment(name: $0.name, expression: DefinitionText($0.body).expression)
        }
        let views = SQLViews(snapshot: snapshot, now: now, segments: segments) { name in
            guard let definition = self.definition(.segment, name) else { throw self.unknown(.segment, name) }
            return try self.members(of: self.rule(definition.body, source: .segment(name))).members.map { UInt32($0) }
        }
        return SQLResult(
            try attempt { [interruption] in
                try engine.rows(of: statement, over: views, limits: SQLLimits(), isCancelled: { interruption.isInterrupted })
            })
    }
}
