import Storage

/// The ids of a run's messages: UUIDs of version 8, made of the seed and the message's number, so that one tells the other.
struct RunIDs: Sendable {
    /// The first eight bytes, and the two after them.
    private let high: UInt64
    private let middle: UInt64
    /// Eight hexadecimal digits that name the run in the ids of its markers.
    let word: String

    init(seed: UInt64) {
        let (first, second) = (Self.mixed(seed), Self.mixed(seed &+ 0x9E37_79B9_7F4A_7C15))
        high = (first & ~0xF000) | 0x8000
        middle = (second & 0x3FFF) | 0x8000
        let digits = String(second >> 32, radix: 16)
        word = String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The last step of splitmix64 (S. Vigna).
    private static func mixed(_ seed: UInt64) -> UInt64 {
        var z = seed &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static let mask: UInt64 = 0xFFFF_FFFF_FFFF
    /// Odd, so that it turns the numbers below 2^48 about among themselves; and what turns them back.
    private static let scatter: UInt64 = 0x9E37_79B9_7F4B
    private static let gather: UInt64 = {
        var inverse = scatter
        for _ in 0..<6 { inverse = inverse &* (2 &- scatter &* inverse) }
        return inverse & mask
    }()

    /// The last twelve digits of a message's id as a number. Ids of neighbours lie far apart, as those of real clients do.
    static func tail(_ number: Int) -> UInt64 { UInt64(number) &* scatter & mask }

    /// The id of a message.
    func id(_ number: Int) -> String { MessageKey(high: high, low: middle << 48 | Self.tail(number)).uuidText }

    /// The number of the message that has an id; nil where it is not of this run.
    func number(of id: String) -> Int? {
        var id = id
        guard let key = id.withUTF8({ MessageKey(canonicalUUID: $0) }), key.high == high, key.low >> 48 == middle else { return nil }
        return Int((key.low & Self.mask) &* Self.gather & Self.mask)
    }
}
