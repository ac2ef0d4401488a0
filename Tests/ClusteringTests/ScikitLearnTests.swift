import Clustering
import Foundation
import Statistics
import Testing

/// Expected numbers: scikit-learn 1.9.1, from the same rows and labels (`Reference/scikit_learn.py`).
@Test func `a small example equals scikit-learn`() throws {
    let matrix = Matrix([[1, 2, 7], [1.5, 1.8, 7], [5, 8, 7], [8, 8, 7], [1, 0.6, 7], [9, 11, 7], [8.5, 2, 7], [9.25, 3, 7]])
    let labels: ContiguousArray<Int32> = [0, 0, 1, 1, 0, 1, 2, 2]
    let expected = [
        0.8773896731662841, 0.8761542248470787, 0.4077769707619337, 0.44854993302963975, 0.8335547457873871, 0.5203677572260492,
        0.8293973208035008, 0.8098376288996552,
    ]
    let silhouettes = try #require(Silhouette.values(matrix, labels: labels))
    #expect(near(silhouettes, expected))
    let silhouette = try #require(Silhouette.mean(matrix, labels: labels))
    #expect(near(silhouette, 0.700378531815191))
    let index = try #require(daviesBouldinIndex(matrix, labels: labels))
    #expect(near(index, 0.3676345483997511))

    let start = matrix.selecting(rows: [0, 2, 6])
    let result = try KMeans(clusters: 3, start: .given(start), maxIterations: 10, tolerance: 0).cluster(matrix)
    #expect(result.labels == labels && result.iterations == 2)
    #expect(near(result.inertia, 16.76125))
    #expect(near(result.centres.row(1), [7.333333333333333, 9, 7]))

    let zscore = FeatureScaling(.zscore, fitting: matrix).transform(matrix)
    #expect(near(zscore.row(3), [0.7401574170323982, 0.956949857322073, 0]))
    let minmax = FeatureScaling(.minmax, fitting: matrix).transform(matrix)
    #expect(near(minmax.row(2), [0.48484848484848486, 0.7115384615384615, 0]))
}

private let python = ProcessInfo.processInfo.environment["TESSERA_PYTHON"]

private struct Case: Encodable {
    var rows: [[Double]], labels: [Int32], starts: [[Double]], iterations: Int, tolerance: Double
}

private struct Answer: Decodable {
    var version: String, silhouette: Double, silhouettes: [Double], daviesBouldin: Double, labels: [Int32], inertia: Double
    var iterations: Int, centres: [[Double]], zscore: [[Double]], minmax: [[Double]]
}

private func scikitLearn(_ question: Case) throws -> Answer {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Reference/scikit_learn.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = [script.path]
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    let text = try JSONEncoder().encode(question)
    // The script reads everything before it writes.
    try input.fileHandleForWriting.write(contentsOf: text)
    try input.fileHandleForWriting.close()
    let answer = try #require(try output.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    return try JSONDecoder().decode(Answer.self, from: answer)
}

@Test(
    .enabled(if: python != nil, "TESSERA_PYTHON names no python with scikit-learn, so nothing was compared with it"),
    arguments: UInt64(1)...8)
func `any clustering is judged as scikit-learn judges it`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (columns, clusters) = (1 + random.integer(below: 8), 2 + random.integer(below: 12))
    let matrix = blobs(rows: 400, columns: columns, centres: 6, spread: 0.5 + random.uniform(), seed: seed)
    let start = matrix.selecting(rows: (0..<clusters).map { $0 * 29 })
    let tolerance = seed.isMultiple(of: 2) ? 0 : 1e-3
    let result = try KMeans(clusters: clusters, start: .given(start), maxIterations: 25, tolerance: tolerance).cluster(matrix)
    let rows = { (m: Matrix) in (0..<m.rows).map { Array(m.row($0)) } }
    let answer = try scikitLearn(
        Case(rows: rows(matrix), labels: Array(result.labels), starts: rows(start), iterations: 25, tolerance: tolerance))
    #expect(Array(result.labels) == answer.labels && result.iterations == answer.iterations)
    #expect(near(result.inertia, answer.inertia) && near(result.centres.values, answer.centres.joined()))
    let silhouette = try #require(Silhouette.mean(matrix, labels: result.labels))
    #expect(near(silhouette, answer.silhouette))
    let silhouettes = try #require(Silhouette.values(matrix, labels: result.labels))
    #expect(near(silhouettes, answer.silhouettes))
    let index = try #require(daviesBouldinIndex(matrix, labels: result.labels))
    #expect(near(index, answer.daviesBouldin))
    #expect(near(FeatureScaling(.zscore, fitting: matrix).transform(matrix).values, answer.zscore.joined()))
    #expect(near(FeatureScaling(.minmax, fitting: matrix).transform(matrix).values, answer.minmax.joined()))
}
