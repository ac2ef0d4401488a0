extension Matrix {
    /// The mean of each column, shape `[columns]`; NaN where there are no rows.
    ///
    /// Summed around the first row, so that a column far from zero loses no digits.
    public func columnMeans() -> ContiguousArray<Double> { columnMoments().means }

    /// The variance of each column with divisor `rows - degreesOfFreedomLost` (0: of a population, 1: of a sample); shape `[columns]`.
    ///
    /// Two passes with the correction for the rounded mean; NaN where the divisor is not positive.
    ///
    /// - SeeAlso: T. Chan, G. Golub, R. LeVeque, "Algorithms for Computing the Sample Variance", The American Statistician 37(3), 1983.
    public func columnVariances(degreesOfFreedomLost: Int = 0) -> ContiguousArray<Double> {
        let divisor = Double(rows - degreesOfFreedomLost)
        return ContiguousArray(columnMoments().squares.map { divisor > 0 ? $0 / divisor : .nan })
    }

    /// Means, and sums of squared differences from them.
    func columnMoments() -> (means: ContiguousArray<Double>, squares: ContiguousArray<Double>) {
        guard rows > 0 else {
            let nothing = ContiguousArray(repeating: Double.nan, count: columns)
            return (nothing, nothing)
        }
        let zeros = ContiguousArray<Double>(repeating: 0, count: columns)
        var (means, squares, rest) = (zeros, zeros, zeros)
        values.withUnsafeBufferPointer { x in
            for r in 0..<rows {
                for c in 0..<columns { means[c] += x[r * columns + c] - x[c] }
            }
            for c in 0..<columns { means[c] = x[c] + means[c] / Double(rows) }
            for r in 0..<rows {
                for c in 0..<columns {
                    let difference = x[r * columns + c] - means[c]
                    squares[c] += difference * difference
                    rest[c] += difference
                }
            }
            // What the rounded mean leaves over; exactly 0 for a constant column.
            for c in 0..<columns { squares[c] = max(0, squares[c] - rest[c] * rest[c] / Double(rows)) }
        }
        return (means, squares)
    }
}
