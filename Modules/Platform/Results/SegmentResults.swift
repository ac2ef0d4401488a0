public import EventModel

/// A saved segment and how many profiles are in it.
public struct SegmentEntry: Sendable, Equatable {
    /// The name that commands and `segment "..."` use.
    public var name: String
    /// nil where the expression is refused today; `problem` says why.
    public var members: Int?
    /// The definition without the comment lines at its start.
    public var expression: String
    /// The title that the definition sets, else the comment that it begins with.
    public var title: String?
    /// Why the expression is refused; nil where it is not refused.
    public var problem: String?

    /// - Parameter body: The definition as it is saved; comments at its top give the title.
    public init(name: String, members: Int?, body: String, problem: String? = nil) {
        (self.name, self.members, self.problem) = (name, members, problem)
        let text = DefinitionText(body)
        (title, expression) = (text.title, text.expression)
    }

    var json: JSONObject {
        var object = JSONObject([
            "name": .string(name), "members": members.map { .integer(Int64($0)) } ?? .null, "expression": .string(expression),
        ])
        if let title { object.set("title", .string(title)) }
        if let problem { object.set("problem", .string(problem)) }
        return object
    }
}

/// Segments with their sizes, by name.
public struct SegmentsResult: CommandResult, Equatable {
    /// By name.
    public var segments: [SegmentEntry]
    /// Profiles there are at all.
    public var population: Int

    public var json: JSONObject { JSONObject(["segments": .array(segments.map { .object($0.json) })]) }
    public var table: ResultTable {
        let columns: [ResultTable.Column] = [
            .init("name"), .init("members", numeric: true), .init("share", numeric: true), .init("expression"),
        ]
        return ResultTable(
            columns,
            rows: segments.map { entry in
                let share = entry.members.map { population > 0 ? Double($0) / Double(population) : 0 }
                return [
                    .text(entry.name), entry.members.map { .count($0) } ?? .missing, share.map { .share($0) } ?? .missing,
                    segments.count == 1 ? .prose(entry.expression) : .text(entry.expression.replacing("\n", with: " ")),
                ]
            })
    }
    public var notes: [String] {
        if segments.isEmpty { return ["No segment is saved. `segment NAME = EXPRESSION` saves one."] }
        return segments.compactMap { entry in entry.problem.map { "\(entry.name): \($0)" } }
    }
}

extension SegmentsResult: Drawable {
    public var chart: any Chart {
        BarChart(
            title: "Segments by size",
            bars: segments.sorted { ($0.members ?? 0) > ($1.members ?? 0) }.map { entry in
                let members = entry.members ?? 0
                let share = population > 0 ? Double(members) / Double(population) : 0
                return .init(entry.name, Double(members), caption: "\(Figures.grouped(members))  \(Figures.percent(share))")
            })
    }
}

/// How many profiles segments share, pair by pair.
public struct OverlapResult: CommandResult, Equatable {
    /// Two segments and what they share.
    public struct Pair: Sendable, Equatable {
        /// The segment that was named first.
        public var a: String
        /// The segment that was named later.
        public var b: String
        /// Profiles in both.
        public var both: Int
        /// Profiles in either, those in both counted once.
        public var either: Int
        /// Shared ones over those in either (Jaccard 1901); nil when both are empty.
        public var jaccard: Double? { either > 0 ? Double(both) / Double(either) : nil }

        var json: JSONObject {
            JSONObject([
                "a": .string(a), "b": .string(b), "both": .integer(Int64(both)), "either": .integer(Int64(either)),
                "jaccard": .finite(jaccard),
            ])
        }
    }

    /// In the order asked for, with their sizes.
    public var names: [String]
    /// Profiles of each segment, in the order of `names`.
    public var sizes: [Int]
    /// Every pair once, first by the first name's place.
    public var pairs: [Pair]

    public var json: JSONObject {
        let segments = zip(names, sizes).map { JSONObject(["name": .string($0), "members": .integer(Int64($1))]) }
        return JSONObject(["segments": .array(segments.map { .object($0) }), "pairs": .array(pairs.map { .object($0.json) })])
    }
    public var records: [JSONObject] { pairs.map(\.json) }
    public var table: ResultTable {
        let columns: [ResultTable.Column] = [
            .init("a"), .init("b"), .init("both", numeric: true), .init("either", numeric: true), .init("jaccard", numeric: true),
        ]
        return ResultTable(
            columns,
            rows: pairs.map {
                [.text($0.a), .text($0.b), .count($0.both), .count($0.either), $0.jaccard.map { .number($0, digits: 3) } ?? .missing]
            })
    }
    public var notes: [String] { pairs.isEmpty ? ["Overlap needs at least two segments."] : [] }
}

extension OverlapResult: Drawable {
    public var chart: any Chart {
        var shares = names.indices.map { a in names.indices.map { b -> Double? in a == b && sizes[a] > 0 ? 1 : nil } }
        for pair in pairs {
            guard let a = place(of: pair.a), let b = place(of: pair.b) else { continue }
            (shares[a][b], shares[b][a]) = (pair.jaccard ?? 0, pair.jaccard ?? 0)
        }
        let captions = shares.map { $0.map { $0.map { Figures.fixed($0, digits: 2) } ?? "" } }
        return HeatMap(title: "Overlap of segments (Jaccard)", columns: names, rows: names, values: shares, captions: captions)
    }

    private func place(of name: String) -> Int? { names.firstIndex { $0.sameScalars(as: name) } }
}

/// A result that has a picture.
public protocol Drawable: CommandResult {
    /// The picture, made of the figures at hand.
    var chart: any Chart { get }
}
