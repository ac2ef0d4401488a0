public import Statistics

/// Features of profiles as complete rows: what is missing is left out or filled in, and counted.
public struct FeatureTable: Sendable {
    /// What becomes of rows that miss a value.
    public enum Missing: String, Sendable, Codable, CaseIterable {
        /// They are left out.
        case leaveOut = "leave_out"
        /// The median of the column stands in; only rows that miss every value are left out.
        case median
    }

    /// One name for each column.
    public let features: [String]
    /// Complete rows; shape `[rows, features]`.
    public let matrix: Matrix
    /// The number of each row among the rows given; ascending; shape `[rows]`.
    public let origins: ContiguousArray<Int>
    /// Rows given.
    public let total: Int
    /// The values that stand in for missing ones; nil where none do; shape `[features]`.
    public let substitutes: [Double]?

    /// Rows given that are not in the matrix.
    public var leftOut: Int { total - matrix.rows }

    /// The greatest magnitude of a value. Beyond it the squares that distances and variances are made of would leave float64.
    public static let greatest = 1e140

    /// Takes one column for each feature, of equal lengths; NaN and infinities are missing.
    ///
    /// - Throws: `ClusteringError` where a column has no value at all or one beyond `greatest`, or no row is left.
    public init(features: [String], columns: [ContiguousArray<Double>], missing: Missing = .leaveOut) throws(ClusteringError) {
        precondition(features.count == columns.count && !columns.isEmpty, "one name for each column, and one column at least")
        for (feature, column) in zip(features, columns) where !column.isEmpty && !column.contains(where: \.isFinite) {
            throw ClusteringError("No profile has a value of \(feature). Leave it out, or check its spelling.")
        }
        for (feature, column) in zip(features, columns) {
            guard let huge = column.first(where: { $0.isFinite && $0.magnitude > Self.greatest }) else { continue }
            throw ClusteringError(
                "\(feature) is \(huge) for a profile, and \(Self.greatest) is the most that can be clustered. "
                    + "Leave such profiles out with `where`, or divide the feature.")
        }
        guard columns.allSatisfy({ $0.count == columns[0].count }) else { throw ClusteringError("The columns differ in length.") }
        let substitutes = missing == .median ? columns.map { column in median(of: column.lazy.filter(\.isFinite)) } : nil
        self.features = features
        self.substitutes = substitutes
        total = columns[0].count
        var kept = ContiguousArray<Int>()
        for row in 0..<total {
            let present = columns.count { $0[row].isFinite }
            if present == columns.count || (substitutes != nil && present > 0) { kept.append(row) }
        }
        origins = kept
        matrix = Matrix(
            columns: columns.enumerated().map { c, column in
                ContiguousArray(kept.map { column[$0].isFinite ? column[$0] : substitutes?[c] ?? .nan })
            })
        guard total > 0 else { throw ClusteringError("There is no profile to cluster.") }
        guard matrix.rows > 0 else {
            // Filled in, every row that has a value is kept, and every feature has one somewhere.
            throw ClusteringError("None of \(total) profiles has all of \(features.joined(separator: ", ")). Try impute=median.")
        }
    }
}
