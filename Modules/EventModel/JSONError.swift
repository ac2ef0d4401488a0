/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// From 1; lines end with a line feed.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int
    /// Bytes before the place, from 0.
    public var offset: Int
    /// One sentence: what is wrong there and what belongs there.
    public var reason: String

    /// Takes a place that is already known, with the sentence about it.
    public init(line: Int, column: Int, offset: Int, reason: String) {
        (self.line, self.column, self.offset, self.reason) = (line, column, offset, reason)
    }

    /// Works out line and column of the byte at `offset` of `bytes`.
    init(in bytes: UnsafeBufferPointer<UInt8>, at offset: Int, reason: String) {
        var (line, column) = (1, 1)
        for byte in bytes[..<min(offset, bytes.count)] {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {  // every scalar has one byte that does not continue another
                column += 1
            }
        }
        self.init(line: line, column: column, offset: offset, reason: reason)
    }

    /// `line 3, column 14 (byte 52): reason`.
    public var description: String { "line \(line), column \(column) (byte \(offset)): \(reason)" }
}
