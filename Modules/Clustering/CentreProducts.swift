import Statistics

/// The products of a block of rows with a set of centres, from which their distances follow.
///
/// A row x is packed as (x, 1) and a centre c as (-2c, |c|^2), so that one dgemm gives |c|^2 - 2 x.c = |x - c|^2 - |x|^2.
/// Both are taken relative to `origin` (the mean of all rows), which keeps the cancellation harmless.
/// One object serves one thread at a time.
final class CentreProducts {
    /// Rows of a block at most: 256 rows by 32 centres stay in the second-level cache.
    static let blockRows = 256
    /// Elements from the products of one centre to those of the next: no power of two, so that they do not share a set of the cache.
    static let stride = blockRows + 8

    let columns: Int
    let packed: UnsafeMutablePointer<Double>
    /// Product of centre j and packed row r at `products[j * stride + r]`.
    let products: UnsafeMutablePointer<Double>
    /// |x|^2 of each packed row.
    let squares: UnsafeMutablePointer<Double>
    private let capacity: Int

    /// Makes room for `capacity` centres of `columns` elements.
    init(columns: Int, capacity: Int) {
        self.columns = columns
        self.capacity = capacity
        packed = .allocate(capacity: Self.blockRows * (columns + 1))
        packed.initialize(repeating: 1, count: Self.blockRows * (columns + 1))
        products = .allocate(capacity: max(1, capacity) * Self.stride)
        products.initialize(repeating: 0, count: max(1, capacity) * Self.stride)
        squares = .allocate(capacity: Self.blockRows)
        squares.initialize(repeating: 0, count: Self.blockRows)
    }

    deinit {
        packed.deallocate()
        products.deallocate()
        squares.deallocate()
    }

    /// Packs a row of `columns` elements, relative to `origin`, as row `slot` of the block.
    @inline(__always)
    func pack(_ row: UnsafePointer<Double>, origin: UnsafePointer<Double>, slot: Int) {
        let target = packed + slot * (columns + 1)
        var lanes = SIMD4<Double>(repeating: 0)
        var c = 0
        while c + 4 <= columns {
            let x =
                UnsafeRawPointer(row + c).loadUnaligned(as: SIMD4<Double>.self)
                - UnsafeRawPointer(origin + c).loadUnaligned(as: SIMD4<Double>.self)
            UnsafeMutableRawPointer(target + c).storeBytes(of: x, as: SIMD4<Double>.self)
            lanes += x * x
            c += 4
        }
        var square = lanes.sum()
        while c < columns {
            let x = row[c] - origin[c]
            target[c] = x
            square += x * x
            c += 1
        }
        squares[slot] = square
    }

    /// Fills `products` for the first `rows` packed rows.
    func multiply(rows: Int, centres: UnsafePointer<Double>, count: Int) {
        precondition(rows <= Self.blockRows && count <= capacity, "a block too large")
        multiplyRows(centres, count, packed, rows, width: columns + 1, into: products, stride: Self.stride)
    }
}

/// Centres in the form that `CentreProducts` multiplies.
struct AugmentedCentres {
    /// (-2c, |c|^2) of each centre, relative to the origin; shape `[count, columns + 1]`.
    private(set) var values: ContiguousArray<Double>
    let count: Int
    /// The largest |c|^2, for bounds of rounding.
    private(set) var largestSquare = 0.0

    init(_ centres: Matrix, origin: ContiguousArray<Double>) {
        count = centres.rows
        values = []
        values.reserveCapacity(count * (centres.columns + 1))
        for j in 0..<count {
            var square = 0.0
            for c in 0..<centres.columns {
                let x = centres[j, c] - origin[c]
                values.append(-2 * x)
                square += x * x
            }
            values.append(square)
            largestSquare = max(largestSquare, square)
        }
    }
}

/// The least and the second least product of four neighbouring rows of a block, and which centre has the least.
@inline(__always)
func leastTwo(
    _ products: UnsafePointer<Double>, centres: Int
) -> (least: SIMD4<Double>, second: SIMD4<Double>, which: SIMD4<Int64>) {
    var least = SIMD4<Double>(repeating: .infinity)
    var second = least
    var which = SIMD4<Int64>(repeating: 0)
    var source = UnsafeRawPointer(products)
    for j in 0..<centres {
        let value = source.loadUnaligned(as: SIMD4<Double>.self)
        source += CentreProducts.stride * 8
        let below = value .< least
        let larger = least.replacing(with: value, where: value .> least)
        second = second.replacing(with: larger, where: larger .< second)
        least = least.replacing(with: value, where: below)
        which = which.replacing(with: SIMD4(repeating: Int64(j)), where: below)
    }
    return (least, second, which)
}
