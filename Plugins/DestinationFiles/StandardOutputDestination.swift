import Connectors
import Synchronization

/// Delivers to standard output: a line for each record, `{"kind","key","profile","record"}`.
///
/// A batch is delivered when all its lines are written; who reads them is on his own then. What comes again is known by its key for as long as
/// this is there.
final class StandardOutputDestination: Destination {
    private let output: StandardOutput
    private let keys = Mutex(RememberedKeys())

    init(output: StandardOutput) { self.output = output }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let (text, new) = keys.withLock { $0.newLines(of: batch) }
        let (lines, failure) = await output.write(text)
        keys.withLock { keys in for key in new.prefix(lines) { keys.insert(key) } }
        if let failure { throw failure }
        return DeliveryReceipt()
    }

    /// Writes nothing.
    func probe() async throws(ConnectorError) -> String { "Standard output." }
}
