import Clustering
import Foundation
import Statistics
import Testing

private let names = ["recency", "frequency", "monetary"]

/// Shop-like columns: days, orders, money, some of the money missing.
private func shop(_ rows: Int, seed: UInt64, missing: Double = 0) -> [ContiguousArray<Double>] {
    var random = SeededGenerator(seed: seed)
    var columns = [ContiguousArray<Double>](repeating: [], count: 3)
    for _ in 0..<rows {
        let loyal = random.uniform() < 0.3
        columns[0].append(Double(random.integer(below: loyal ? 40 : 400)))
        columns[1].append(Double(1 + random.integer(below: loyal ? 60 : 5)))
        columns[2].append(random.uniform() < missing ? .nan : (exp(random.normal() + (loyal ? 7 : 4)) * 100).rounded() / 100)
    }
    return columns
}

/// The cluster whose centre is nearest to a row in original units, the lower number of equals: measured plainly.
private func nearest(_ model: ClusterModel, _ row: [Double]) -> Int {
    let scaled = model.scaling.transform(Matrix([row])).row(0)
    let distances = model.centres.map { centre in zip(scaled, centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
    return distances.indices.min { distances[$0] < distances[$1] } ?? 0
}

@Test func `scaling goes there and back, and a constant column stays finite`() {
    let matrix = Matrix([[1, 5, 1e9], [2, 5, 1e9 + 1], [4, 5, 1e9 + 5]])
    for method in FeatureScaling.Method.allCases {
        let scaling = FeatureScaling(method, fitting: matrix)
        let scaled = scaling.transform(matrix)
        #expect(scaled.values.allSatisfy { $0.isFinite })
        #expect(near(scaling.inverse(scaled).values, matrix.values, 1e-12))
        if method != .none { #expect(scaling.factors[1] == 1 && scaled.column(1) == [0, 0, 0]) }
    }
}

@Test func `rows with missing values are left out and counted`() throws {
    let columns: [ContiguousArray<Double>] = [[1, .nan, 3, 4], [1, 2, .infinity, 8]]
    let table = try FeatureTable(features: ["a", "b"], columns: columns)
    #expect(table.leftOut == 2 && table.origins == [0, 3] && table.matrix == Matrix([[1, 1], [4, 8]]))
    let filled = try FeatureTable(features: ["a", "b"], columns: columns, missing: .median)
    #expect(filled.leftOut == 0 && filled.matrix == Matrix([[1, 1], [3, 2], [3, 2], [4, 8]]) && filled.substitutes == [3, 2])
    #expect(throws: ClusteringError("No profile has a value of b. Leave it out, or check its spelling.")) {
        try FeatureTable(features: ["a", "b"], columns: [[1], [.nan]])
    }
    let apart: [ContiguousArray<Double>] = [[1, .nan], [.nan, 1]]
    #expect(throws: ClusteringError("None of 2 profiles has all of a, b. Try impute=median.")) {
        try FeatureTable(features: ["a", "b"], columns: apart)
    }
    #expect(try FeatureTable(features: ["a", "b"], columns: apart, missing: .median).leftOut == 0)
    for missing in FeatureTable.Missing.allCases {
        #expect(throws: ClusteringError("There is no profile to cluster.")) {
            try FeatureTable(features: ["a", "b"], columns: [[], []], missing: missing)
        }
    }
}

@Test(arguments: [1e141, -1e154, Double.greatestFiniteMagnitude])
func `a value too large to be squared is refused with its feature's name`(huge: Double) {
    let error = #expect(throws: ClusteringError.self) { try FeatureTable(features: ["a", "b"], columns: [[1, 2], [.infinity, huge]]) }
    #expect(error?.description.hasPrefix("b is \(huge)") == true)
}

@Test(arguments: FeatureScaling.Method.allCases, FeatureTable.Missing.allCases)
func `the greatest values that are taken can be clustered and drawn`(scaling: FeatureScaling.Method, missing: FeatureTable.Missing) throws {
    let most = FeatureTable.greatest
    let columns: [ContiguousArray<Double>] = [[most, -most, 0, most / 2, 1, -most], [1, -most, most, 0, most, 2]]
    let table = try FeatureTable(features: ["a", "b"], columns: columns, missing: missing)
    for clusters in 1...4 {
        let fitted = try FittedClusters(table, with: KMeans(clusters: clusters), scaling: scaling)
        #expect(fitted.model.inertia.isFinite && fitted.scaled.values.allSatisfy { $0.isFinite })
        #expect(fitted.model.daviesBouldin?.isFinite != false && fitted.model.silhouette?.isFinite != false)
        #expect(PrincipalComponents(of: fitted.scaled, count: 2).varianceShares.allSatisfy { $0.isFinite })
    }
}

