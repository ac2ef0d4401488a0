import Storage

/// The bound of a percentile: selects the k-th largest, or k-th least, of the ranked values.
enum Ranking {
    /// - Returns: The value at the edge, or missing where nobody is ranked.
    static func threshold(_ percentile: Percentile, of values: ProfileVector, among: ProfileVector?, kind: Kind) -> Value {
        var keys = ContiguousArray<UInt64>()
        for profile in 0..<values.count where values.bytes[profile] == ValueTag.number && among.map({ $0.bytes[profile] == 1 }) ?? true {
            if let times = values.times {
                keys.append(UInt64(bitPattern: times[profile]) ^ (1 << 63))
            } else if let numbers = values.numbers {
                keys.append(key(of: numbers[profile]))
            }
        }
        let rank = percentile.percent.rank(of: keys.count)
        guard rank > 0 else { return .missing }
        let key = select(percentile.side == .top ? keys.count - rank : rank - 1, of: keys)
        switch kind {
        case .instant: return .instant(Int64(bitPattern: key ^ (1 << 63)))
        case .duration: return .duration(Int64(bitPattern: key ^ (1 << 63)))
        default: return .number(number(of: key))
        }
    }

    /// A word that sorts as the number does; zero of either sign is one.
    private static func key(of number: Double) -> UInt64 {
        let bits = (number + 0.0).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | (1 << 63)
    }

    private static func number(of key: UInt64) -> Double { Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key) }

    /// Element `index` of the keys in ascending order: by halving what is left, 11 bits at a time, so the cost is linear whatever they are.
    private static func select(_ index: Int, of keys: ContiguousArray<UInt64>) -> UInt64 {
        var (keys, index) = (keys, index)
        var shift = 64
        while shift > 0 {
            let width = min(11, shift)
            shift -= width
            let mask: UInt64 = (1 << UInt64(width)) - 1
            var counts = ContiguousArray<Int>(repeating: 0, count: 1 << width)
            for key in keys { counts[Int(key >> UInt64(shift) & mask)] += 1 }
            var digit = 0
            while index >= counts[digit] {
                index -= counts[digit]
                digit += 1
            }
            if counts[digit] < keys.count { keys.removeAll { Int($0 >> UInt64(shift) & mask) != digit } }
        }
        return keys[index]
    }
}
