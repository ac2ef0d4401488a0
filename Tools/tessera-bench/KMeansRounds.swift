import ArgumentParser
import Clustering
import EventModel
import Foundation
import Statistics

/// `kmeans`
struct KMeansRounds: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kmeans",
        abstract: "Time k-means from given starts.",
        discussion: """
            The folder holds points.f64 and starts.f64, row-major little-endian float64, and shape.json with \
            {"rows":, "columns":, "clusters":}. Rounds end early only where no row changes its cluster.
            """)

    @Option(help: "Rounds at most.")
    var iterations = 20
    @Option(help: "Threads.")
    var threads = 2
    @Option(help: "Runs, of which the middle one counts.")
    var repeats = 3
    @Argument(help: "The folder.")
    var folder: String

    func validate() throws {
        if iterations < 1 || threads < 1 || repeats < 1 { throw ValidationError("--iterations, --threads and --repeats are 1 or more.") }
    }

    func run() throws {
        let shape = try JSONValue(parsing: file("shape.json")).asObject ?? JSONObject()
        let (rows, columns) = (try size("rows", in: shape), try size("columns", in: shape))
        let clusters = try size("clusters", in: shape)
        let points = try matrix("points.f64", rows: rows, columns: columns)
        let starts = try matrix("starts.f64", rows: clusters, columns: columns)
        let algorithm = KMeans(clusters: clusters, start: .given(starts), restarts: 1, maxIterations: iterations, tolerance: 0)
        var timing = Timing()
        var last = try timing.measure { try algorithm.cluster(points, threads: threads) }
        for _ in 1..<repeats { last = try timing.measure { try algorithm.cluster(points, threads: threads) } }
        show([
            .init("seconds", .number(timing.median)), .init("inertia", .number(last.inertia)),
            .init("iterations", .integer(Int64(last.iterations))), .init("threads", .integer(Int64(threads))),
            .init("peak", .integer(peakMemory())),
        ])
    }

    private func file(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(name), options: .alwaysMapped)
    }

    private func size(_ name: String, in shape: JSONObject) throws -> Int {
        guard case .integer(let value)? = shape[name], value > 0 else {
            throw ValidationError("\(folder)/shape.json: '\(name)' is not a positive integer.")
        }
        return Int(value)
    }

    private func matrix(_ name: String, rows: Int, columns: Int) throws -> Matrix {
        let bytes = try file(name)
        guard bytes.count == rows * columns * MemoryLayout<Double>.stride else {
            throw ValidationError("\(folder)/\(name) holds \(bytes.count) bytes; \(rows) x \(columns) float64 take \(rows * columns * 8).")
        }
        let values = ContiguousArray<Double>(unsafeUninitializedCapacity: rows * columns) { buffer, count in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            count = rows * columns
        }
        return Matrix(rows: rows, columns: columns, values: values)
    }
}
