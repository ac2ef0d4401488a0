public import Statistics

/// A change of units that makes features comparable: x becomes (x - offset) / factor, column by column.
///
/// It is fitted once and kept with the model, so that new rows are measured in the same units. A constant column has factor 1.
public struct FeatureScaling: Sendable, Hashable, Codable {
    /// How offsets and factors follow from the rows.
    public enum Method: String, Sendable, Codable, CaseIterable {
        /// Mean 0 and population standard deviation 1.
        case zscore
        /// From 0 (the least value) to 1 (the greatest).
        case minmax
        /// Left as it is.
        case none
    }

    /// The method that offsets and factors were fitted with.
    public let method: Method
    /// Shape `[columns]`.
    public let offsets: [Double]
    /// Shape `[columns]`, never 0.
    public let factors: [Double]

    /// Fits the method to the rows of `matrix`, which hold no NaN.
    public init(_ method: Method, fitting matrix: Matrix) {
        self.method = method
        let usable: (Double) -> Double = { $0 > 0 && $0.isFinite ? $0 : 1 }
        switch method {
        case .zscore:
            offsets = matrix.rows == 0 ? Array(repeating: 0, count: matrix.columns) : Array(matrix.columnMeans())
            factors = matrix.columnVariances().map { usable($0.squareRoot()) }
        case .minmax:
            let columns = (0..<matrix.columns).map { matrix.column($0) }
            offsets = columns.map { $0.min() ?? 0 }
            factors = columns.map { usable(($0.max() ?? 0) - ($0.min() ?? 0)) }
        case .none:
            offsets = Array(repeating: 0, count: matrix.columns)
            factors = Array(repeating: 1, count: matrix.columns)
        }
    }

    /// Rows in the scaled units.
    public func transform(_ matrix: Matrix) -> Matrix { map(matrix) { ($0 - offsets[$1]) / factors[$1] } }

    /// Scaled rows back in their original units.
    public func inverse(_ matrix: Matrix) -> Matrix { map(matrix) { $0 * factors[$1] + offsets[$1] } }

    private func map(_ matrix: Matrix, _ change: (Double, Int) -> Double) -> Matrix {
        precondition(matrix.columns == offsets.count, "\(matrix.columns) columns, not \(offsets.count)")
        var result = matrix
        for r in 0..<matrix.rows {
            for c in 0..<matrix.columns {
                let place = r * matrix.columns + c
                result.values[place] = change(matrix.values[place], c)
            }
        }
        return result
    }
}
