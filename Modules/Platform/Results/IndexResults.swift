public import EventModel
public import Storage

/// The indexes of traits that a store keeps.
public struct IndexesResult: CommandResult, Equatable {
    /// In the order in which they were made.
    public var indexes: [TraitIndex]

    public var json: JSONObject {
        JSONObject([
            "indexes": .array(
                indexes.map {
                    .object(JSONObject(["trait": .string($0.trait.joined(separator: ".")), "entries": .integer(Int64($0.entries))]))
                })
        ])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("trait"), .init("entries", numeric: true)],
            rows: indexes.map { [.text($0.trait.joined(separator: ".")), .count($0.entries)] })
    }
    public var notes: [String] { indexes.isEmpty ? ["No trait is indexed. `index add trait.NAME` makes an index."] : [] }
}

/// How an expression is answered: whom an index leaves to be asked, or everybody.
public struct QueryPlanResult: CommandResult, Equatable {
    /// The trait whose index is used; nil: all profiles are scanned.
    public var index: String?
    /// Profiles that are looked at.
    public var candidates: Int
    /// Profiles there are at all.
    public var profiles: Int

    public var json: JSONObject {
        JSONObject([
            "index": index.map { .string("trait.\($0)") } ?? .null, "candidates": .integer(Int64(candidates)),
            "profiles": .integer(Int64(profiles)),
        ])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("index"), .init("candidates", numeric: true), .init("profiles", numeric: true)],
            rows: [[index.map { .text("trait.\($0)") } ?? .missing, .count(candidates), .count(profiles)]])
    }
    public var notes: [String] {
        [
            index.map { "The index of trait.\($0) leaves \(Figures.count(candidates, "profile")) to be asked." }
                ?? "No index helps: the columns of all profiles are scanned."
        ]
    }
}
