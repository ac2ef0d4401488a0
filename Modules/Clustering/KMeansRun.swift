import Statistics

/// The rows, and the buffers that runs of k-means over them share.
///
/// The rows are cut into a fixed number of parts whatever the number of threads, and sums are put together part by part, so that
/// the result does not depend on the threads.
final class KMeansRun {
    /// Parts that are shared out among threads.
    static let parts = 16

    let matrix: Matrix
    let clusters: Int
    let threads: Int
    /// About the mean of all rows (of some thousand rows spread over them); products and sums are taken relative to it.
    let origin: ContiguousArray<Double>
    private let workers: [KMeansWorker]
    // Shape [rows]. A worker touches the rows of its own part alone.
    private let labels: UnsafeMutablePointer<Int32>
    private let upper: UnsafeMutablePointer<Double>
    private let lower: UnsafeMutablePointer<Double>

    init(_ matrix: Matrix, clusters: Int, threads: Int) {
        self.matrix = matrix
        self.clusters = clusters
        self.threads = threads
        let step = max(1, matrix.rows / 4_096)
        origin = matrix.selecting(rows: Array(stride(from: 0, to: matrix.rows, by: step))).columnMeans()
        labels = .allocate(capacity: max(1, matrix.rows))
        upper = .allocate(capacity: max(1, matrix.rows))
        lower = .allocate(capacity: max(1, matrix.rows))
        let (labels, upper, lower, rows) = (labels, upper, lower, matrix.rows)
        workers = (0..<Self.parts).map {
            KMeansWorker(
                rows: bounds(ofPart: $0, of: Self.parts, count: rows), columns: matrix.columns, clusters: clusters, labels: labels,
                upper: upper, lower: lower)
        }
    }

    deinit {
        labels.deallocate()
        upper.deallocate()
        lower.deallocate()
    }

    /// Lloyd's rounds from `start`; rests when the squared moves sum up to `threshold` or less, or when no label changes.
    func result(from start: Matrix, maxIterations: Int, threshold: Double) -> Clustering {
        labels.update(repeating: 0, count: matrix.rows)
        upper.update(repeating: .infinity, count: matrix.rows)
        lower.update(repeating: 0, count: matrix.rows)
        var round = KMeansRound(centres: start, origin: origin)
        var sums = ClusterSums(clusters: clusters, columns: matrix.columns)
        var (iterations, converged, settled) = (0, false, false)
        while iterations < maxIterations, !converged {
            iterations += 1
            var changed = measure(round, into: &sums)
            changed += fillEmptyClusters(round.centres, &sums)
            let moved = sums.centres(origin: origin, former: round.centres)
            settled = changed == 0
            let shift = round.move(to: moved, origin: origin)
            converged = settled || shift <= threshold
        }
        // Labels follow the last centres; where no label changed, they do already.
        if !settled { _ = measure(round, into: &sums) }
        return Clustering(
            labels: ContiguousArray(UnsafeBufferPointer(start: labels, count: matrix.rows)), centres: round.centres,
            inertia: inertia(round.centres), iterations: iterations, converged: converged)
    }

    /// Finds the nearest centre of every row, brings `sums` up to date, and says how many rows changed their cluster.
    private func measure(_ round: KMeansRound, into sums: inout ClusterSums) -> Int {
        matrix.values.withUnsafeBufferPointer { x in
            shareOut(Self.parts, threads: threads) { workers[$0].measure(x, round, origin: origin) }
        }
        return workers.reduce(0) { total, worker in
            sums.add(worker.sums, worker.counts)
            return total + worker.changed
        }
    }

    private func inertia(_ centres: Matrix) -> Double {
        matrix.values.withUnsafeBufferPointer { x in
            centres.values.withUnsafeBufferPointer { c in
                shareOut(Self.parts, threads: threads) { workers[$0].measureInertia(x, c) }
            }
        }
        return workers.reduce(0) { $0 + $1.inertia }
    }

    /// Gives every empty cluster the row that is farthest from its own centre; says how many rows moved.
    private func fillEmptyClusters(_ centres: Matrix, _ sums: inout ClusterSums) -> Int {
        let empty = (0..<clusters).filter { sums.counts[$0] == 0 }
        guard !empty.isEmpty else { return 0 }
        var taken = 0
        for cluster in empty {
            var (farthest, distance) = (-1, 0.0)
            matrix.values.withUnsafeBufferPointer { x in
                centres.values.withUnsafeBufferPointer { c in
                    for row in 0..<matrix.rows where upper[row] < .infinity && sums.counts[Int(labels[row])] > 1 {
                        let own = squaredDistance(
                            x.baseAddress! + row * matrix.columns, c.baseAddress! + Int(labels[row]) * matrix.columns, count: matrix.columns
                        )
                        if own > distance { (farthest, distance) = (row, own) }
                    }
                }
            }
            guard farthest >= 0 else { return taken }
            sums.move(matrix.row(farthest), from: Int(labels[farthest]), to: cluster, origin: origin)
            labels[farthest] = Int32(cluster)
            // Nothing is known of its distances to the centres to come; also keeps it from being taken twice.
            (upper[farthest], lower[farthest]) = (.infinity, 0)
            taken += 1
        }
        return taken
    }
}

