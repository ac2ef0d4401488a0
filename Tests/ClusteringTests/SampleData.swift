import Statistics

/// Rows of a test, made from a seed: blobs, so that there is something to find.
func blobs(rows: Int, columns: Int, centres: Int, spread: Double, seed: UInt64) -> Matrix {
    var random = SeededGenerator(seed: seed)
    let homes = (0..<centres).map { _ in (0..<columns).map { _ in 10 * random.uniform() } }
    return Matrix(
        (0..<rows).map { _ in
            let home = homes[random.integer(below: centres)]
            return home.map { $0 + spread * random.normal() }
        })
}

/// Whether two numbers agree to `tolerance` of the larger, or of 1.
func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool { abs(a - b) <= tolerance * max(1, abs(a), abs(b)) }

func near(_ a: some Sequence<Double>, _ b: some Sequence<Double>, _ tolerance: Double = 1e-9) -> Bool {
    let (a, b) = (Array(a), Array(b))
    return a.count == b.count && zip(a, b).allSatisfy { near($0, $1, tolerance) }
}
