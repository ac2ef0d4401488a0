/// The 128 bits that stand for a messageId: the bytes of a UUID in canonical lower-case form, or a hash of any other text.
public struct MessageKey: Sendable, Hashable {
    /// The first and the last eight bytes, big endian, so that keys of UUIDs compare as their texts do.
    public var high, low: UInt64

    /// Takes the sixteen bytes as two words, the first eight bytes in `high`.
    public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// Reads a UUID in canonical form (36 lower-case characters); nil for any other text.
    public init?(canonicalUUID text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 36, text[8] == 45, text[13] == 45, text[18] == 45, text[23] == 45 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var bad: UInt8 = 0
        for index in 0..<36 where index != 8 && index != 13 && index != 18 && index != 23 {
            let value = Self.digitOf[Int(text[index])]
            bad |= value
            if digits < 16 { words.0 = words.0 << 4 | UInt64(value & 15) } else { words.1 = words.1 << 4 | UInt64(value & 15) }
            digits += 1
        }
        guard bad < 16 else { return nil }
        (high, low) = words
    }

    /// The text of the UUID with these bytes.
    public var uuidText: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            Self.write(self, to: buffer.baseAddress!)
            return 36
        }
    }

    /// Writes the 36 characters of the UUID.
    @inline(__always)
    static func write(_ key: MessageKey, to out: UnsafeMutablePointer<UInt8>) {
        var at = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                out[at] = 45
                at += 1
            }
            let word = index < 8 ? key.high : key.low
            let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index & 7)))
            out[at] = hexDigit(byte >> 4)
            out[at + 1] = hexDigit(byte & 15)
            at += 2
        }
    }

    @inline(__always) private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 87 }

    /// Value of each hexadecimal digit in lower case; 255 for every other byte.
    private static let digitOf: ContiguousArray<UInt8> = {
        var table = ContiguousArray<UInt8>(repeating: 255, count: 256)
        for digit in 0..<10 { table[48 + digit] = UInt8(digit) }
        for digit in 0..<6 { table[97 + digit] = UInt8(10 + digit) }
        return table
    }()

    /// The id given to a message that came without one: a UUID of version 8 made from a hash of its line.
    public static func derived(from line: UnsafeBufferPointer<UInt8>) -> MessageKey {
        let hash = ByteHash.sip128(line, key: (0x7465_7373_6572_6131, 0x6D65_7373_6167_6549))
        let high = (hash.0 & ~0xF000) | 0x8000
        let low = (hash.1 & ~(3 << 62)) | 2 << 62
        return MessageKey(high: high, low: low)
    }
}
