/// Instants as words of which the greatest is wanted, be it the first or the last instant; 0 is none, so memory starts as zeros.
struct TimeKey {
    private let flip: UInt64

    init(isLast: Bool) { flip = isLast ? 1 << 63 : ~(1 << 63) }

    /// No instant: the key of one beyond what a message can say (2^63 milliseconds either way).
    static let none: UInt64 = 0

    @inline(__always) func key(of time: Int64) -> UInt64 { UInt64(bitPattern: time) ^ flip }
    @inline(__always) func time(of key: UInt64) -> Int64 { Int64(bitPattern: key ^ flip) }
}
