public import Statistics

/// The Davies-Bouldin index: the mean over clusters of the worst ratio (s_i + s_j) / d_ij, where s is the mean distance of a cluster's
/// rows to its mean and d the distance of two means. 0 or more, less is better; nil unless there are 2 clusters, and fewer than rows.
///
/// As scikit-learn defines it: 0 where all spreads or all distances vanish, and clusters with equal means are not compared.
///
/// - SeeAlso: D. Davies, D. Bouldin, "A Cluster Separation Measure", IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2), 1979.
public func daviesBouldinIndex(_ matrix: Matrix, labels: ContiguousArray<Int32>) -> Double? {
    precondition(labels.count == matrix.rows, "one label for each row")
    guard let groups = ClusterOrder(labels) else { return nil }
    let clusters = groups.starts.count - 1
    guard clusters >= 2, clusters < matrix.rows else { return nil }
    var means: [ContiguousArray<Double>] = []
    var spreads: [Double] = []
    for j in 0..<clusters {
        let members = matrix.selecting(rows: groups.order[groups.starts[j]..<groups.starts[j + 1]])
        let mean = members.columnMeans()
        means.append(mean)
        let total = (0..<members.rows).reduce(0) { $0 + distance(members.row($1), mean[...]) }
        spreads.append(total / Double(members.rows))
    }
    let nothing = 1e-8
    var worst = [Double](repeating: 0, count: clusters)
    var farthest = 0.0
    for a in 0..<clusters {
        for b in 0..<clusters where b != a {
            let apart = distance(means[a][...], means[b][...])
            farthest = max(farthest, apart)
            if apart > 0 { worst[a] = max(worst[a], (spreads[a] + spreads[b]) / apart) }
        }
    }
    if spreads.allSatisfy({ $0 <= nothing }) || farthest <= nothing { return 0 }
    return worst.reduce(0, +) / Double(clusters)
}

private func distance(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
}
