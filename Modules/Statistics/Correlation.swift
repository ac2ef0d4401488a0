extension Matrix {
    /// Pearson's correlation of every pair of columns; shape `[columns, columns]`, symmetric, from -1 to 1.
    ///
    /// A column without variance has no correlation: NaN with every column, itself included. Rows must hold no NaN.
    /// One pass to centre, one call of dgemm.
    public func correlations() -> Matrix {
        let (means, squares) = columnMoments()
        // Unit columns: their dot products are the correlations.
        var unit = Matrix(rows: columns, columns: rows)
        for c in 0..<columns {
            let length = squares[c].squareRoot()
            for r in 0..<rows { unit.values[c * rows + r] = length > 0 ? (values[r * columns + c] - means[c]) / length : 0 }
        }
        var result = Matrix(rows: columns, columns: columns)
        unit.values.withUnsafeBufferPointer { u in
            result.values.withUnsafeMutableBufferPointer { product in
                guard let rowsOfUnit = u.baseAddress, let product = product.baseAddress else { return }
                multiplyRows(rowsOfUnit, columns, rowsOfUnit, columns, width: rows, into: product, stride: columns)
            }
        }
        for a in 0..<columns {
            for b in 0..<columns {
                let known = squares[a] > 0 && squares[b] > 0
                result[a, b] = !known ? .nan : a == b ? 1 : min(1, max(-1, result[a, b]))
            }
        }
        return result
    }
}
