import CZlib

/// Gzip members made by hand, so that each part can be spoiled.
enum Gzip {
    /// One member that holds `text`.
    static func member(_ text: some Sequence<UInt8>, level: Int32 = 6, name: String? = nil, crc: UInt32? = nil, length: UInt32? = nil)
        -> [UInt8]
    {
        let bytes = Array(text)
        var out: [UInt8] = [0x1F, 0x8B, 8, name == nil ? 0 : 8, 0, 0, 0, 0, 0, 255]
        if let name { out += Array(name.utf8) + [0] }
        out += deflate(bytes, level: level)
        let sum = crc ?? UInt32(CZlib.crc32_z(0, bytes, bytes.count))
        for word in [sum, length ?? UInt32(bytes.count)] { out += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
        return out
    }

    static func member(_ text: String, level: Int32 = 6) -> [UInt8] { member(text.utf8, level: level) }

    private static func deflate(_ bytes: [UInt8], level: Int32) -> [UInt8] {
        var stream = z_stream()
        precondition(
            deflateInit2_(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { deflateEnd(&stream) }
        var out = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
        var input = bytes
        let count = out.withUnsafeMutableBufferPointer { out in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = out.baseAddress
                stream.avail_out = UInt32(out.count)
                precondition(CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END)
                return out.count - Int(stream.avail_out)
            }
        }
        return Array(out[..<count])
    }
}

/// Deterministic pseudo-random numbers (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
