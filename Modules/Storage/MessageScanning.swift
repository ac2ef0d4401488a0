/// Reads whole messages in bulk, for export and for folds that need what no column holds.
///
/// `StoreSnapshot.messages` makes a value for every name and number of a message; this writes their text straight from the columns.
public protocol MessageScanning: StoreSnapshot {
    /// Hands over every row of a block, in the block's order.
    ///
    /// - Parameter block: A block of this snapshot.
    /// - Parameter body: Called once for each row with its place in the block (from 0), the ordinal of the identifier it came with, its event
    ///   time in milliseconds, its messageId as UTF-8, and the message as JSON on one line: `JSONValue`'s own writing (key order of
    ///   arrival, no spaces, shortest numbers), `messageId` included, no newline. Both buffers hold only during the call. What it throws ends
    ///   the scan and comes out here. May be called from several threads at once, for different blocks or the same.
    func eachMessage(
        _ block: BlockSummary,
        _ body: (
            _ row: Int, _ ordinal: UInt32, _ time: Int64, _ messageID: UnsafeBufferPointer<UInt8>, _ json: UnsafeBufferPointer<UInt8>
        ) throws -> Void
    ) throws
}
