public import Statistics

/// Lloyd's method written down plainly, without bounds, blocks or threads: the proof of `KMeans`, which tests hold against it.
///
/// Settings, ties, empty clusters and the moment of rest are those of `KMeans`. Cost: rows x clusters x columns each round.
public enum PlainLloyd {
    /// Divides the rows from the given centres; also tells the inertia of every round's labels, to the centres they were chosen for.
    public static func cluster(
        _ matrix: Matrix, from start: Matrix, maxIterations: Int = 300, tolerance: Double = 1e-4
    ) -> (clustering: Clustering, inertias: [Double]) {
        let threshold = tolerance == 0 ? 0 : tolerance * matrix.columnVariances().reduce(0, +) / Double(matrix.columns)
        var centres = start
        var labels = [Int](repeating: -1, count: matrix.rows)
        var inertias: [Double] = []
        var (iterations, converged, settled) = (0, false, false)
        while iterations < maxIterations, !converged {
            iterations += 1
            var found = nearest(matrix, centres)
            inertias.append(found.inertia)
            fillEmptyClusters(matrix, centres, &found.labels)
            let moved = means(matrix, found.labels, former: centres)
            settled = found.labels == labels
            labels = found.labels
            let shift = zip(centres.values, moved.values).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
            centres = moved
            converged = settled || shift <= threshold
        }
        let last = nearest(matrix, centres)
        inertias.append(last.inertia)
        let clustering = Clustering(
            labels: ContiguousArray((settled ? labels : last.labels).map { Int32($0) }), centres: centres, inertia: last.inertia,
            iterations: iterations, converged: converged)
        return (clustering, inertias)
    }

    /// The nearest centre of every row, the lowest number of equals.
    private static func nearest(_ matrix: Matrix, _ centres: Matrix) -> (labels: [Int], inertia: Double) {
        var labels: [Int] = []
        var inertia = 0.0
        for r in 0..<matrix.rows {
            let distances = (0..<centres.rows).map { distance(matrix.row(r), centres.row($0)) }
            let label = distances.indices.reduce(0) { distances[$1] < distances[$0] ? $1 : $0 }
            labels.append(label)
            inertia += distances[label]
        }
        return (labels, inertia)
    }

    /// Every empty cluster takes the row farthest from its own centre, as `KMeans` documents it.
    private static func fillEmptyClusters(_ matrix: Matrix, _ centres: Matrix, _ labels: inout [Int]) {
        var taken = Set<Int>()
        for cluster in 0..<centres.rows where !labels.contains(cluster) {
            var (farthest, greatest) = (-1, 0.0)
            for r in 0..<matrix.rows where !taken.contains(r) && labels.count(where: { $0 == labels[r] }) > 1 {
                let own = distance(matrix.row(r), centres.row(labels[r]))
                if own > greatest { (farthest, greatest) = (r, own) }
            }
            guard farthest >= 0 else { return }
            labels[farthest] = cluster
            taken.insert(farthest)
        }
    }

    private static func means(_ matrix: Matrix, _ labels: [Int], former: Matrix) -> Matrix {
        var result = former
        for cluster in 0..<former.rows {
            let members = labels.indices.filter { labels[$0] == cluster }
            guard !members.isEmpty else { continue }
            for c in 0..<matrix.columns {
                result[cluster, c] = members.reduce(0) { $0 + matrix[$1, c] } / Double(members.count)
            }
        }
        return result
    }

    private static func distance(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
}
