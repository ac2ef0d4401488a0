import EventModel

/// A text whose equality, order and hash go by Unicode scalars, as everything in the segment language does.
///
/// Composed and decomposed accents are two texts here, which Swift's `String` takes for one.
public struct Text: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text as a Swift string.
    public let string: String

    /// Wraps a string; it is made contiguous, so that its UTF-8 can be read without a copy.
    public init(_ string: String) {
        var string = string
        string.makeContiguousUTF8()
        self.string = string
    }

    public init(stringLiteral: String) { self.init(stringLiteral) }

    /// The text itself.
    public var description: String { string }

    public static func == (a: Text, b: Text) -> Bool { a.string.sameScalars(as: b.string) }
    public static func < (a: Text, b: Text) -> Bool { a.string.precedesByScalars(b.string) }
    public func hash(into hasher: inout Hasher) {
        var string = string  // Contiguous since init, so this copies nothing.
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
