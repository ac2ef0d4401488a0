/// A growing array of plain values in one allocation, for loops that run once per message: no copy-on-write, and, being a constant of
/// whoever holds it, no check of exclusive access. Confined to one thread at a time.
struct FlatBuffer<Element: BitwiseCopyable>: ~Copyable {
    private struct Header {
        var start: UnsafeMutablePointer<Element>
        var count: Int
        var capacity: Int
    }
    private let header: UnsafeMutablePointer<Header>

    init(capacity: Int = 16) {
        let capacity = max(1, capacity)
        header = .allocate(capacity: 1)
        header.initialize(to: Header(start: .allocate(capacity: capacity), count: 0, capacity: capacity))
    }

    /// `count` times the same element.
    init(repeating element: Element, count: Int) {
        self.init(capacity: count)
        reset(to: element, count: count)
    }

    deinit {
        header.pointee.start.deallocate()
        header.deallocate()
    }

    @inline(__always) var start: UnsafeMutablePointer<Element> { header.pointee.start }
    @inline(__always) var count: Int { header.pointee.count }

    /// Bytes of the allocation.
    var byteCount: Int { header.pointee.capacity * MemoryLayout<Element>.stride }

    @inline(__always) func append(_ element: Element) {
        let count = header.pointee.count
        if count == header.pointee.capacity { grow(to: count + 1) }
        (header.pointee.start + count).initialize(to: element)
        header.pointee.count = count + 1
    }

    /// Appends `source` and says where it begins.
    @inline(__always) @discardableResult
    func append(contentsOf source: UnsafeBufferPointer<Element>) -> Int {
        let count = header.pointee.count
        if count + source.count > header.pointee.capacity { grow(to: count + source.count) }
        if let first = source.baseAddress { (header.pointee.start + count).initialize(from: first, count: source.count) }
        header.pointee.count = count + source.count
        return count
    }

    @inline(__always) subscript(index: Int) -> Element {
        get { header.pointee.start[index] }
        nonmutating set { header.pointee.start[index] = newValue }
    }

    func removeAll() { header.pointee.count = 0 }

    /// Forgets the elements from `count` on.
    func truncate(to count: Int) { header.pointee.count = min(self.count, count) }

    /// Holds `count` times `element` and nothing else.
    func reset(to element: Element, count: Int) {
        if count > header.pointee.capacity { grow(to: count) }
        header.pointee.start.update(repeating: element, count: count)
        header.pointee.count = count
    }

    /// Gives back the room beyond the elements.
    func shrink() {
        guard header.pointee.capacity > count + count / 8 + 16 else { return }
        move(to: count + 1)
    }

    private func grow(to needed: Int) { move(to: max(needed, header.pointee.capacity * 2)) }

    private func move(to newCapacity: Int) {
        let moved = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
        moved.moveInitialize(from: header.pointee.start, count: count)
        header.pointee.start.deallocate()
        header.pointee.start = moved
        header.pointee.capacity = newCapacity
    }
}
