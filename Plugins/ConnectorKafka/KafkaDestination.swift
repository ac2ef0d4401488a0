import CKafka
import Connectors

/// Writes records to topics, keyed by their profile.
final class KafkaDestination: Destination {
    /// What only the queue touches.
    private final class Client: @unchecked Sendable {
        var producer: KafkaProducer?
        var settled = SettledRecords(unknown: KafkaProducer.Lot.unknown)
    }
    private let connection: KafkaConnection
    private let topics: DeliveryPlaces
    private let timeout: Duration
    private let queue = BlockingQueue("kafka")
    private let client = Client()

    init(connection: KafkaConnection, topics: DeliveryPlaces, timeout: Duration) {
        (self.connection, self.topics, self.timeout) = (connection, topics, timeout)
    }

    deinit { queue.runLater { [client] in client.producer?.close() } }

    func probe() async throws(ConnectorError) -> String {
        try await queue.run { [connection, topics] _ throws(ConnectorError) in
            try connection.probe(topics.all, missing: .mendSettings)
        }
    }

    func close() async {
        try? await queue.run { [client] _ throws(ConnectorError) in
            client.producer?.close()
            client.producer = nil
        }
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        return try await queue.run { [self] cancellation throws(ConnectorError) in
            var lots = client.settled.lots(of: batch)
            do throws(ConnectorError) {
                // What a broker refuses together with others is sent once more, each alone: then the refusal is its own.
                for isAlone in [false, true] {
                    let producer = try producer(isAlone: isAlone)
                    let isThrough = try producer.send(batch, &lots, topics, timeout: timeout, cancellation)
                    if isAlone || !isThrough { giveUp() }
                    if isThrough { break }
                }
            } catch {
                giveUp()
                client.settled.keep(lots, of: batch)
                throw error
            }
            client.settled.forget()
            return DeliveryReceipt(
                refused: lots.enumerated().compactMap { place, lot in
                    if case .refused(let reason) = lot { .init(record: place, reason: reason) } else { nil }
                })
        }
    }

    private func producer(isAlone: Bool) throws(ConnectorError) -> KafkaProducer {
        if let producer = client.producer { return producer }
        let made = try KafkaProducer(connection, isAlone: isAlone)
        client.producer = made
        return made
    }

    /// Lets the client go, with what it still holds: the order of what follows is its own.
    private func giveUp() {
        client.producer?.close()
        client.producer = nil
    }
}
