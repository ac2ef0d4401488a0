public import EventModel

/// How many profiles each clause of an expression leaves: the whole population, then those the first clause leaves, and so on.
public struct WaterfallResult: CommandResult, Equatable {
    /// One clause of the outermost `and`.
    public struct Step: Sendable, Equatable {
        /// The clause in the segment language.
        public var clause: String
        /// Profiles it holds for on its own.
        public var members: Int
        /// Profiles that it and all clauses before it hold for.
        public var left: Int
    }

    /// Profiles there are at all.
    public var population: Int
    /// In the order of the expression; the last one's `left` is the count of the whole.
    public var steps: [Step]

    /// Profiles the whole expression holds for.
    public var count: Int { steps.last?.left ?? population }

    /// One line: `1,000,000 → 212,340 → 644`.
    public var line: String { ([population] + steps.map(\.left)).map(Figures.grouped).joined(separator: " → ") }

    public var json: JSONObject {
        let steps = steps.map { step in
            JSONValue.object(
                JSONObject([
                    "clause": .string(step.clause), "members": .integer(Int64(step.members)), "left": .integer(Int64(step.left)),
                ]))
        }
        return JSONObject(["clauses": .array(steps), "count": .integer(Int64(count)), "population": .integer(Int64(population))])
    }

    public var table: ResultTable {
        ResultTable(
            [.init("clause"), .init("members", numeric: true), .init("left", numeric: true)],
            rows: steps.map { [.text($0.clause), .count($0.members), .count($0.left)] })
    }

    public var notes: [String] { [line] }
}
