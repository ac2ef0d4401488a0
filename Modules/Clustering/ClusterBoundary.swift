/// One side of a plane in the original units: `coefficients . x <= bound`, or `<` where it is strict.
public struct HalfSpace: Sendable, Hashable, Codable {
    /// One for each feature; 0 where the feature plays no part.
    public var coefficients: [Double]
    /// What the weighted sum may reach (or, where strict, must stay below).
    public var bound: Double
    /// `<` instead of `<=`.
    public var strict: Bool

    /// Takes the side as given; a row must have as many features as there are coefficients.
    public init(coefficients: [Double], bound: Double, strict: Bool) {
        self.coefficients = coefficients
        self.bound = bound
        self.strict = strict
    }

    /// Whether a row lies on this side; sums from the first feature to the last, as the rendered expression does.
    public func contains(_ row: some Sequence<Double>) -> Bool {
        var sum: Double?
        for (coefficient, x) in zip(coefficients, row) where coefficient != 0 { sum = sum.map { $0 + coefficient * x } ?? coefficient * x }
        return strict ? sum ?? 0 < bound : sum ?? 0 <= bound
    }
}

extension ClusterModel {
    /// The half-spaces whose common part is cluster `cluster`: one for each other cluster, in order of their numbers.
    ///
    /// To be nearer to centre a than to b in scaled units is linear in the original ones:
    /// |z - a|^2 <= |z - b|^2 with z = (x - offset) / factor. A row as near to both belongs to the lower number, so the comparison with
    /// a higher number is `<=`, with a lower one `<`.
    public func halfSpaces(of cluster: Int) -> [HalfSpace] {
        precondition(centres.indices.contains(cluster), "there is no cluster \(cluster)")
        let own = centres[cluster]
        return centres.indices.filter { $0 != cluster }.map { other in
            var coefficients: [Double] = []
            var bound = 0.0
            for c in own.indices {
                let difference = 2 * (centres[other][c] - own[c])
                let coefficient = difference / scaling.factors[c]
                coefficients.append(coefficient)
                // |b|^2 - |a|^2 as (b - a)(b + a): exact where the two agree.
                bound += difference * (centres[other][c] + own[c]) / 2 + coefficient * scaling.offsets[c]
            }
            return HalfSpace(coefficients: coefficients, bound: bound, strict: other < cluster)
        }
    }

    /// Cluster `cluster` as an expression of the segment language.
    ///
    /// - Parameter values: For each feature, the text of a value that is a number; by default the features' own names.
    /// - Returns: Comparisons joined by `and`: k - 1 of them, and, where one cluster holds everybody, that every value exists.
    ///   Numbers are written so that they read back as the same float64. A profile that misses a value is in no cluster.
    public func expression(of cluster: Int, values: [String]? = nil) -> String {
        let values = values ?? features
        precondition(values.count == features.count, "one value for each feature")
        let spaces = halfSpaces(of: cluster)
        var parts = spaces.compactMap { space -> String? in
            let terms = zip(space.coefficients, values).filter { $0.0 != 0 }.map { "\(number($0.0)) * (\($0.1))" }
            // Two centres at one place: the lower number takes all.
            if terms.isEmpty { return space.strict ? "false" : nil }
            return "\(terms.joined(separator: " + ")) \(space.strict ? "<" : "<=") \(number(space.bound))"
        }
        // A feature that no comparison mentions must still be present, as it must for the nearest centre.
        for (c, value) in values.enumerated() where spaces.allSatisfy({ $0.coefficients[c] == 0 }) { parts.append("exists(\(value))") }
        return parts.joined(separator: " and ")
    }

    /// A float64 as the language writes numbers: the shortest that reads back, digits on both sides of the point.
    private func number(_ x: Double) -> String { x == x.rounded() && abs(x) < 1e15 ? "\(Int64(x))" : "\(x)" }
}
