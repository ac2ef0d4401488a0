import Connectors

/// Reads a stream, on its own or as one of those that share a consumer.
struct NATSSource: Source {
    let plan: JetStreamReadingPlan

    func batches(after checkpoint: Checkpoint?) -> ConsumedBatches<JetStreamConsumer> {
        ConsumedBatches("nats") { [plan] () throws(ConnectorError) in try JetStreamConsumer(plan, after: checkpoint) }
    }

    func probe() async throws(ConnectorError) -> String {
        try await BlockingQueue("nats").run { [plan] _ throws(ConnectorError) in
            let state = try NATSConnection(plan.address).state(of: plan.stream)
            return "the stream `\(plan.stream)` has \(state.counted)."
        }
    }
}
