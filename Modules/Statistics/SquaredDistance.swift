/// The squared Euclidean distance of two vectors, summed in four lanes and then the rest, always in the same order.
///
/// Both pointers must be good for `count` elements.
@inlinable @inline(__always)
public func squaredDistance(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
    var lanes = SIMD4<Double>(repeating: 0)
    var i = 0
    while i + 4 <= count {
        let difference =
            UnsafeRawPointer(a + i).loadUnaligned(as: SIMD4<Double>.self) - UnsafeRawPointer(b + i).loadUnaligned(as: SIMD4<Double>.self)
        lanes += difference * difference
        i += 4
    }
    var sum = lanes.sum()
    while i < count {
        let difference = a[i] - b[i]
        sum += difference * difference
        i += 1
    }
    return sum
}
