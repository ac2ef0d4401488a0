#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Room for numbers, all of them `value`; the caller gives it back with `free`. Zeros come from the system without being written.
func filled<Element: BitwiseCopyable>(with value: Element, count: Int) -> UnsafeMutablePointer<Element> {
    let isZero = withUnsafeBytes(of: value) { bytes in bytes.allSatisfy { $0 == 0 } }
    guard let room = isZero ? calloc(max(1, count), MemoryLayout<Element>.stride) : malloc(max(1, count) * MemoryLayout<Element>.stride)
    else {
        fatalError("no memory is left for \(count) profiles")
    }
    let start = room.bindMemory(to: Element.self, capacity: max(1, count))
    if !isZero { start.initialize(repeating: value, count: count) }
    return start
}

/// Numbers at a fixed place in memory. Threads may share one while nobody writes what others read.
final class FlatArray<Element: BitwiseCopyable>: @unchecked Sendable {
    // Unchecked: accumulators are confined to a thread each, and results are read only once they are complete.
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(repeating value: Element, count: Int) {
        start = filled(with: value, count: count)
        self.count = count
    }

    deinit { free(start) }

    @inline(__always)
    subscript(i: Int) -> Element {
        get { start[i] }
        set { start[i] = newValue }
    }
}

/// A list that grows at its end; room is asked for in chunks, so that a row costs one store.
struct GrowingList<Element: BitwiseCopyable>: ~Copyable {
    private(set) var start: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    /// - Parameter capacity: Room that is likely needed; what is never written costs nothing.
    init(capacity: Int = 64) {
        self.capacity = max(64, capacity)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    /// Room for so many more, to be written at `start + count`.
    @inline(__always)
    mutating func room(for more: Int) -> UnsafeMutablePointer<Element> {
        if count + more > capacity { grow(to: count + more) }
        return start + count
    }

    /// So many of what there is room for were written.
    @inline(__always)
    mutating func wrote(_ more: Int) { count += more }

    mutating func removeAll() { count = 0 }

    private mutating func grow(to least: Int) {
        capacity = max(least, capacity * 2)
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        start.deallocate()
        start = larger
    }
}
