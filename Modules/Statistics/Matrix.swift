/// A table of float64 numbers, row after row in one flat array.
///
/// Element (r, c) stands at `values[r * columns + c]`. Rows are usually profiles, columns features.
public struct Matrix: Sendable, Hashable {
    /// How many rows there are; 0 or more.
    public let rows: Int
    /// How many columns there are; 0 or more.
    public let columns: Int
    /// The elements, row-major; shape `[rows * columns]`, which whoever writes them keeps.
    public var values: ContiguousArray<Double>

    /// A matrix with every element equal to `value`.
    public init(rows: Int, columns: Int, repeating value: Double = 0) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
        self.rows = rows
        self.columns = columns
        values = ContiguousArray(repeating: value, count: rows * columns)
    }

    /// Takes the elements as they lie, row-major; traps unless there are `rows * columns` of them.
    public init(rows: Int, columns: Int, values: ContiguousArray<Double>) {
        precondition(rows >= 0 && columns >= 0 && values.count == rows * columns, "\(values.count) values are not \(rows) x \(columns)")
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Makes a matrix of rows, which must have equal lengths. No rows give 0 x 0.
    public init(_ rows: [[Double]]) {
        let columns = rows.first?.count ?? 0
        precondition(rows.allSatisfy { $0.count == columns }, "rows differ in length")
        self.init(rows: rows.count, columns: columns, values: ContiguousArray(rows.joined()))
    }

    /// Puts columns side by side, which must have equal lengths. No columns give 0 x 0.
    public init(columns: [ContiguousArray<Double>]) {
        let rows = columns.first?.count ?? 0
        precondition(columns.allSatisfy { $0.count == rows }, "columns differ in length")
        let width = columns.count
        let values = ContiguousArray<Double>(unsafeUninitializedCapacity: rows * width) { buffer, count in
            for (c, column) in columns.enumerated() {
                column.withUnsafeBufferPointer { source in
                    // In bounds: every column holds `rows` elements, as just checked.
                    for r in 0..<rows { (buffer.baseAddress! + r * width + c).initialize(to: source[r]) }
                }
            }
            count = rows * width
        }
        self.init(rows: rows, columns: width, values: values)
    }

    /// The element at row `r`, column `c`.
    @inlinable public subscript(r: Int, c: Int) -> Double {
        get {
            precondition(r >= 0 && r < rows && c >= 0 && c < columns, "outside the matrix")
            return values[r * columns + c]
        }
        set {
            precondition(r >= 0 && r < rows && c >= 0 && c < columns, "outside the matrix")
            values[r * columns + c] = newValue
        }
    }

    /// Row `r`, without a copy; its indices are those of `values`.
    public func row(_ r: Int) -> ArraySlice<Double> { values[r * columns..<(r + 1) * columns] }

    /// Column `c`, as an array of its own.
    public func column(_ c: Int) -> ContiguousArray<Double> {
        precondition(c >= 0 && c < columns, "outside the matrix")
        return ContiguousArray(stride(from: c, to: values.count, by: columns).lazy.map { values[$0] })
    }

    /// The rows at `indices`, in that order; an index may occur more than once.
    public func selecting(rows indices: some Collection<Int>) -> Matrix {
        var selected = ContiguousArray<Double>()
        selected.reserveCapacity(indices.count * columns)
        for r in indices {
            precondition(r >= 0 && r < rows, "outside the matrix")
            selected.append(contentsOf: values[r * columns..<(r + 1) * columns])
        }
        return Matrix(rows: indices.count, columns: columns, values: selected)
    }

    /// Columns as rows.
    public var transposed: Matrix {
        var result = ContiguousArray<Double>(repeating: 0, count: values.count)
        for r in 0..<rows {
            for c in 0..<columns { result[c * rows + r] = values[r * columns + c] }
        }
        return Matrix(rows: columns, columns: rows, values: result)
    }
}
