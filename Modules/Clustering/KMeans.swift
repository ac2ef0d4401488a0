public import Statistics

/// K-means: every row belongs to the nearest of k centres, every centre is the mean of its rows.
///
/// Rounds of Lloyd's method, made quick by Hamerly's bounds (a row whose nearest centre cannot have changed is not measured again)
/// and by measuring the others in blocks through dgemm. A row as near to two centres belongs to the lower number.
///
/// A round that leaves clusters empty gives each of them, in ascending number, the row that is farthest from its own centre (the first
/// of equals), taken from clusters of two rows or more; where all rows sit on their centres, the empty cluster stays where it was.
///
/// - SeeAlso: S. Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on Information Theory 28(2), 1982;
///   G. Hamerly, "Making k-means Even Faster", SIAM International Conference on Data Mining, 2010.
public struct KMeans: ClusteringAlgorithm, Hashable {
    public static let name = "kmeans"

    /// Where the first centres come from.
    public enum Start: Sendable, Hashable {
        /// Spread out: each next centre is drawn with the squared distance to the nearest one so far, the best of 2 + ln k draws.
        case plusPlus
        /// Distinct rows, each equally likely.
        case random
        /// These; shape `[clusters, columns]`. Restarts make no difference then.
        case given(Matrix)
    }

    /// How many clusters, k.
    public var clusters: Int
    /// Where the first centres of each run come from.
    public var start: Start
    /// Runs with fresh starts; the one with the least inertia counts, the first of equals.
    public var restarts: Int
    /// Rounds at most, in each run.
    public var maxIterations: Int
    /// A run rests when the squared moves of all centres sum up to no more than this times the mean variance of the columns,
    /// or when no row changes its cluster; scikit-learn's definition.
    public var tolerance: Double

    /// Settles how to run; traps where a number is out of range.
    public init(clusters: Int, start: Start = .plusPlus, restarts: Int = 10, maxIterations: Int = 300, tolerance: Double = 1e-4) {
        precondition(clusters >= 1 && restarts >= 1 && maxIterations >= 1 && tolerance >= 0, "k-means needs positive settings")
        self.clusters = clusters
        self.start = start
        self.restarts = restarts
        self.maxIterations = maxIterations
        self.tolerance = tolerance
    }

    /// Divides the rows; throws where there are fewer rows than clusters, a value is not finite, or given centres do not fit.
    public func cluster(_ matrix: Matrix, seed: UInt64 = 1, threads: Int = 2) throws(ClusteringError) -> Clustering {
        try check(matrix)
        var random = SeededGenerator(seed: seed)
        return LinearAlgebraThreads.single {
            let run = KMeansRun(matrix, clusters: clusters, threads: threads)
            let threshold = tolerance == 0 ? 0 : tolerance * matrix.columnVariances().reduce(0, +) / Double(matrix.columns)
            if case .given(let centres) = start {
                return run.result(from: centres, maxIterations: maxIterations, threshold: threshold)
            }
            var best: Clustering?
            for _ in 0..<restarts {
                let centres =
                    start == .random ? run.randomCentres(using: &random) : run.plusPlusCentres(using: &random)
                let result = run.result(from: centres, maxIterations: maxIterations, threshold: threshold)
                if result.inertia < best?.inertia ?? .infinity { best = result }
            }
            return best!  // There was a restart at least, and inertia is finite.
        }
    }

    private func check(_ matrix: Matrix) throws(ClusteringError) {
        guard matrix.columns > 0 else { throw ClusteringError("k-means needs a feature. Name one after 'on'.") }
        guard matrix.rows >= clusters else {
            throw ClusteringError("\(matrix.rows) rows cannot make \(clusters) clusters. Ask for \(max(1, matrix.rows)) or fewer.")
        }
        if case .given(let centres) = start, centres.rows != clusters || centres.columns != matrix.columns {
            throw ClusteringError(
                "The given centres are \(centres.rows) x \(centres.columns); \(clusters) x \(matrix.columns) are needed.")
        }
        if let place = matrix.values.firstIndex(where: { !$0.isFinite }) {
            let (row, column) = (place / matrix.columns, place % matrix.columns)
            throw ClusteringError("Row \(row), column \(column) is \(matrix.values[place]). Leave the row out or fill it in.")
        }
    }
}
