import Connectors

/// Reads streams, on its own or as one of a group.
struct RedisSource: Source {
    let plan: StreamReadingPlan

    func batches(after checkpoint: Checkpoint?) -> ConsumedBatches<StreamConsumer> {
        ConsumedBatches("redis") { [plan] () throws(ConnectorError) in try StreamConsumer(plan, after: checkpoint) }
    }

    func probe() async throws(ConnectorError) -> String {
        try await BlockingQueue("redis").run { [plan] _ throws(ConnectorError) in
            let connection = try RedisConnection(plan.address)
            return try plan.streams.map { stream throws(ConnectorError) in try connection.described(stream) }.joined(separator: "; ") + "."
        }
    }
}

/// A stream as the server has it.
struct StreamState {
    var entries: Int
    /// The highest id that it ever gave.
    var last: StreamID
}

extension RedisConnection {
    /// What is in a stream; nil where there is none.
    func state(of stream: String) throws(ConnectorError) -> StreamState? {
        do throws(ConnectorError) {
            let reply = try call(RedisCommand("XINFO", "STREAM", stream))
            guard let count = reply.value["length"]?.integer, let last = reply.value["last-generated-id"]?.id
            else { throw address.strange }
            return StreamState(entries: count, last: last)
        } catch {
            if error.problem.contains("no such key") { return nil }
            throw error
        }
    }

    /// The same, in words.
    func described(_ stream: String) throws(ConnectorError) -> String {
        switch try state(of: stream)?.entries {
        case nil: "the stream `\(stream)` is not there yet"
        case 1?: "the stream `\(stream)` has 1 entry"
        case let count?: "the stream `\(stream)` has \(count) entries"
        }
    }
}
