import Storage

/// One node's answer for every profile: a mask, or values. Written once, by threads that each own a range of profiles; then read by all.
final class ProfileVector: @unchecked Sendable {
    // Unchecked: writers touch disjoint ranges, and readers come after all writers are done.
    let count: Int
    let isMask: Bool
    /// The mask (0 or 1), or a tag for each profile.
    let bytes: UnsafeMutablePointer<UInt8>
    private(set) var numbers: UnsafeMutablePointer<Double>?
    private(set) var times: UnsafeMutablePointer<Int64>?
    private(set) var texts: UnsafeMutablePointer<UInt32>?
    /// The least and the greatest of each chunk's times, for vectors of times that were stored.
    private let edges: FlatArray<Int64>?
    private let chunkBits: Int
    /// What `texts` number.
    var dictionary: TextDictionary?

    /// - Parameter shape: The chunks that will be stored, all of them; nil: whoever makes it writes to it, and it starts as zeros.
    init(count: Int, isMask: Bool, kind: Kind, shape: ChunkShape? = nil) {
        (self.count, self.isMask) = (count, isMask)
        let isCleared = shape == nil
        bytes = Self.room(count, isCleared)
        var isOfTimes = false
        if !isMask {
            switch kind {
            case .number: numbers = Self.room(count, isCleared)
            case .instant, .duration:
                times = Self.room(count, isCleared)
                isOfTimes = true
            case .text: texts = Self.room(count, isCleared)
            case .truth: break
            case .dynamic:
                numbers = Self.room(count, isCleared)
                texts = Self.room(count, isCleared)
            }
        }
        chunkBits = shape?.bits ?? 0
        edges = isOfTimes ? shape.map { FlatArray(room: 2 * $0.count) } : nil
    }

    deinit {
        release(bytes, count: count)
        if let numbers { release(numbers, count: count) }
        if let times { release(times, count: count) }
        if let texts { release(texts, count: count) }
    }

    private static func room<T: BitwiseCopyable>(_ count: Int, _ isCleared: Bool) -> UnsafeMutablePointer<T> {
        KeptMemory.take(count * MemoryLayout<T>.stride, zeroed: isCleared).bindMemory(to: T.self, capacity: max(1, count))
    }

    /// The least and the greatest time that is there; a range of nothing where none is. nil when it holds no times, or was not stored.
    func timeRange() -> (least: Int64, greatest: Int64)? {
        guard let edges else { return nil }
        var (least, greatest) = (Int64.max, Int64.min)
        for chunk in 0..<(edges.count / 2) {
            least = min(least, edges[2 * chunk])
            greatest = max(greatest, edges[2 * chunk + 1])
        }
        return (least, greatest)
    }

    /// Takes a chunk of a mask over.
    func store(mask: UnsafePointer<UInt8>, at base: Int, count: Int) { (bytes + base).update(from: mask, count: count) }

    /// Takes a chunk of values over; null, arrays and objects become absent.
    func store(_ lanes: Lanes, at base: Int, count: Int) {
        let tags = bytes + base
        for i in 0..<count { tags[i] = Lanes.isPresent(lanes.tags[i]) ? lanes.tags[i] : ValueTag.absent }
        if let numbers { Self.copy(lanes.numbers, tags, ValueTag.number, to: numbers + base, count) }
        if let texts { Self.copy(lanes.texts, tags, ValueTag.text, to: texts + base, count) }
        guard let times else { return }
        Self.copy(lanes.times, tags, ValueTag.number, to: times + base, count)
        guard let edges else { return }
        var (least, greatest) = (Int64.max, Int64.min)
        for i in base..<(base + count) where bytes[i] == ValueTag.number {
            least = min(least, times[i])
            greatest = max(greatest, times[i])
        }
        (edges[2 * (base >> chunkBits)], edges[2 * (base >> chunkBits) + 1]) = (least, greatest)
    }

    /// Copies what has the tag, and zeros elsewhere.
    @inline(__always)
    private static func copy<T: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ own: UnsafePointer<T>?, _ tags: UnsafePointer<UInt8>, _ tag: UInt8, to target: UnsafeMutablePointer<T>, _ count: Int
    ) {
        guard let own else {
            target.update(repeating: 0, count: count)
            return
        }
        for i in 0..<count { target[i] = tags[i] == tag ? own[i] : 0 }
    }

    /// Lanes of the profiles from one on.
    func lanes(from base: Int) -> Lanes {
        Lanes(
            tags: UnsafePointer(bytes + base), numbers: numbers.map { UnsafePointer($0 + base) },
            times: times.map { UnsafePointer($0 + base) },
            texts: dictionary == nil ? nil : texts.map { UnsafePointer($0 + base) }, dictionary: dictionary)
    }
}
