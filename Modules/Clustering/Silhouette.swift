public import Statistics

/// How well rows sit in their clusters: for each row (b - a) / max(a, b), where a is the mean distance to the other rows of its own
/// cluster and b the least mean distance to the rows of another. From -1 to 1; 0 for a row alone in its cluster.
///
/// - SeeAlso: P. Rousseeuw, "Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster Analysis", Journal of
///   Computational and Applied Mathematics 20, 1987.
public enum Silhouette {
    /// Rows above which callers had better sample: the exact value takes time with the square of the rows.
    public static let comfortableRows = 20_000

    /// The silhouette of every row; shape `[rows]`. nil unless there are at least 2 clusters, and fewer than rows.
    ///
    /// Exact. Distances come from blocks of dot products; pairs so near that these lose digits are measured directly.
    /// Cost: rows^2 x columns / threads.
    public static func values(_ matrix: Matrix, labels: ContiguousArray<Int32>, threads: Int = 2) -> ContiguousArray<Double>? {
        precondition(labels.count == matrix.rows, "one label for each row")
        guard let groups = ClusterOrder(labels), groups.starts.count - 1 >= 2, groups.starts.count - 1 < matrix.rows else { return nil }
        let sorted = matrix.selecting(rows: groups.order)
        let bySortedRow = LinearAlgebraThreads.single { PairwiseMeans(sorted, groups).silhouettes(threads: threads) }
        var result = ContiguousArray<Double>(repeating: 0, count: matrix.rows)
        for (place, row) in groups.order.enumerated() { result[row] = bySortedRow[place] }
        return result
    }

    /// The mean silhouette of all rows; nil as `values`.
    public static func mean(_ matrix: Matrix, labels: ContiguousArray<Int32>, threads: Int = 2) -> Double? {
        values(matrix, labels: labels, threads: threads).map { $0.reduce(0, +) / Double($0.count) }
    }

    /// The mean silhouette of `size` rows drawn without replacement, among themselves; all rows where there are no more.
    ///
    /// scikit-learn's `sample_size`: an estimate, repeatable by its seed.
    public static func sampledMean(
        _ matrix: Matrix, labels: ContiguousArray<Int32>, size: Int, seed: UInt64, threads: Int = 2
    ) -> Double? {
        guard size < matrix.rows else { return mean(matrix, labels: labels, threads: threads) }
        var random = SeededGenerator(seed: seed)
        var order = ContiguousArray(0..<matrix.rows)
        for place in 0..<max(0, size) { order.swapAt(place, place + random.integer(below: matrix.rows - place)) }
        let sample = order.prefix(max(0, size)).sorted()
        return mean(matrix.selecting(rows: sample), labels: ContiguousArray(sample.map { labels[$0] }), threads: threads)
    }
}

/// Rows sorted by cluster; empty clusters aside.
struct ClusterOrder {
    /// Row numbers, cluster after cluster, ascending within one.
    let order: ContiguousArray<Int>
    /// Where each cluster starts in `order`, and the end.
    let starts: ContiguousArray<Int>

    /// nil where there are no rows.
    init?(_ labels: ContiguousArray<Int32>) {
        guard let top = labels.max() else { return nil }
        precondition(labels.allSatisfy { $0 >= 0 }, "labels count from 0")
        var counts = ContiguousArray<Int>(repeating: 0, count: Int(top) + 1)
        for label in labels { counts[Int(label)] += 1 }
        var next = ContiguousArray<Int>(repeating: 0, count: counts.count)
        for j in 1..<max(1, counts.count) { next[j] = next[j - 1] + counts[j - 1] }
        var starts = ContiguousArray(counts.indices.filter { counts[$0] > 0 }.map { next[$0] })
        starts.append(labels.count)
        var order = ContiguousArray<Int>(repeating: 0, count: labels.count)
        for (row, label) in labels.enumerated() {
            order[next[Int(label)]] = row
            next[Int(label)] += 1
        }
        (self.order, self.starts) = (order, starts)
    }
}

/// Mean distances of every row to every cluster, in tiles of dot products.
private struct PairwiseMeans {
    static let tile = 128

    let sorted: Matrix
    let groups: ClusterOrder
    /// Rows relative to the mean of all, and their squared lengths: keeps the cancellation small.
    let centred: Matrix
    let squares: ContiguousArray<Double>

