public import EventModel

/// A measure of clusterings by their number of clusters.
public struct CurveResult: CommandResult, Equatable {
    /// Which measure.
    public enum Measure: String, Sendable { case inertia, silhouette }
    /// One number of clusters.
    public struct Point: Sendable, Equatable {
        /// How many clusters.
        public var k: Int
        /// Sum of squared distances to the nearest centre, in scaled units.
        public var inertia: Double
        /// nil for one cluster.
        public var silhouette: Double?
    }

    /// The measure that was asked for; points carry both.
    public var measure: Measure
    /// Ascending in k.
    public var points: [Point]
    /// The k that the measure speaks for: the bend of the inertia, the highest silhouette.
    public var best: Int?
    /// Profiles that have every feature; of more than 50 000 an even sample is measured.
    public var profiles: Int
    /// Profiles that lack a feature and were left out.
    public var leftOut: Int

    public var json: JSONObject {
        JSONObject([
            "measure": .string(measure.rawValue), "best": best.map { .integer(Int64($0)) } ?? .null,
            "points": .array(points.map { .object(Self.json($0)) }), "profiles": .integer(Int64(profiles)),
            "left_out": .integer(Int64(leftOut)),
        ])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("k", numeric: true), .init("inertia", numeric: true), .init("silhouette", numeric: true)],
            rows: points.map { [.count($0.k), .number($0.inertia, digits: 2), $0.silhouette.map { .number($0, digits: 4) } ?? .missing] })
    }
    public var notes: [String] {
        var notes: [String] = []
        if let best { notes.append(measure == .inertia ? "The bend is at k = \(best)." : "The best silhouette is at k = \(best).") }
        if leftOut > 0 { notes.append("\(Figures.count(leftOut, "profile")) lack a feature and were left out.") }
        return notes
    }

    private static func json(_ point: Point) -> JSONObject {
        JSONObject(["k": .integer(Int64(point.k)), "inertia": .finite(point.inertia), "silhouette": .finite(point.silhouette)])
    }
}

extension CurveResult: Drawable {
    public var chart: any Chart {
        let line: [(x: Double, y: Double)] = points.compactMap { point in
            let y = measure == .inertia ? point.inertia : point.silhouette
            return y.map { (Double(point.k), $0) }
        }
        return LineChart(
            title: measure == .inertia ? "Elbow: inertia by number of clusters" : "Silhouette by number of clusters", xAxis: "clusters",
            yAxis: measure == .inertia ? "inertia" : "mean silhouette", points: line, marked: best.map(Double.init),
            note: best.map { "k = \($0)" } ?? "", series: measure == .inertia ? 0 : 2)
    }
}

/// The principal components of features.
public struct ComponentsResult: CommandResult, Equatable {
    /// One component.
    public struct Component: Sendable, Equatable {
        /// Its share of the variance.
        public var explained: Double
        /// In the order of the features, of the scaled values.
        public var loadings: [Double]
    }

    /// Names of the features, or their values, in the order asked for.
    public var features: [String]
    /// The one that explains most first.
    public var components: [Component]
    /// Profiles that the components were computed from.
    public var profiles: Int
    /// Profiles that lack a feature and were left out.
    public var leftOut: Int

    public var json: JSONObject {
        let list = components.map { component in
            JSONObject([
                "explained": .finite(component.explained), "loadings": .array(component.loadings.map { .finite($0) }),
            ])
        }
        return JSONObject([
            "components": .array(list.map { .object($0) }), "features": .list(features), "profiles": .integer(Int64(profiles)),
            "left_out": .integer(Int64(leftOut)),
        ])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("component", numeric: true), .init("explained", numeric: true)] + features.map { .init($0, numeric: true) },
            rows: components.enumerated().map { index, component in
                [.count(index + 1), .share(component.explained)] + component.loadings.map { .number($0, digits: 3) }
            })
    }
}