@Test func `a model survives JSON and knows its own rows`() throws {
    let columns = shop(500, seed: 1, missing: 0.1)
    for missing in FeatureTable.Missing.allCases {
        let table = try FeatureTable(features: names, columns: columns, missing: missing)
        let fitted = try FittedClusters(table, with: KMeans(clusters: 4), seed: 77)
        let read = try JSONDecoder().decode(ClusterModel.self, from: JSONEncoder().encode(fitted.model))
        #expect(read == fitted.model && read.seed == 77 && read.rows + read.leftOut == 500)
        for (row, label) in fitted.labels.enumerated() { #expect(nearest(read, Array(table.matrix.row(row))) == Int(label)) }
        #expect(read.sizes == (0..<4).map { j in fitted.labels.count { Int($0) == j } })
        #expect(fitted.labelsOfAllRows.count { $0 < 0 } == table.leftOut)
    }
}

@Test(arguments: UInt64(1)...20, FeatureScaling.Method.allCases)
func `half-spaces hold exactly the rows that are nearest`(seed: UInt64, scaling: FeatureScaling.Method) throws {
    let table = try FeatureTable(features: names, columns: shop(600, seed: seed))
    let fitted = try FittedClusters(table, with: KMeans(clusters: 2 + Int(seed) % 6, restarts: 1), scaling: scaling, seed: seed)
    let probes = shop(400, seed: seed + 100)
    let spaces = (0..<fitted.model.clusters).map { fitted.model.halfSpaces(of: $0) }
    for row in probes[0].indices {
        let point = probes.map { $0[row] }
        let homes = spaces.indices.filter { spaces[$0].allSatisfy { $0.contains(point) } }
        #expect(homes == [nearest(fitted.model, point)])
    }
}

@Test func `a cluster is a conjunction of linear comparisons`() throws {
    var fitted = try FittedClusters(
        FeatureTable(features: ["a", "b"], columns: [[0, 1, 10, 11], [0, 0, 4, 4]]),
        with: KMeans(clusters: 2, start: .given(Matrix([[0.5, 0], [10.5, 4]]))), scaling: .none)
    // |x - (0.5, 0)|^2 <= |x - (10.5, 4)|^2 is 20 a + 8 b <= 126.
    #expect(fitted.model.expression(of: 0) == "20 * (a) + 8 * (b) <= 126")
    #expect(
        fitted.model.expression(of: 1, values: ["count(\"X\")", "trait.b"]) == "-20 * (count(\"X\")) + -8 * (trait.b) < -126")
    #expect(fitted.model.halfSpaces(of: 0) == [HalfSpace(coefficients: [20, 8], bound: 126, strict: false)])

    // Half-way, exactly: to the lower number.
    #expect(nearest(fitted.model, [5.5, 2]) == 0)
    #expect(fitted.model.halfSpaces(of: 0)[0].contains([5.5, 2]) && !fitted.model.halfSpaces(of: 1)[0].contains([5.5, 2]))

    // A feature that plays no part must still be there; a twin with a higher number is empty.
    fitted.model.centres = [[0, 7], [4, 7], [0, 7]]
    #expect(fitted.model.expression(of: 0) == "8 * (a) <= 16 and exists(b)")
    #expect(fitted.model.expression(of: 2) == "false and 8 * (a) < 16 and exists(b)")
    fitted.model.centres = [[0.1, 7]]
    #expect(fitted.model.expression(of: 0) == "exists(a) and exists(b)")
}

@Test func `cards tell what is unusual, the most unusual first`() throws {
    let columns: [ContiguousArray<Double>] = [[1, 2, 3, 300, 310, 290], [9, 9, 9, 9, 9, 9], [100, 90, 110, 10, 9, 95]]
    let table = try FeatureTable(features: names, columns: columns)
    let cards = ClusterCard.cards(table, labels: [0, 0, 0, 1, 1, 1])
    #expect(cards.map(\.size) == [3, 3] && cards.map(\.share) == [0.5, 0.5])
    #expect(cards[0].centre == [2, 9, 100] && cards[0].name == "recent, high monetary")
    #expect(cards[1].name == "long gone, low monetary")
    let recency = cards[1].traits[0]
    #expect(recency.feature == "recency" && recency.median == 300 && recency.populationMean == 151 && recency.populationMedian == 146.5)
    // Population standard deviation: the squares of 150, 149, 148, 149, 159, 139 over 6, by hand.
    #expect(near(recency.difference, 149 / (133_408.0 / 6).squareRoot()))
    #expect(cards[1].traits.last?.difference == 0 && cards[1].traits.last?.feature == "frequency")
}

@Test func `names of clusters never repeat`() throws {
    let columns: [ContiguousArray<Double>] = [[0, 0, 0, 0, 100, 100], [0, 0, 1, 1, 2, 2], [5, 5, 5, 5, 5, 5]]
    let table = try FeatureTable(features: ["alpha", "beta", "gamma"], columns: columns)
    let cards = ClusterCard.cards(table, labels: [0, 0, 0, 1, 2, 3])
    #expect(Set(cards.map(\.name)).count == 4)
    #expect(cards[0].name.hasPrefix("low beta, low alpha") && cards[2].name.hasPrefix("high"))
    #expect(cards[3].name == cards[2].name + " (2)")
    let alike = ClusterCard.cards(try FeatureTable(features: ["a"], columns: [[1, 1, 1]]), labels: [0, 1, 1])
    #expect(alike.map(\.name) == ["typical", "typical (2)"])
}
