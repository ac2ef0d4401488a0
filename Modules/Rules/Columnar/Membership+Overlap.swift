import Dispatch

/// How many members memberships share: words are combined and counted as they are read, so nothing is built.
extension Membership {
    /// How many are in both. The other must be of the same snapshot.
    public func intersectionCount(_ other: Membership) -> Int {
        precondition(population == other.population, "memberships of one snapshot have one population")
        return words.withUnsafeBufferPointer { a in
            other.words.withUnsafeBufferPointer { b in Self.sharedBits(a, b, 0..<a.count) }
        }
    }

    /// How many each two of several memberships share; shape `[memberships, memberships]`, with their own counts on the diagonal.
    ///
    /// All must be of one snapshot. The cost is a pass over the words of each pair, in tiles that stay in the cache.
    ///
    /// - Parameter threads: Threads that may work at a time, from 1.
    public static func overlaps(of memberships: [Membership], threads: Int = 2) -> [[Int]] {
        guard let population = memberships.first?.population else { return [] }
        precondition(memberships.allSatisfy { $0.population == population }, "memberships of one snapshot have one population")
        let (side, length) = (memberships.count, memberships[0].words.count)
        let workers = max(1, min(threads, length / tile))
        let counts = Scanners(count: workers) { _ in FlatArray<Int>(repeating: 0, count: side * side) }
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            let own = counts[worker].start
            var start = length * worker / workers
            let end = length * (worker + 1) / workers
            while start < end {
                let range = start..<min(start + tile, end)
                for a in 0..<side {
                    memberships[a].words.withUnsafeBufferPointer { x in
                        for b in a..<side {
                            own[a * side + b] += memberships[b].words.withUnsafeBufferPointer { sharedBits(x, $0, range) }
                        }
                    }
                }
                start = range.upperBound
            }
        }
        return (0..<side).map { a in
            (0..<side).map { b in (0..<workers).reduce(0) { $0 + counts[$1][min(a, b) * side + max(a, b)] } }
        }
    }

    /// How many are left after the first membership, after the first two, and so on: a waterfall of clauses that all must hold.
    ///
    /// - Returns: Shape `[memberships]`, never rising.
    public static func waterfall(of memberships: [Membership]) -> [Int] {
        guard let first = memberships.first else { return [] }
        var left = first.words
        return memberships.map { next in
            precondition(first.population == next.population, "memberships of one snapshot have one population")
            return left.withUnsafeMutableBufferPointer { left in
                next.words.withUnsafeBufferPointer { words in
                    var count = 0
                    for index in 0..<left.count {
                        left[index] &= words[index]
                        count &+= left[index].nonzeroBitCount
                    }
                    return count
                }
            }
        }
    }

    /// Words of a tile: those of several dozen memberships fit into a second-level cache.
    private static let tile = 512

    @inline(__always)
    private static func sharedBits(_ a: UnsafeBufferPointer<UInt64>, _ b: UnsafeBufferPointer<UInt64>, _ range: Range<Int>) -> Int {
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        var count = 0
        for index in range { count &+= (a[index] & b[index]).nonzeroBitCount }
        return count
    }
}