    init(_ sorted: Matrix, _ groups: ClusterOrder) {
        self.sorted = sorted
        self.groups = groups
        let means = sorted.columnMeans()
        var centred = sorted
        var squares = ContiguousArray<Double>(repeating: 0, count: sorted.rows)
        for r in 0..<sorted.rows {
            for c in 0..<sorted.columns {
                let x = sorted.values[r * sorted.columns + c] - means[c]
                centred.values[r * sorted.columns + c] = x
                squares[r] += x * x
            }
        }
        (self.centred, self.squares) = (centred, squares)
    }

    func silhouettes(threads: Int) -> ContiguousArray<Double> {
        let rows = sorted.rows
        var result = ContiguousArray<Double>(repeating: 0, count: rows)
        let tiles = (rows + Self.tile - 1) / Self.tile
        result.withUnsafeMutableBufferPointer { result in
            shareOut(tiles, threads: threads) { tile in
                let first = tile * Self.tile
                fill(first..<min(rows, first + Self.tile), result)
            }
        }
        return result
    }

    /// Silhouettes of the sorted rows of `range`.
    private func fill(_ range: Range<Int>, _ result: UnsafeMutableBufferPointer<Double>) {
        let clusters = groups.starts.count - 1
        var sums = ContiguousArray<Double>(repeating: 0, count: range.count * clusters)
        addDistances(range, &sums)
        for row in range {
            var (own, other) = (0.0, Double.infinity)
            var alone = false
            for j in 0..<clusters {
                let members = groups.starts[j + 1] - groups.starts[j]
                let sum = sums[(row - range.lowerBound) * clusters + j]
                if row >= groups.starts[j] && row < groups.starts[j + 1] {
                    alone = members == 1
                    own = alone ? 0 : sum / Double(members - 1)
                } else {
                    other = min(other, sum / Double(members))
                }
            }
            let larger = max(own, other)
            result[row] = alone || larger == 0 ? 0 : (other - own) / larger
        }
    }

    /// Adds the distances of each row of `range` to all rows, cluster by cluster.
    private func addDistances(_ range: Range<Int>, _ sums: inout ContiguousArray<Double>) {
        let (width, tile, clusters) = (sorted.columns, Self.tile, groups.starts.count - 1)
        var products = ContiguousArray<Double>(repeating: 0, count: range.count * tile)
        // Every pointer below stays inside its array: rows of `range`, rows of a cluster, and products of that tile.
        centred.values.withUnsafeBufferPointer { x in
            squares.withUnsafeBufferPointer { squares in
                products.withUnsafeMutableBufferPointer { products in
                    sums.withUnsafeMutableBufferPointer { sums in
                        guard let x = x.baseAddress, let products = products.baseAddress, let squares = squares.baseAddress else { return }
                        for cluster in 0..<clusters {
                            let end = groups.starts[cluster + 1]
                            for start in stride(from: groups.starts[cluster], to: end, by: tile) {
                                let count = min(tile, end - start)
                                multiplyRows(
                                    x + range.lowerBound * width, range.count, x + start * width, count, width: width, into: products,
                                    stride: tile)
                                for row in range {
                                    let line = products + (row - range.lowerBound) * tile
                                    sums[(row - range.lowerBound) * clusters + cluster] += distances(
                                        line, squares, x, row: row, from: start, count: count, width: width)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The sum of the distances of `row` to `count` rows from `start` on, given their dot products.
    @inline(__always)
    private func distances(
        _ products: UnsafePointer<Double>, _ squares: UnsafePointer<Double>, _ x: UnsafePointer<Double>, row: Int, from start: Int,
        count: Int, width: Int
    ) -> Double {
        // Below this share of the squared lengths, the difference has lost too many digits.
        let near = 1e-6
        var lanes = SIMD4<Double>(repeating: 0)
        var rest = 0.0
        let own = SIMD4(repeating: squares[row])
        var j = 0
        while j < count {
            if j + 4 <= count {
                let dots = UnsafeRawPointer(products + j).loadUnaligned(as: SIMD4<Double>.self)
                let both = own + UnsafeRawPointer(squares + start + j).loadUnaligned(as: SIMD4<Double>.self)
                let square = both - 2 * dots
                if !any(square .<= both * near) {
                    lanes += square.squareRoot()
                    j += 4
                    continue
                }
            }
            for k in j..<min(j + 4, count) {
                rest += squaredDistance(x + row * width, x + (start + k) * width, count: width).squareRoot()
            }
            j += 4
        }
        return lanes.sum() + rest
    }
}
