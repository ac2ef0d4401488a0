import Storage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The texts of a dictionary as raw bytes. Valid while the dictionary lives: whoever holds one holds the dictionary too.
struct TextBytes {
    private let bytes: UnsafePointer<UInt8>
    private let offsets: UnsafePointer<UInt32>
    let count: Int

    init(_ dictionary: TextDictionary) {
        // The arrays of a dictionary are constants of a class, so their storage stays where it is while the object lives.
        bytes = dictionary.bytes.withUnsafeBufferPointer { $0.baseAddress } ?? Self.nothing
        offsets = dictionary.offsets.withUnsafeBufferPointer { $0.baseAddress! }
        count = dictionary.count
    }

    /// Stands for the bytes of no text; never read.
    private nonisolated(unsafe) static let nothing = UnsafePointer(UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

    /// Text number `i`, which must be below `count`.
    @inline(__always)
    subscript(i: Int) -> UnsafeBufferPointer<UInt8> {
        let start = Int(offsets[i])
        return UnsafeBufferPointer(start: bytes + start, count: Int(offsets[i + 1]) - start)
    }
}

/// Below zero, zero or above it as one text precedes the other by scalars, equals it or follows it.
@inline(__always)
func order(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    let shared = min(a.count, b.count)
    if shared > 0 {
        let difference = memcmp(a.baseAddress!, b.baseAddress!, shared)
        if difference != 0 { return Int(difference) }
    }
    return a.count - b.count
}

extension Comparison {
    /// Whether it holds for two things of that order: below zero the first precedes, at zero they are equal.
    @inline(__always)
    func holds(order: Int) -> Bool { holds(order, 0) }
}
