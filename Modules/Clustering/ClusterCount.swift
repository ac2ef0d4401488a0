import Foundation
public import Statistics

/// What is known of one number of clusters.
public struct ClusterCountCandidate: Sendable, Hashable, Codable {
    /// The number of clusters, k.
    public var clusters: Int
    /// The sum of the squared distances to the own centre, in scaled units.
    public var inertia: Double
    /// The mean silhouette; nil where it is not defined.
    public var silhouette: Double?
    /// The Davies-Bouldin index, less is better; nil where it is not defined.
    public var daviesBouldin: Double?

    /// Takes figures that were measured elsewhere, unchecked.
    public init(clusters: Int, inertia: Double, silhouette: Double?, daviesBouldin: Double?) {
        self.clusters = clusters
        self.inertia = inertia
        self.silhouette = silhouette
        self.daviesBouldin = daviesBouldin
    }
}

/// How many clusters to make, and why.
public struct ClusterCountChoice: Sendable, Hashable, Codable {
    /// Every number that was tried, ascending.
    public var candidates: [ClusterCountCandidate]
    /// The number with the greatest mean silhouette, the least of equals; the least tried where none has one.
    public var chosen: Int
    /// The knee of the inertia; see `elbow`.
    public var elbow: Int?
    /// The choice in a sentence or two.
    public var reason: String

    /// Judges the candidates, of which there is at least one.
    public init(judging candidates: [ClusterCountCandidate]) {
        precondition(!candidates.isEmpty, "nothing was tried")
        let sorted = candidates.sorted { $0.clusters < $1.clusters }
        let ranked = sorted.filter { $0.silhouette != nil }.sorted { $0.silhouette! > $1.silhouette! }
        self.candidates = sorted
        elbow = Self.elbow(of: sorted)
        guard let best = ranked.first else {
            chosen = sorted[0].clusters
            reason = "k = \(chosen): no number that was tried has a silhouette."
            return
        }
        chosen = best.clusters
        var sentence = "k = \(best.clusters) has the greatest mean silhouette, \(Self.text(best.silhouette!))"
        if ranked.count > 1 { sentence += "; next is k = \(ranked[1].clusters) with \(Self.text(ranked[1].silhouette!))" }
        sentence += ". "
        if best.silhouette! < 0.25 { sentence += "Below 0.25 the clusters hardly stand apart. " }
        if let elbow {
            sentence += elbow == chosen ? "The elbow of the inertia is there too." : "The elbow of the inertia is at k = \(elbow)."
        } else {
            sentence += "Too few numbers were tried to find an elbow."
        }
        reason = sentence
    }

    /// The knee of the inertia: the number of clusters whose point lies farthest below the chord from the first point to the last, both
    /// axes stretched to 0 ... 1; the least of equals. nil for fewer than three points, or where none lies below the chord.
    ///
    /// - SeeAlso: V. Satopaa et al., "Finding a 'Kneedle' in a Haystack", ICDCS Workshops, 2011.
    public static func elbow(of candidates: [ClusterCountCandidate]) -> Int? {
        let sorted = candidates.sorted { $0.clusters < $1.clusters }
        guard sorted.count >= 3, let first = sorted.first, let last = sorted.last, first.inertia > last.inertia else { return nil }
        var (knee, farthest) = (nil as Int?, 1e-12)
        for candidate in sorted.dropFirst().dropLast() {
            let x = Double(candidate.clusters - first.clusters) / Double(last.clusters - first.clusters)
            let y = (candidate.inertia - last.inertia) / (first.inertia - last.inertia)
            // The chord is y = 1 - x; its distance is this over the square root of 2.
            let below = 1 - x - y
            if below > farthest { (knee, farthest) = (candidate.clusters, below) }
        }
        return knee
    }

    private static func text(_ x: Double) -> String { String(format: "%.3f", x) }
}

extension KMeans {
    /// Tries every number of clusters of `range` on scaled rows, with these settings otherwise, and judges them.
    ///
    /// The silhouette is exact up to `silhouetteRows` rows, and of a sample of that many above: enough to tell numbers apart.
    /// Numbers above the count of rows are passed over.
    public func chooseClusters(
        _ matrix: Matrix, from range: ClosedRange<Int>, seed: UInt64 = 1, threads: Int = 2, silhouetteRows: Int = 10_000
    ) throws(ClusteringError) -> ClusterCountChoice {
        var candidates: [ClusterCountCandidate] = []
        for clusters in range where clusters >= 1 && clusters <= matrix.rows {
            var settings = self
            settings.clusters = clusters
            let result = try settings.cluster(matrix, seed: seed, threads: threads)
            candidates.append(
                ClusterCountCandidate(
                    clusters: clusters, inertia: result.inertia,
                    silhouette: Silhouette.sampledMean(
                        matrix, labels: result.labels, size: silhouetteRows, seed: seed, threads: threads),
                    daviesBouldin: daviesBouldinIndex(matrix, labels: result.labels)))
        }
        guard !candidates.isEmpty else {
            throw ClusteringError("\(matrix.rows) rows cannot make \(range.lowerBound) clusters. Ask for fewer.")
        }
        return ClusterCountChoice(judging: candidates)
    }
}
