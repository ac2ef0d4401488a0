/// A resume position. Only the source that wrote it reads it; the platform just keeps it.
public struct Checkpoint: Sendable, Hashable {
    /// Of the position's form: it outlives the code that wrote it.
    public var version: UInt16
    /// Any text; at most `longestPosition` bytes.
    public var position: String

    /// Bytes of a position, at most.
    public static let longestPosition = 1 << 20

    /// Joins the parts.
    public init(version: UInt16, position: String) { (self.version, self.position) = (version, position) }
}
