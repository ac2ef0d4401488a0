import Statistics

/// Measures the rows of one part against the centres; used by one thread at a time.
final class KMeansWorker {
    /// What the last round changed in the sums and sizes of clusters; shapes `[clusters, columns]` and `[clusters]`.
    let sums: UnsafeMutablePointer<Double>
    let counts: UnsafeMutablePointer<Int>
    /// How many rows changed their cluster in the last round.
    private(set) var changed = 0
    private(set) var inertia = 0.0

    private let rows: Range<Int>
    private let columns: Int
    private let clusters: Int
    private let labels: UnsafeMutablePointer<Int32>
    private let upper: UnsafeMutablePointer<Double>
    private let lower: UnsafeMutablePointer<Double>
    /// Whether the rows have clusters from a round before.
    private var placed = false
    private let kernel: CentreProducts
    /// The row in each slot of the block.
    private let waiting: UnsafeMutablePointer<Int>

    /// The pointers are good for all rows; the worker touches those of `rows`.
    init(
        rows: Range<Int>, columns: Int, clusters: Int, labels: UnsafeMutablePointer<Int32>, upper: UnsafeMutablePointer<Double>,
        lower: UnsafeMutablePointer<Double>
    ) {
        self.rows = rows
        self.columns = columns
        self.clusters = clusters
        self.labels = labels
        self.upper = upper
        self.lower = lower
        kernel = CentreProducts(columns: columns, capacity: clusters)
        sums = .allocate(capacity: clusters * columns)
        counts = .allocate(capacity: clusters)
        sums.initialize(repeating: 0, count: clusters * columns)
        counts.initialize(repeating: 0, count: clusters)
        waiting = .allocate(capacity: CentreProducts.blockRows)
        waiting.initialize(repeating: 0, count: CentreProducts.blockRows)
    }

    deinit {
        sums.deallocate()
        counts.deallocate()
        waiting.deallocate()
    }

    /// Finds the nearest centre of every row of the part. `x` holds all rows.
    func measure(_ x: UnsafeBufferPointer<Double>, _ round: KMeansRound, origin: ContiguousArray<Double>) {
        changed = 0
        sums.update(repeating: 0, count: clusters * columns)
        counts.update(repeating: 0, count: clusters)
        placed = round.isAfterAnother
        guard let x = x.baseAddress else { return }
        let (columns, labels, upper, lower, waiting) = (columns, labels, upper, lower, waiting)
        // The pointers below hold for this call; every index is a row of this part, a cluster or a column.
        round.centres.values.withUnsafeBufferPointer { centres in
            round.drift.withUnsafeBufferPointer { drift in
                round.driftOfOthers.withUnsafeBufferPointer { driftOfOthers in
                    round.halfGap.withUnsafeBufferPointer { halfGap in
                        origin.withUnsafeBufferPointer { origin in
                            let (centres, origin) = (centres.baseAddress!, origin.baseAddress!)
                            var next = rows.lowerBound
                            while next < rows.upperBound {
                                // First only the bounds, without a branch: the rows that need measuring are then read together,
                                // and waiting for memory overlaps.
                                var slots = 0
                                while slots < CentreProducts.blockRows, next < rows.upperBound {
                                    let label = Int(labels[next])
                                    let high = upper[next] + drift[label]
                                    let low = lower[next] - driftOfOthers[label]
                                    upper[next] = high
                                    lower[next] = low
                                    waiting[slots] = next
                                    // Bounds lose at most one rounding a round; this margin is a thousand times as wide.
                                    slots += high < max(low, halfGap[label]) * (1 - 1e-12) ? 0 : 1
                                    next += 1
                                }
                                for slot in 0..<slots { kernel.pack(x + waiting[slot] * columns, origin: origin, slot: slot) }
                                if slots > 0 { measureBlock(slots, x, centres, round.augmented, origin) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Measures the packed rows against every centre.
    private func measureBlock(
        _ count: Int, _ x: UnsafePointer<Double>, _ centres: UnsafePointer<Double>, _ augmented: AugmentedCentres,
        _ origin: UnsafePointer<Double>
    ) {
        augmented.values.withUnsafeBufferPointer { kernel.multiply(rows: count, centres: $0.baseAddress!, count: clusters) }
        let rounding = 8 * Double.ulpOfOne * Double(columns + 4)
        var slot = 0
        while slot < count {
            // Slots past `count` hold products of older blocks: finite numbers that nobody reads.
            let (least, second, which) = leastTwo(kernel.products + slot, centres: clusters)
            for lane in 0..<min(4, count - slot) {
                let square = kernel.squares[slot + lane]
                let error = rounding * (square + augmented.largestSquare)
                var nearest = Int(which[lane])
                if second[lane] - least[lane] <= 2 * error {
                    nearest = nearestExactly(x + waiting[slot + lane] * columns, centres)
                }
                place(
                    slot + lane, nearest, upper: (max(0, square + least[lane]) + error).squareRoot(),
                    lower: max(0, square + second[lane] - error).squareRoot())
            }
            slot += 4
        }
    }

    /// The nearest centre by plain differences, the lowest number of equals; for rows that products cannot tell apart.
    private func nearestExactly(_ row: UnsafePointer<Double>, _ centres: UnsafePointer<Double>) -> Int {
        var (nearest, least) = (0, Double.infinity)
        for j in 0..<clusters {
            let distance = squaredDistance(row, centres + j * columns, count: columns)
            if distance < least { (nearest, least) = (j, distance) }
        }
        return nearest
    }

    /// Notes the cluster and the bounds of a packed row.
    @inline(__always)
    private func place(_ slot: Int, _ cluster: Int, upper high: Double, lower low: Double) {
        let row = waiting[slot]
        upper[row] = high
        lower[row] = low
        let former = Int(labels[row])
        guard former != cluster || !placed else { return }
        labels[row] = Int32(cluster)
        changed += 1
        let source = kernel.packed + slot * (columns + 1)
        counts[cluster] += 1
        let target = sums + cluster * columns
        for c in 0..<columns { target[c] += source[c] }
        if placed {
            counts[former] -= 1
            let target = sums + former * columns
            for c in 0..<columns { target[c] -= source[c] }
        }
    }

    /// Sums the squared distances of the part's rows to their own centres.
    func measureInertia(_ x: UnsafeBufferPointer<Double>, _ centres: UnsafeBufferPointer<Double>) {
        inertia = 0
        guard let x = x.baseAddress, let centres = centres.baseAddress else { return }
        var sum = 0.0
        for row in rows { sum += squaredDistance(x + row * columns, centres + Int(labels[row]) * columns, count: columns) }
        inertia = sum
    }
}