/// Where the centres stand in one round, and what the bounds of the last round lost by their moves.
struct KMeansRound {
    private(set) var centres: Matrix
    private(set) var augmented: AugmentedCentres
    /// False before the first move: the rows have no clusters yet.
    private(set) var isAfterAnother = false
    /// How far each centre moved; shape `[clusters]`.
    private(set) var drift: ContiguousArray<Double>
    /// The farthest that any other centre moved; shape `[clusters]`.
    private(set) var driftOfOthers: ContiguousArray<Double>
    /// Half the distance to the nearest other centre: a row nearer than that to its centre belongs to it; shape `[clusters]`.
    private(set) var halfGap: ContiguousArray<Double>

    init(centres: Matrix, origin: ContiguousArray<Double>) {
        self.centres = centres
        augmented = AugmentedCentres(centres, origin: origin)
        drift = ContiguousArray(repeating: 0, count: centres.rows)
        driftOfOthers = drift
        halfGap = Self.halfGaps(centres)
    }

    /// Moves on to `moved`; gives the sum of the squared moves.
    mutating func move(to moved: Matrix, origin: ContiguousArray<Double>) -> Double {
        // A little more than the move itself, for the rounding of many sums.
        let (widened, columns) = (1 + 1e-12, moved.columns)
        var shift = 0.0
        var (first, second, which) = (0.0, 0.0, 0)
        centres.values.withUnsafeBufferPointer { old in
            moved.values.withUnsafeBufferPointer { new in
                for j in drift.indices {
                    let square = squaredDistance(old.baseAddress! + j * columns, new.baseAddress! + j * columns, count: columns)
                    shift += square
                    drift[j] = square.squareRoot() * widened
                    if drift[j] > first {
                        (second, first, which) = (first, drift[j], j)
                    } else {
                        second = max(second, drift[j])
                    }
                }
            }
        }
        for j in drift.indices { driftOfOthers[j] = j == which ? second : first }
        isAfterAnother = true
        centres = moved
        augmented = AugmentedCentres(moved, origin: origin)
        halfGap = Self.halfGaps(moved)
        return shift
    }

    private static func halfGaps(_ centres: Matrix) -> ContiguousArray<Double> {
        var least = ContiguousArray<Double>(repeating: .infinity, count: centres.rows)
        centres.values.withUnsafeBufferPointer { c in
            for a in 0..<centres.rows {
                for b in 0..<a {
                    let square = squaredDistance(
                        c.baseAddress! + a * centres.columns, c.baseAddress! + b * centres.columns, count: centres.columns)
                    least[a] = min(least[a], square)
                    least[b] = min(least[b], square)
                }
            }
        }
        return ContiguousArray(least.map { $0.squareRoot() / 2 })
    }
}

/// Sums and sizes of clusters, relative to the origin.
struct ClusterSums {
    /// Shape `[clusters, columns]`.
    var sums: ContiguousArray<Double>
    /// Shape `[clusters]`.
    var counts: ContiguousArray<Int>

    init(clusters: Int, columns: Int) {
        sums = ContiguousArray(repeating: 0, count: clusters * columns)
        counts = ContiguousArray(repeating: 0, count: clusters)
    }

    /// Adds changes of the same shapes.
    mutating func add(_ otherSums: UnsafePointer<Double>, _ otherCounts: UnsafePointer<Int>) {
        for i in sums.indices { sums[i] += otherSums[i] }
        for j in counts.indices { counts[j] += otherCounts[j] }
    }

    mutating func move(_ row: ArraySlice<Double>, from: Int, to: Int, origin: ContiguousArray<Double>) {
        for (c, x) in row.enumerated() {
            sums[from * row.count + c] -= x - origin[c]
            sums[to * row.count + c] += x - origin[c]
        }
        counts[from] -= 1
        counts[to] += 1
    }

    /// The means; a cluster without rows keeps its former centre.
    func centres(origin: ContiguousArray<Double>, former: Matrix) -> Matrix {
        var result = former
        for j in counts.indices where counts[j] > 0 {
            for c in 0..<former.columns { result[j, c] = origin[c] + sums[j * former.columns + c] / Double(counts[j]) }
        }
        return result
    }
}
