import Connectors

/// Writes records to topics, keyed by their profile.
typealias KafkaDestination = PublishingDestination<KafkaPublisher>

extension KafkaDestination {
    convenience init(connection: KafkaConnection, topics: DeliveryPlaces, timeout: Duration) {
        self.init(
            "kafka", probing: { () throws(ConnectorError) in try connection.probe(topics.all, missing: .mendSettings) },
            open: { KafkaPublisher(connection, topics, timeout: timeout) })
    }
}

/// Sends records together, and those that a broker refuses once more, each alone. Confined to its queue.
final class KafkaPublisher: RecordPublisher {
    private let connection: KafkaConnection
    private let topics: DeliveryPlaces
    private let timeout: Duration
    private var producer: KafkaProducer?

    init(_ connection: KafkaConnection, _ topics: DeliveryPlaces, timeout: Duration) {
        (self.connection, self.topics, self.timeout) = (connection, topics, timeout)
    }

    func publish(_ batch: DeliveryBatch, _ lots: inout [RecordLot], _ cancellation: Cancellation) throws(ConnectorError) {
        // What a broker refuses together with others is sent once more, each alone: then the refusal is its own.
        for isAlone in [false, true] {
            let producer = try producer(isAlone: isAlone)
            let isThrough = try producer.send(batch, &lots, topics, timeout: timeout, cancellation)
            if isAlone || !isThrough { close() }
            if isThrough { return }
        }
    }

    /// Lets the client go, with what it still holds: the order of what follows is its own.
    func close() {
        producer?.close()
        producer = nil
    }

    private func producer(isAlone: Bool) throws(ConnectorError) -> KafkaProducer {
        if let producer { return producer }
        let made = try KafkaProducer(connection, isAlone: isAlone)
        producer = made
        return made
    }
}
