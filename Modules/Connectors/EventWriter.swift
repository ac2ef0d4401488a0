/// Writes stored messages down in the format of another system: a line for each message that has a place there.
public protocol EventWriter: Sendable {
    /// Appends the line of one message, without its end.
    ///
    /// - Parameter message: The JSON of a stored message, which has its `messageId` and keeps the rules of `Message`.
    /// - Parameter text: What the line is appended to; it stays as it was where nothing is written.
    /// - Returns: False where the format has no such thing: the message is left out.
    func append(_ message: UnsafeBufferPointer<UInt8>, to text: inout ContiguousArray<UInt8>) -> Bool
}
