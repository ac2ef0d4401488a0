import COpenBLAS

/// The directions along which rows vary most, from the eigenvectors of the covariance matrix.
///
/// Each component's sign is fixed: its element of largest magnitude (the first of equals) is positive.
/// Columns are centred, not scaled; scale them before where their units differ.
///
/// - SeeAlso: I. Jolliffe, "Principal Component Analysis", 2nd edition, Springer, 2002. The eigenvectors are LAPACK's dsyevd.
public struct PrincipalComponents: Sendable, Hashable {
    /// The centre of the rows it was made from; shape `[columns]`.
    public let means: ContiguousArray<Double>
    /// One component a row, unit length, mutually orthogonal, the largest variance first; shape `[components, columns]`.
    public let components: Matrix
    /// The sample variance (divisor rows - 1) along each component, descending, at least 0; shape `[components]`.
    public let variances: ContiguousArray<Double>
    /// `variances` as shares of the variance of all columns together; 0 where nothing varies.
    public let varianceShares: ContiguousArray<Double>

    /// Finds the first `count` components of the rows; traps unless there are two rows and `1 ... columns` components.
    ///
    /// Cost: one product of the centred rows with themselves, then O(columns^3). Rows must hold no NaN.
    public init(of matrix: Matrix, count: Int) {
        precondition(matrix.rows >= 2, "principal components need two rows")
        precondition(count >= 1 && count <= matrix.columns, "from 1 to \(matrix.columns) components")
        let columns = matrix.columns
        means = matrix.columnMeans()
        var covariance = Self.covariance(of: matrix, around: means)
        let total = (0..<columns).reduce(0) { $0 + covariance[$1 * columns + $1] }
        var eigenvalues = ContiguousArray<Double>(repeating: 0, count: columns)
        let (vectors, upper) = (CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")))
        let status = covariance.withUnsafeMutableBufferPointer { a in
            eigenvalues.withUnsafeMutableBufferPointer { w in
                LAPACKE_dsyevd(LAPACK_COL_MAJOR, vectors, upper, Int32(columns), a.baseAddress, Int32(columns), w.baseAddress)
            }
        }
        precondition(status == 0, "the eigenvalues of a finite symmetric matrix exist (dsyevd: \(status))")

        // dsyevd sorts ascending, and eigenvector j fills elements j * columns and on.
        var rows = ContiguousArray<Double>()
        rows.reserveCapacity(count * columns)
        for j in (columns - count..<columns).reversed() {
            let vector = covariance[j * columns..<(j + 1) * columns]
            let strongest = vector.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
            rows.append(contentsOf: strongest < 0 ? ContiguousArray(vector.map { -$0 }) : ContiguousArray(vector))
        }
        components = Matrix(rows: count, columns: columns, values: rows)
        variances = ContiguousArray(eigenvalues.suffix(count).reversed().map { max(0, $0) })
        varianceShares = ContiguousArray(variances.map { total > 0 ? $0 / total : 0 })
    }

    /// Rows in the coordinates of the components; shape `[rows, components]`.
    public func transform(_ matrix: Matrix) -> Matrix {
        precondition(matrix.columns == means.count, "\(matrix.columns) columns, not \(means.count)")
        var centred = matrix
        for r in 0..<matrix.rows {
            for c in 0..<matrix.columns { centred.values[r * matrix.columns + c] -= means[c] }
        }
        return centred.times(components.transposed)
    }

    /// The sample covariance of all columns, both halves filled.
    private static func covariance(of matrix: Matrix, around means: ContiguousArray<Double>) -> ContiguousArray<Double> {
        let columns = matrix.columns
        var centred = matrix
        for r in 0..<matrix.rows {
            for c in 0..<columns { centred.values[r * columns + c] -= means[c] }
        }
        var result = ContiguousArray<Double>(repeating: 0, count: columns * columns)
        centred.values.withUnsafeBufferPointer { x in
            result.withUnsafeMutableBufferPointer { product in
                cblas_dsyrk(
                    CblasRowMajor, CblasUpper, CblasTrans, Int32(columns), Int32(matrix.rows), 1 / Double(matrix.rows - 1), x.baseAddress,
                    Int32(columns), 0, product.baseAddress, Int32(columns))
            }
        }
        for a in 0..<columns {
            for b in 0..<a { result[a * columns + b] = result[b * columns + a] }
        }
        return result
    }
}
