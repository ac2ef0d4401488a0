/// A text, number, truth or nothing in one word: finite numbers as they are, the others in the space of NaN.
///
/// Zero of either sign is one value, as it is in the language. Texts are numbers of the query's pool.
enum BoxedValue {
    static let missing: UInt64 = 0x7FF8_0000_0000_0000
    private static let truths: UInt64 = 0x7FF9_0000_0000_0000
    private static let texts: UInt64 = 0x7FFA_0000_0000_0000

    @inline(__always) static func number(_ number: Double) -> UInt64 { (number + 0.0).bitPattern }
    @inline(__always) static func truth(_ truth: Bool) -> UInt64 { truths | (truth ? 1 : 0) }
    @inline(__always) static func text(_ number: UInt32) -> UInt64 { texts | UInt64(number) }

    @inline(__always) static func isNumber(_ box: UInt64) -> Bool { box & 0x7FF0_0000_0000_0000 != 0x7FF0_0000_0000_0000 }
    @inline(__always) static func isTruth(_ box: UInt64) -> Bool { box & ~1 == truths }
    @inline(__always) static func isText(_ box: UInt64) -> Bool { box >> 32 == texts >> 32 }
    @inline(__always) static func textNumber(_ box: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: box) }
    @inline(__always) static func number(of box: UInt64) -> Double { Double(bitPattern: box) }
}
