/// The header of a gzip member (RFC 1952).
enum GzipHeader {
    enum Found: Equatable {
        /// A header of so many bytes.
        case complete(Int)
        /// It goes on past the bytes given.
        case partial
        /// Not a header, and why.
        case invalid(String)
    }

    /// Longest header that is believed: the fields for extras, name and comment could otherwise go on for ever.
    static let longest = 256 << 10

    /// Finds the end of the header at the start of `bytes`.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Found {
        if bytes.count >= 1 && bytes[0] != 0x1F || bytes.count >= 2 && bytes[1] != 0x8B { return .invalid("no gzip member starts here") }
        guard bytes.count >= 10 else { return .partial }
        if bytes[2] != 8 { return .invalid("the compression method \(bytes[2]) is not deflate") }
        let flags = bytes[3]
        if flags & 0xE0 != 0 { return .invalid("the header has reserved flags set") }
        var end = 10
        if flags & 4 != 0 {
            guard bytes.count >= end + 2 else { return .partial }
            end += 2 + Int(bytes[end]) + Int(bytes[end + 1]) << 8
        }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {  // The name, then the comment: each ends with a zero.
            while end < bytes.count && bytes[end] != 0 { end += 1 }
            end += 1
        }
        if flags & 2 != 0 { end += 2 }
        if end <= bytes.count { return .complete(end) }
        return bytes.count > longest ? .invalid("the header goes on for more than \(longest) bytes") : .partial
    }
}
