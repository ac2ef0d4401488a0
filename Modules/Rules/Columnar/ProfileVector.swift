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
    /// What `texts` number.
    var dictionary: TextDictionary?

    init(count: Int, isMask: Bool, kind: Kind) {
        (self.count, self.isMask) = (count, isMask)
        bytes = Self.zeros(count)
        guard !isMask else { return }
        switch kind {
        case .number: numbers = Self.zeros(count)
        case .instant, .duration: times = Self.zeros(count)
        case .text: texts = Self.zeros(count)
        case .truth: break
        case .dynamic:
            numbers = Self.zeros(count)
            texts = Self.zeros(count)
        }
    }

    deinit {
        release(bytes, count: count)
        if let numbers { release(numbers, count: count) }
        if let times { release(times, count: count) }
        if let texts { release(texts, count: count) }
    }

    private static func zeros<T: BitwiseCopyable & ExpressibleByIntegerLiteral>(_ count: Int) -> UnsafeMutablePointer<T> {
        filled(with: 0, count: count)
    }

    /// Takes a chunk of a mask over.
    func store(mask: UnsafePointer<UInt8>, at base: Int, count: Int) { (bytes + base).update(from: mask, count: count) }

    /// Takes a chunk of values over; null, arrays and objects become absent.
    func store(_ lanes: Lanes, at base: Int, count: Int) {
        let tags = bytes + base
        for i in 0..<count { tags[i] = Lanes.isPresent(lanes.tags[i]) ? lanes.tags[i] : ValueTag.absent }
        if let numbers, let own = lanes.numbers {
            for i in 0..<count where tags[i] == ValueTag.number { numbers[base + i] = own[i] }
        }
        if let times, let own = lanes.times {
            for i in 0..<count where tags[i] == ValueTag.number { times[base + i] = own[i] }
        }
        if let texts, let own = lanes.texts {
            for i in 0..<count where tags[i] == ValueTag.text { texts[base + i] = own[i] }
        }
    }

    /// Lanes of the profiles from one on.
    func lanes(from base: Int) -> Lanes {
        Lanes(
            tags: UnsafePointer(bytes + base), numbers: numbers.map { UnsafePointer($0 + base) },
            times: times.map { UnsafePointer($0 + base) },
            texts: dictionary == nil ? nil : texts.map { UnsafePointer($0 + base) }, dictionary: dictionary)
    }
}
