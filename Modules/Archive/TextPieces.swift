import Connectors

/// Text that is read in pieces, and may gain more.
protocol TextPieces: AnyObject {
    /// How sentences call where it comes from.
    var path: String { get }
    /// Whether it can gain text while it is read.
    var isPlain: Bool { get }
    /// A sentence: what to do where a format cannot read it.
    var remedy: String { get }
    /// Appends up to so many bytes; fewer only at the present end.
    func read(_ count: Int, into buffer: inout ContiguousArray<UInt8>) throws(ConnectorError)
}
