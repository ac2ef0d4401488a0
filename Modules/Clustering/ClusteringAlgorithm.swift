public import Statistics

/// A way to divide rows into clusters: the door of this module.
///
/// Rows are complete (no NaN) and already scaled; whoever calls sees to it, `ClusterModel` does.
public protocol ClusteringAlgorithm: Sendable {
    /// The word of the command line: `kmeans`.
    static var name: String { get }
    /// Divides the rows of `matrix`. The same rows, settings and seed give the same clusters.
    func cluster(_ matrix: Matrix, seed: UInt64, threads: Int) throws(ClusteringError) -> Clustering
}

/// Rows divided into clusters.
public struct Clustering: Sendable, Hashable {
    /// The cluster of each row, `0 ..< centres.rows`; shape `[rows]`.
    public var labels: ContiguousArray<Int32>
    /// The mean of each cluster, in the coordinates of the rows; shape `[clusters, columns]`.
    public var centres: Matrix
    /// The sum over all rows of the squared distance to the own centre.
    public var inertia: Double
    /// Rounds that were run.
    public var iterations: Int
    /// Whether the rounds came to rest before the limit.
    public var converged: Bool

    /// Takes a finished division; labels and centres must fit each other.
    public init(labels: ContiguousArray<Int32>, centres: Matrix, inertia: Double, iterations: Int, converged: Bool) {
        self.labels = labels
        self.centres = centres
        self.inertia = inertia
        self.iterations = iterations
        self.converged = converged
    }
}

/// Why rows could not be clustered: what was wrong and what to do.
public struct ClusteringError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    /// Takes one or two sentences: what is wrong, and what to do.
    public init(_ description: String) { self.description = description }
}
