/// Hashes of byte strings.
public enum ByteHash {
    /// A quick 64-bit hash for tables within one process and for checksums; not for anything that strangers may aim at unseeded. Its
    /// values are stored, so what it gives never changes.
    @inline(__always)
    static func quick(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
        guard let base = bytes.baseAddress else { return mix(seed, 0x9E37_79B9_7F4A_7C15) }
        let raw = UnsafeRawPointer(base)
        let count = bytes.count
        var state = seed ^ (UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15)
        var at = 0
        while count - at > 16 {
            let a = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let b = raw.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
            state = mix(a ^ state, b ^ 0xA076_1D64_78BD_642F)
            at += 16
        }
        let left = count - at
        var a: UInt64 = 0
        var b: UInt64 = 0
        if left >= 8 {
            a = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            b = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if left >= 4 {
            a = UInt64(raw.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            b = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else if left > 0 {
            a = UInt64(base[at]) | UInt64(base[at + left / 2]) << 8 | UInt64(base[count - 1]) << 16
        }
        return mix(a ^ state, b ^ 0xE703_7ED1_A0B4_28DB)
    }

    /// A checksum that is stored: what `quick` gives, its words little endian, which every change of the bytes changes but for luck.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        quick(bytes.bindMemory(to: UInt8.self), seed: seed)
    }

    @inline(__always)
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// SipHash-2-4 with 128 bits of output.
    ///
    /// - Parameter key: 128 bits as two little-endian words.
    /// - Returns: The hash as two words, in the order of its bytes.
    /// - SeeAlso: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012; the 128-bit variant of the reference code.
    public static func sip128(_ bytes: UnsafeBufferPointer<UInt8>, key: (UInt64, UInt64)) -> (UInt64, UInt64) {
        var v0 = key.0 ^ 0x736F_6D65_7073_6575
        var v1 = key.1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
        var v2 = key.0 ^ 0x6C79_6765_6E65_7261
        var v3 = key.1 ^ 0x7465_6462_7974_6573

        @inline(__always) func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { x << by | x >> (64 - by) }
        @inline(__always) func round() {
            v0 &+= v1
            v1 = rotate(v1, 13) ^ v0
            v0 = rotate(v0, 32)
            v2 &+= v3
            v3 = rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = rotate(v1, 17) ^ v2
            v2 = rotate(v2, 32)
        }
        let count = bytes.count
        let whole = count & ~7
        var at = 0
        let raw = UnsafeRawPointer(bytes.baseAddress)
        while at < whole, let raw {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            v3 ^= word
            round()
            round()
            v0 ^= word
            at += 8
        }
        var last = UInt64(truncatingIfNeeded: count) << 56
        for index in whole..<count { last |= UInt64(bytes[index]) << UInt64(8 * (index - whole)) }
        v3 ^= last
        round()
        round()
        v0 ^= last
        v2 ^= 0xEE
        for _ in 0..<4 { round() }
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xDD
        for _ in 0..<4 { round() }
        return (first, v0 ^ v1 ^ v2 ^ v3)
    }
}
