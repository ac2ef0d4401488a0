import Connectors
import EventModel

/// A connector of a library, wherever it runs. Calls block; one is made at a time.
protocol ConnectorCalls: AnyObject, Sendable {
    /// Looks at the other side once.
    func probe(_ cancellation: Cancellation) throws(ConnectorError) -> String
    /// Gives what lies behind a position.
    ///
    /// - Parameter most: Records after which the batch is full; nil: the usual.
    func read(after position: Checkpoint?, most: Int?, _ cancellation: Cancellation) throws(ConnectorError) -> ReadResult
    /// Delivers records.
    func deliver(_ batch: DeliveryBatch, _ cancellation: Cancellation) throws(ConnectorError) -> DeliveryReceipt
    /// Lets go of the connector.
    func close()
}
