import Clustering
import Statistics
import Testing

@Test(arguments: UInt64(1)...60)
func `k-means through bounds and blocks equals plain Lloyd`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (rows, columns) = (20 + random.integer(below: 300), 1 + random.integer(below: 19))
    let clusters = 1 + random.integer(below: min(rows, 24))
    let matrix = blobs(rows: rows, columns: columns, centres: 1 + random.integer(below: 9), spread: 0.2 + 2 * random.uniform(), seed: seed)
    let start = matrix.selecting(rows: (0..<clusters).map { $0 * rows / clusters })
    let limit = 1 + random.integer(below: 40)
    let tolerance = seed.isMultiple(of: 3) ? 1e-3 : 0
    let fast = try KMeans(clusters: clusters, start: .given(start), maxIterations: limit, tolerance: tolerance).cluster(matrix)
    let (plain, inertias) = PlainLloyd.cluster(matrix, from: start, maxIterations: limit, tolerance: tolerance)
    #expect(fast.labels == plain.labels)
    #expect(fast.iterations == plain.iterations && fast.converged == plain.converged)
    #expect(near(fast.inertia, plain.inertia) && near(fast.centres.values, plain.centres.values))
    #expect(zip(inertias, inertias.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-12) })
}

@Test(arguments: UInt64(1)...12)
func `a further round never makes the inertia larger`(seed: UInt64) throws {
    // Whole numbers: many equal rows and ties. Fewer distinct rows than clusters now and then.
    var random = SeededGenerator(seed: seed)
    let matrix = Matrix((0..<200).map { _ in (0..<2).map { _ in Double(random.integer(below: 2 + Int(seed))) } })
    let start = matrix.selecting(rows: Array(0..<12))
    let inertias = try (1...15).map {
        try KMeans(clusters: 12, start: .given(start), maxIterations: $0, tolerance: 0).cluster(matrix).inertia
    }
    #expect(zip(inertias, inertias.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-12) + 1e-12 })
}

@Test(arguments: UInt64(1)...12)
func `a row as near to two centres belongs to the lower number`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let matrix = Matrix((0..<300).map { _ in (0..<3).map { _ in Double(random.integer(below: 5)) } })
    // Even coordinates, some of them twice: rows half-way between are everywhere, and exactly so.
    let start = Matrix((0..<8).map { _ in (0..<3).map { _ in Double(2 * random.integer(below: 3)) } })
    let fast = try KMeans(clusters: 8, start: .given(start), maxIterations: 1, tolerance: .infinity).cluster(matrix)
    // After one round the labels follow the moved centres; so ask the model, which measures plainly, for the same centres.
    let nearest = (0..<matrix.rows).map { r in
        let distances = (0..<8).map { j in zip(matrix.row(r), fast.centres.row(j)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
        return distances
    }
    for (r, distances) in nearest.enumerated() {
        let own = distances[Int(fast.labels[r])]
        #expect(own <= distances.min()! + 1e-12)
    }
    #expect(fast.inertia <= nearest.reduce(0) { $0 + $1.min()! } * (1 + 1e-12))
}

@Test func `exact ties go to the lower number`() throws {
    let matrix = Matrix([[0, 0], [1, 0], [2, 0], [3, 0], [4, 0]])
    let result = try KMeans(clusters: 2, start: .given(Matrix([[4, 0], [0, 0]])), maxIterations: 1, tolerance: 0).cluster(matrix)
    // Row 2 is half-way in the first round: clusters {2, 3, 4} and {0, 1}.
    #expect(result.centres == Matrix([[3, 0], [0.5, 0]]))
    #expect(result.labels == [1, 1, 0, 0, 0])
}

@Test func `the threads do not change the result`() throws {
    let matrix = blobs(rows: 1_500, columns: 5, centres: 6, spread: 1.5, seed: 4)
    let settings = KMeans(clusters: 9, restarts: 3)
    let results = try [1, 2, 3, 7].map { try settings.cluster(matrix, seed: 9, threads: $0) }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(try settings.cluster(matrix, seed: 10, threads: 1) != results[0])
}

@Test(arguments: [KMeans.Start.plusPlus, .random])
func `restarts find well separated blobs`(start: KMeans.Start) throws {
    let homes = [[0.0, 0], [50, 0], [0, 50], [50, 50]]
    var random = SeededGenerator(seed: 2)
    let matrix = Matrix((0..<400).map { r in homes[r % 4].map { $0 + random.normal() } })
    let result = try KMeans(clusters: 4, start: start).cluster(matrix, seed: 3)
    for r in 4..<400 { #expect(result.labels[r] == result.labels[r % 4]) }
    #expect(Set(result.labels).count == 4 && result.converged)
}

@Test func `an empty cluster takes the farthest row`() throws {
    let matrix = Matrix([[0], [1], [2], [10], [11], [30]])
    let start = Matrix([[1], [100], [10]])
    let (plain, _) = PlainLloyd.cluster(matrix, from: start)
    let fast = try KMeans(clusters: 3, start: .given(start)).cluster(matrix)
    #expect(fast == plain || near(fast.inertia, plain.inertia))
    #expect(fast.labels == [0, 0, 0, 2, 2, 1])
    #expect(near(fast.centres.values, [1, 30, 10.5]))
}

@Test func `more clusters than distinct rows leave empty clusters where they were`() throws {
    let matrix = Matrix([[1, 1], [1, 1], [2, 2], [2, 2]])
    let result = try KMeans(clusters: 3, start: .given(Matrix([[1, 1], [2, 2], [9, 9]]))).cluster(matrix)
    #expect(result.inertia == 0 && result.labels == [0, 0, 1, 1])
    #expect(result.centres == Matrix([[1, 1], [2, 2], [9, 9]]))
    for start in [KMeans.Start.plusPlus, .random] {
        #expect(try KMeans(clusters: 4, start: start).cluster(matrix).inertia == 0)
    }
}

@Test func `rows far from zero lose no digits`() throws {
    let base = blobs(rows: 500, columns: 3, centres: 3, spread: 0.5, seed: 8)
    var moved = base
    for i in moved.values.indices { moved.values[i] += 1e7 }
    let start = moved.selecting(rows: [0, 100, 200])
    let fast = try KMeans(clusters: 3, start: .given(start), tolerance: 0).cluster(moved)
    let (plain, _) = PlainLloyd.cluster(moved, from: start, tolerance: 0)
    #expect(fast.labels == plain.labels && near(fast.inertia, plain.inertia, 1e-7))
}

@Test func `rows that cannot be clustered are refused with a sentence`() {
    let rows = Matrix([[1.0, 2], [3, .nan]])
    #expect(throws: ClusteringError("Row 1, column 1 is nan. Leave the row out or fill it in.")) {
        try KMeans(clusters: 1).cluster(rows)
    }
    #expect(throws: ClusteringError("2 rows cannot make 3 clusters. Ask for 2 or fewer.")) { try KMeans(clusters: 3).cluster(rows) }
    #expect(throws: ClusteringError("The given centres are 1 x 1; 1 x 2 are needed.")) {
        try KMeans(clusters: 1, start: .given(Matrix([[1]]))).cluster(rows)
    }
    #expect(throws: ClusteringError.self) { try KMeans(clusters: 1).cluster(Matrix(rows: 3, columns: 0)) }
}
