public import EventModel

/// The exclusive segments of taxonomies; within each they add up to the population.
public struct TaxonomyResult: CommandResult, Equatable {
    /// One exclusive segment.
    public struct Segment: Sendable, Equatable {
        /// The set it belongs to.
        public var taxonomy: String
        /// The exclusive segment's name: `lifecycle:new`.
        public var name: String
        /// The title of the segment that it was made from.
        public var title: String?
        /// Profiles in it.
        public var members: Int
    }
    /// By taxonomy, in its order.
    public var segments: [Segment]
    /// Profiles there are at all.
    public var population: Int

    public var json: JSONObject {
        let entries = segments.map { segment in
            JSONValue.object(
                JSONObject([
                    "taxonomy": .string(segment.taxonomy), "name": .string(segment.name),
                    "title": segment.title.map { .string($0) } ?? .null,
                    "members": .integer(Int64(segment.members)),
                ]))
        }
        return JSONObject(["segments": .array(entries), "population": .integer(Int64(population))])
    }
    public var table: ResultTable {
        let columns: [ResultTable.Column] = [
            .init("taxonomy"), .init("name"), .init("title"), .init("members", numeric: true), .init("share", numeric: true),
        ]
        return ResultTable(
            columns,
            rows: segments.map { segment in
                [
                    .text(segment.taxonomy), .text(segment.name), segment.title.map { .text($0) } ?? .missing, .count(segment.members),
                    .share(population > 0 ? Double(segment.members) / Double(population) : 0),
                ]
            })
    }
    public var notes: [String] {
        segments.isEmpty
            ? ["No taxonomy is defined. Segments' files say `# taxonomy: NAME` and `# order: 1`."]
            : ["In each taxonomy the members add up to all \(Figures.count(population, "profile"))."]
    }
}
