public import Statistics

/// Clusters that can be kept, and that new rows can be given to: features, units, centres, and how they were found.
///
/// It is plain JSON under `Codable`; the store keeps it as a definition of kind model.
public struct ClusterModel: Sendable, Hashable, Codable {
    /// Grows when the JSON changes its meaning.
    public static let currentVersion = 1

    /// Version of the JSON; `currentVersion` for models made by this program.
    public var version: Int
    /// The word of the algorithm: `kmeans`.
    public var algorithm: String
    /// The features by the names they were given, usually values of the segment language; shape `[columns]`.
    public var features: [String]
    /// The change of units from original to scaled, fitted to the same rows as the centres.
    public var scaling: FeatureScaling
    /// What stands in for missing values; nil where rows with missing values are left out; shape `[columns]`.
    public var substitutes: [Double]?
    /// Centres in scaled units; shape `[clusters, columns]`.
    public var centres: [[Double]]
    /// Rows of each cluster when it was fitted; shape `[clusters]`.
    public var sizes: [Int]
    /// Rows that took part, and rows left out for missing values.
    public var rows: Int
    /// Rows left out for missing values.
    public var leftOut: Int
    /// The seed that the algorithm was started from; it repeats the fit.
    public var seed: UInt64
    /// The sum of the squared distances to the own centre, in scaled units.
    public var inertia: Double
    /// Rounds of the run that was kept.
    public var iterations: Int
    /// Whether that run came to rest before its limit of rounds.
    public var converged: Bool
    /// Mean silhouette in scaled units, perhaps of a sample (`FittedClusters`); nil where it is not defined.
    public var silhouette: Double?
    /// Davies-Bouldin index in scaled units; nil where it is not defined.
    public var daviesBouldin: Double?

    enum CodingKeys: String, CodingKey {
        case version, algorithm, features, scaling, substitutes, centres, sizes, rows
        case leftOut = "left_out"
        case seed, inertia, iterations, converged, silhouette
        case daviesBouldin = "davies_bouldin"
    }

    /// How many clusters there are.
    public var clusters: Int { centres.count }

    /// Centres in the original units; shape `[clusters, columns]`.
    public var originalCentres: Matrix { scaling.inverse(Matrix(centres)) }
}

/// A model together with the rows it was fitted to.
public struct FittedClusters: Sendable {
    /// The clusters as they are kept.
    public var model: ClusterModel
    /// The complete rows in original units, and which of the rows given they are.
    public var table: FeatureTable
    /// The same rows in scaled units: what silhouettes and pictures are made of.
    public var scaled: Matrix
    /// The cluster of each complete row; shape `[table.matrix.rows]`.
    public var labels: ContiguousArray<Int32>

    /// Scales the rows of `table`, divides them with `algorithm` and judges the result.
    ///
    /// The silhouette is exact up to `Silhouette.comfortableRows` rows, and of a sample of that many above.
    public init(
        _ table: FeatureTable, with algorithm: some ClusteringAlgorithm, scaling method: FeatureScaling.Method = .zscore, seed: UInt64 = 1,
        threads: Int = 2
    ) throws(ClusteringError) {
        let scaling = FeatureScaling(method, fitting: table.matrix)
        let scaled = scaling.transform(table.matrix)
        let result = try algorithm.cluster(scaled, seed: seed, threads: threads)
        var sizes = [Int](repeating: 0, count: result.centres.rows)
        for label in result.labels { sizes[Int(label)] += 1 }
        model = ClusterModel(
            version: ClusterModel.currentVersion, algorithm: type(of: algorithm).name, features: table.features, scaling: scaling,
            substitutes: table.substitutes, centres: (0..<result.centres.rows).map { Array(result.centres.row($0)) }, sizes: sizes,
            rows: table.matrix.rows, leftOut: table.leftOut, seed: seed, inertia: result.inertia, iterations: result.iterations,
            converged: result.converged,
            silhouette: Silhouette.sampledMean(
                scaled, labels: result.labels, size: Silhouette.comfortableRows, seed: seed, threads: threads),
            daviesBouldin: daviesBouldinIndex(scaled, labels: result.labels))
        self.table = table
        self.scaled = scaled
        labels = result.labels
    }

    /// The cluster of each row that was given; -1 where it was left out; shape `[table.total]`.
    public var labelsOfAllRows: ContiguousArray<Int32> {
        var result = ContiguousArray<Int32>(repeating: -1, count: table.total)
        for (row, origin) in table.origins.enumerated() { result[origin] = labels[row] }
        return result
    }
}
