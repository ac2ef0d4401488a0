/// Numbers at a fixed place in memory. Threads may share one while nobody writes what others read.
final class FlatArray<Element: BitwiseCopyable>: @unchecked Sendable {
    // Unchecked: accumulators are confined to a thread each, and results are read only once they are complete.
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(repeating value: Element, count: Int) {
        start = .allocate(capacity: max(1, count))
        start.initialize(repeating: value, count: count)
        self.count = count
    }

    deinit { start.deallocate() }

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

    init() {
        capacity = 64
        start = .allocate(capacity: capacity)
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
