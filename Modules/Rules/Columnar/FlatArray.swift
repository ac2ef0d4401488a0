/// Numbers at a fixed place in memory. Threads may share one while nobody writes what others read.
final class FlatArray<Element: BitwiseCopyable>: @unchecked Sendable {
    // Unchecked: accumulators are confined to a thread each, and results are read only once they are complete.
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(repeating value: Element, count: Int) {
        start = filled(with: value, count: count)
        self.count = count
    }

    /// Room for so many, to be written before it is read.
    init(room count: Int) {
        start = KeptMemory.take(count * MemoryLayout<Element>.stride, zeroed: false).bindMemory(to: Element.self, capacity: max(1, count))
        self.count = count
    }

    deinit { release(start, count: count) }

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
        start = Self.room(self.capacity)
    }

    deinit { release(start, count: capacity) }

    private static func room(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        KeptMemory.take(capacity * MemoryLayout<Element>.stride, zeroed: false).bindMemory(to: Element.self, capacity: capacity)
    }

    /// Room for so many more, to be written at `start + count`.
    @inline(__always)
    mutating func room(for more: Int) -> UnsafeMutablePointer<Element> {
        if count + more > capacity { grow(to: count + more) }
        return start + count
    }

    /// So many of what there is room for were written.
    @inline(__always)
    mutating func wrote(_ more: Int) { count += more }

    private mutating func grow(to least: Int) {
        let wanted = max(least, capacity * 2)
        let larger = Self.room(wanted)
        larger.update(from: start, count: count)
        release(start, count: capacity)
        (start, capacity) = (larger, wanted)
    }
}
