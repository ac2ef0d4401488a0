import CKafka
import Connectors
import EventModel

/// Reads topics, on its own or as one of a group.
struct KafkaSource: Source {
    let plan: KafkaReadingPlan

    func batches(after checkpoint: Checkpoint?) -> ConsumedBatches<KafkaConsumer> {
        ConsumedBatches("kafka") { [plan] () throws(ConnectorError) in try KafkaConsumer(plan, after: checkpoint) }
    }

    func probe() async throws(ConnectorError) -> String {
        try await BlockingQueue("kafka").run { [plan] _ throws(ConnectorError) in
            try plan.connection.probe(plan.topics, missing: .retry(after: nil))
        }
    }
}
