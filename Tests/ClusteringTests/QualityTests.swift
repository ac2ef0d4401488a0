import Clustering
import Statistics
import Testing

@Test(arguments: UInt64(1)...10)
func `silhouettes in tiles equal their definition`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rows = 5 + random.integer(below: 130)
    var matrix = blobs(rows: rows, columns: 1 + random.integer(below: 6), centres: 4, spread: 1, seed: seed)
    // Some rows twice: their distance is exactly 0.
    for c in 0..<matrix.columns { matrix[1, c] = matrix[0, c] }
    let clusters = 2 + random.integer(below: 4)
    // Numbers with gaps: cluster 3 stays empty now and then.
    let labels = ContiguousArray((0..<rows).map { _ in Int32(random.integer(below: clusters) * 2) })
    guard Set(labels).count > 1 else { return }
    func distance(_ a: Int, _ b: Int) -> Double {
        zip(matrix.row(a), matrix.row(b)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    let expected = (0..<rows).map { i -> Double in
        let own = (0..<rows).filter { $0 != i && labels[$0] == labels[i] }
        guard !own.isEmpty else { return 0 }
        let a = own.reduce(0) { $0 + distance(i, $1) } / Double(own.count)
        let b = Set(labels).subtracting([labels[i]]).map { other -> Double in
            let members = (0..<rows).filter { labels[$0] == other }
            return members.reduce(0) { $0 + distance(i, $1) } / Double(members.count)
        }.min()!
        return max(a, b) == 0 ? 0 : (b - a) / max(a, b)
    }
    let found = try #require(Silhouette.values(matrix, labels: labels))
    #expect(near(found, expected, 1e-12))
    #expect(Silhouette.values(matrix, labels: labels, threads: 1) == found)
}

@Test func `silhouette and Davies-Bouldin need two clusters, and fewer than rows`() {
    let matrix = Matrix([[1.0], [2], [3]])
    for labels: ContiguousArray<Int32> in [[0, 0, 0], [0, 1, 2]] {
        #expect(Silhouette.mean(matrix, labels: labels) == nil && daviesBouldinIndex(matrix, labels: labels) == nil)
    }
}

@Test func `clusters of equal rows have Davies-Bouldin 0 and silhouette 1`() {
    let matrix = Matrix([[1.0], [1], [5], [5]])
    #expect(daviesBouldinIndex(matrix, labels: [0, 0, 1, 1]) == 0)
    #expect(Silhouette.mean(matrix, labels: [0, 0, 1, 1]) == 1)
}

@Test func `a sample is repeatable and near the whole`() throws {
    let matrix = blobs(rows: 1_200, columns: 3, centres: 4, spread: 0.7, seed: 12)
    let result = try KMeans(clusters: 4).cluster(matrix)
    let whole = try #require(Silhouette.mean(matrix, labels: result.labels))
    let sample = try #require(Silhouette.sampledMean(matrix, labels: result.labels, size: 400, seed: 5))
    #expect(abs(whole - sample) < 0.04)
    #expect(Silhouette.sampledMean(matrix, labels: result.labels, size: 400, seed: 5) == sample)
    #expect(Silhouette.sampledMean(matrix, labels: result.labels, size: 1_200, seed: 5) == whole)
}

private func candidates(_ inertias: [Double], _ silhouettes: [Double?]) -> [ClusterCountCandidate] {
    zip(inertias, silhouettes).enumerated().map {
        ClusterCountCandidate(clusters: $0 + 2, inertia: $1.0, silhouette: $1.1, daviesBouldin: nil)
    }
}

@Test func `the elbow is the point farthest below the chord`() {
    // Chord from (2, 100) to (6, 20); k = 3 lies 100 - 20 - 40 = 40 below it, k = 4 lies 60 - 35 = 25 below.
    let choice = ClusterCountChoice(judging: candidates([100, 40, 35, 30, 20], [0.3, 0.5, 0.6, 0.4, 0.2]))
    #expect(choice.elbow == 3 && choice.chosen == 4)
    #expect(
        choice.reason
            == "k = 4 has the greatest mean silhouette, 0.600; next is k = 3 with 0.500. The elbow of the inertia is at k = 3.")
    #expect(ClusterCountChoice.elbow(of: candidates([100, 80, 60, 40, 20], [nil, nil, nil, nil, nil])) == nil)
    #expect(ClusterCountChoice.elbow(of: candidates([100, 20], [nil, nil])) == nil)
}

@Test func `equal silhouettes choose fewer clusters`() {
    let choice = ClusterCountChoice(judging: candidates([100, 40, 35], [0.1, 0.2, 0.2]))
    #expect(choice.chosen == 3 && choice.reason.contains("hardly stand apart"))
}

@Test func `the right number of clear blobs is found`() throws {
    let homes = [[0.0, 0], [40, 0], [0, 40], [40, 40], [90, 20]]
    var random = SeededGenerator(seed: 6)
    let matrix = Matrix((0..<500).map { r in homes[r % 5].map { $0 + 2 * random.normal() } })
    let choice = try KMeans(clusters: 2).chooseClusters(matrix, from: 2...9)
    #expect(choice.chosen == 5 && choice.candidates.map(\.clusters) == Array(2...9))
    #expect(throws: ClusteringError.self) { try KMeans(clusters: 2).chooseClusters(Matrix([[1.0]]), from: 2...3) }
}
