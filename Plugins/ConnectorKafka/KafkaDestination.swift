import CKafka
import Connectors

/// Writes records to topics, keyed by their profile.
final class KafkaDestination: Destination {
    /// What only the queue touches.
    private final class Client: @unchecked Sendable {
        var producer: KafkaProducer?
        /// Records of a batch that failed as a whole, whose lot is known all the same, by kind and key; with why where they are refused.
        var settled: [String: KafkaProducer.Lot] = [:]
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
            var lots = known(batch)
            defer { client.settled = [:] }
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
                remember(lots, batch)
                throw error
            }
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

    private func known(_ batch: DeliveryBatch) -> [KafkaProducer.Lot] {
        if client.settled.isEmpty { return [KafkaProducer.Lot](repeating: .unknown, count: batch.count) }
        return batch.records.indices.map { client.settled[Self.name(batch, $0)] ?? .unknown }
    }

    private func remember(_ lots: [KafkaProducer.Lot], _ batch: DeliveryBatch) {
        for (place, lot) in lots.enumerated() {
            if case .unknown = lot { continue }
            client.settled[Self.name(batch, place)] = lot
        }
    }

    private static func name(_ batch: DeliveryBatch, _ place: Int) -> String {
        batch.records[place].kind.rawValue + "/" + batch.key(place)
    }
}
