/// A growing array of plain values in one allocation, without copy-on-write checks: for loops that run once per message.
struct FlatBuffer<Element: BitwiseCopyable>: ~Copyable {
    private(set) var start: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 16) {
        start = .allocate(capacity: max(1, capacity))
        self.capacity = max(1, capacity)
    }

    deinit { start.deallocate() }

    /// Bytes of the allocation.
    var byteCount: Int { capacity * MemoryLayout<Element>.stride }

    @inline(__always) mutating func append(_ element: Element) {
        if count == capacity { grow(to: count + 1) }
        (start + count).initialize(to: element)
        count += 1
    }

    /// Appends `source` and says where it begins.
    @inline(__always) @discardableResult
    mutating func append(contentsOf source: UnsafeBufferPointer<Element>) -> Int {
        let at = count
        if count + source.count > capacity { grow(to: count + source.count) }
        if let first = source.baseAddress { (start + count).initialize(from: first, count: source.count) }
        count += source.count
        return at
    }

    @inline(__always) subscript(index: Int) -> Element {
        get { start[index] }
        set { start[index] = newValue }
    }

    mutating func removeAll() { count = 0 }

    /// Forgets the elements from `count` on.
    mutating func truncate(to count: Int) { self.count = min(self.count, count) }

    /// Gives back the room beyond the elements.
    mutating func shrink() {
        guard capacity > count + count / 8 + 16 else { return }
        move(to: count + 1)
    }

    private mutating func grow(to needed: Int) { move(to: max(needed, capacity * 2)) }

    private mutating func move(to newCapacity: Int) {
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
        moved.moveInitialize(from: start, count: count)
        start.deallocate()
        start = moved
        capacity = newCapacity
    }
}
