import EventModel
import HTTPTypes

extension Route {
    /// Segment's HTTP tracking API.
    static func collecting(_ collector: Collector) -> [Route] {
        Message.Kind.allCases.map { kind in
            Route(
                method: .post, path: "/v1/\(kind.word)", access: .collect, id: kind.word, summary: "Sends one \(kind.word) message.",
                body: "Message", answer: .json("Success"), refusals: [400, 408, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in try await collector.collect(exchange, .single(kind)) })
        }
            + ["batch", "import"].map { word in
                Route(
                    method: .post, path: "/v1/\(word)", access: .collect, id: word,
                    summary: "Sends messages together. Bad ones do not fail the rest: they are kept in quarantine.", body: "Batch",
                    answer: .json("Success"), refusals: [400, 408, 413, 415, 503],
                    handle: { exchange async throws(HTTPFailure) in try await collector.collect(exchange, .batch) })
            }
    }
}
