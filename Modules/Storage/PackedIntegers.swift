/// Integers in groups of 1 024: each group a base and the differences from it in as few bits as its widest needs.
///
/// Layout: for each group 8 bytes of base, 1 byte of width, then `width` bits a value (lowest first), rounded up to whole bytes; at the
/// very end 8 bytes of zero, so that a reader may load whole words.
enum PackedIntegers {
    static let group = 1_024

    /// Appends the packed form of `values` to `out`.
    static func encode(_ values: UnsafeBufferPointer<Int64>, to out: inout ContiguousArray<UInt8>) {
        var first = 0
        while first < values.count {
            let count = min(group, values.count - first)
            var least = values[first]
            var greatest = least
            for index in first..<(first + count) {
                let value = values[index]
                least = min(least, value)
                greatest = max(greatest, value)
            }
            let spread = UInt64(bitPattern: greatest &- least)
            var width = 64 - spread.leadingZeroBitCount
            if width > 56 { width = 64 }
            withUnsafeBytes(of: UInt64(bitPattern: least).littleEndian) { out.append(contentsOf: $0) }
            out.append(UInt8(width))
            let bytes = (width * count + 7) / 8
            if bytes > 0 {
                let start = out.count
                out.append(contentsOf: repeatElement(0, count: bytes + 8))
                out.withUnsafeMutableBytes { raw in
                    var bit = 0
                    for index in first..<(first + count) {
                        let difference = UInt64(bitPattern: values[index] &- least)
                        let at = start + bit >> 3
                        if width == 64 {
                            raw.storeBytes(of: difference.littleEndian, toByteOffset: at, as: UInt64.self)
                        } else {
                            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                            raw.storeBytes(of: (word | difference << UInt64(bit & 7)).littleEndian, toByteOffset: at, as: UInt64.self)
                        }
                        bit += width
                    }
                }
                out.removeLast(8)
            }
            first += count
        }
        out.append(contentsOf: repeatElement(0, count: 8))
    }

    /// Reads `count` values; nil when `bytes` are not the packed form of as many. Gives also how many bytes it took.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into out: UnsafeMutablePointer<Int64>) -> Int? {
        var at = 0
        var done = 0
        guard let raw = bytes.baseAddress else { return count == 0 ? 0 : nil }
        while done < count {
            let here = min(group, count - done)
            guard at + 9 <= bytes.count else { return nil }
            let base = Int64(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            let width = Int(bytes[at + 8])
            at += 9
            guard width <= 64, at + (width * here + 7) / 8 + 8 <= bytes.count else { return nil }
            let values = out + done
            if width == 0 {
                for index in 0..<here { values[index] = base }
            } else if width == 64 {
                for index in 0..<here {
                    values[index] = base &+ Int64(bitPattern: raw.loadUnaligned(fromByteOffset: at + 8 * index, as: UInt64.self))
                }
            } else {
                let mask = (1 as UInt64) << UInt64(width) - 1
                let from = raw + at
                var bit = 0
                for index in 0..<here {
                    let word = UInt64(littleEndian: from.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
                    values[index] = base &+ Int64(bitPattern: word >> UInt64(bit & 7) & mask)
                    bit += width
                }
            }
            at += (width * here + 7) / 8
            done += here
        }
        guard at + 8 <= bytes.count else { return nil }
        return at + 8
    }

    /// Reads the values at some places, ascending; nil when `bytes` are not the packed form of `count` values. Gives also how many bytes
    /// they all take.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, at places: [Int]) -> (values: ContiguousArray<Int64>, used: Int)? {
        var values: ContiguousArray<Int64> = []
        values.reserveCapacity(places.count)
        var (at, done, next) = (0, 0, 0)
        while done < count {
            let here = min(group, count - done)
            guard at + 9 <= bytes.count else { return nil }
            let base = Int64(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            let width = Int(bytes[at + 8])
            at += 9
            guard width <= 64, at + (width * here + 7) / 8 + 8 <= bytes.count else { return nil }
            while next < places.count, places[next] < done + here {
                let bit = (places[next] - done) * width
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at + bit >> 3, as: UInt64.self))
                let difference = width == 64 ? word : word >> UInt64(bit & 7) & ((1 as UInt64) << UInt64(width) - 1)
                values.append(base &+ Int64(bitPattern: difference))
                next += 1
            }
            at += (width * here + 7) / 8
            done += here
        }
        guard at + 8 <= bytes.count, next == places.count else { return nil }
        return (values, at + 8)
    }
}
