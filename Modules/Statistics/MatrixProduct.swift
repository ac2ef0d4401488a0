import COpenBLAS

extension Matrix {
    /// The matrix product, by one call of dgemm; traps unless `self.columns == other.rows`.
    public func times(_ other: Matrix) -> Matrix {
        precondition(columns == other.rows, "\(rows) x \(columns) times \(other.rows) x \(other.columns)")
        var result = Matrix(rows: rows, columns: other.columns)
        guard rows > 0, columns > 0, other.columns > 0 else { return result }
        values.withUnsafeBufferPointer { a in
            other.values.withUnsafeBufferPointer { b in
                result.values.withUnsafeMutableBufferPointer { c in
                    cblas_dgemm(
                        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(other.columns), Int32(columns), 1, a.baseAddress,
                        Int32(columns), b.baseAddress, Int32(other.columns), 0, c.baseAddress, Int32(other.columns))
                }
            }
        }
        return result
    }
}

/// Fills `product` with every dot product of a row of `a` and a row of `b`, by one call of dgemm.
///
/// The pointers are the caller's promise: `a` is good for `aRows * width` elements, `b` for `bRows * width`, `product` for
/// `aRows * stride`, and `stride >= bRows`. The product of rows i and j stands at `product[i * stride + j]`.
@inline(__always)
public func multiplyRows(
    _ a: UnsafePointer<Double>, _ aRows: Int, _ b: UnsafePointer<Double>, _ bRows: Int, width: Int,
    into product: UnsafeMutablePointer<Double>, stride: Int
) {
    cblas_dgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(aRows), Int32(bRows), Int32(width), 1, a, Int32(width), b, Int32(width), 0, product,
        Int32(stride))
}
