import Connectors

/// A destination in a shared library.
struct LibraryDestination: Destination {
    let connector: BlockingConnector

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        try await connector.call { calls, cancellation throws(ConnectorError) in try calls.deliver(batch, cancellation) }
    }

    func probe() async throws(ConnectorError) -> String {
        try await connector.call { calls, cancellation throws(ConnectorError) in try calls.probe(cancellation) }
    }

    func close() async { try? await connector.call { calls, _ throws(ConnectorError) in calls.close() } }
}
