/// The id of a stream's entry: milliseconds and a number, by which entries are in order.
struct StreamID: Hashable, Comparable {
    var milliseconds: UInt64
    var number: UInt64

    /// Before all entries.
    static let zero = StreamID(milliseconds: 0, number: 0)

    /// As the server writes it.
    var text: String { "\(milliseconds)-\(number)" }

    static func < (one: StreamID, other: StreamID) -> Bool {
        (one.milliseconds, one.number) < (other.milliseconds, other.number)
    }
}

extension StreamID {
    /// Reads what `text` writes; nil where it is something else.
    init?(_ text: some Collection<UInt8>) {
        guard let dash = text.firstIndex(of: UInt8(ascii: "-")), let milliseconds = Self.digits(text[..<dash]),
            let number = Self.digits(text[text.index(after: dash)...])
        else { return nil }
        self.init(milliseconds: milliseconds, number: number)
    }

    private static func digits(_ text: some Collection<UInt8>) -> UInt64? {
        if text.isEmpty { return nil }
        var value = UInt64(0)
        for byte in text {
            guard (48...57).contains(byte) else { return nil }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = tens.addingReportingOverflow(UInt64(byte - 48))
            if isTooLarge || isLarger { return nil }
            value = sum
        }
        return value
    }
}
