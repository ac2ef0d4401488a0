import Connectors

/// A destination in a shared library.
struct LibraryDestination: Destination {
    let connector: BlockingConnector

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        var receipt = try await connector.call { calls, cancellation throws(ConnectorError) in try calls.deliver(batch, cancellation) }
        for index in receipt.refused.indices { receipt.refused[index].reason = connector.redaction(receipt.refused[index].reason) }
        return receipt
    }

    func probe() async throws(ConnectorError) -> String { try await connector.probe() }

    func close() async { try? await connector.call { calls, _ throws(ConnectorError) in calls.close() } }
}
