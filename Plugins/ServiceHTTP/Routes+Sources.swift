import EventModel
import HTTPTypes
import Service

extension Route {
    /// What sources say of themselves, for those who may write.
    static func sources(_ service: any WorkerService) -> [Route] {
        [
            Route(
                method: .post, path: "/v1/sources/{source}/sent", access: .write, id: "keepSentCount",
                summary: "Keeps how many messages a source says it sent, to be held against what is stored.",
                parameters: [
                    Parameter(
                        name: "source", place: .path, help: "As messages name it: context.source, else the library that sent them.",
                        isRequired: true, schema: #"{"type":"string","minLength":1,"maxLength":200,"examples":["crm"]}"#)
                ], body: "SentCount", answer: .json("KeptCount"), refusals: [400, 408, 409, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in
                    let count = try sentCount(exchange)
                    do throws(ServiceError) { try await service.keep(count) } catch { throw HTTPFailure(error) }
                    return .json(
                        JSONObject([
                            .init("source", .string(count.source)), .init("from", .string(count.from.text)),
                            .init("to", .string(count.to.text)), .init("messages", .integer(Int64(count.messages))),
                        ]))
                })
        ]
    }

    private static func sentCount(_ exchange: Exchange) throws(HTTPFailure) -> SentCount {
        let body = try exchange.json().asObject ?? JSONObject()
        func instant(_ name: String) throws(HTTPFailure) -> Instant {
            guard let instant = body[name]?.asString.flatMap({ Instant(text: $0) }) else {
                throw HTTPFailure(.badRequest, "invalid", "\(name) is not an instant.", remedy: "Send one such as 2026-06-01T00:00:00Z.")
            }
            return instant
        }
        let source = exchange.path["source"] ?? ""
        guard (1...200).contains(source.unicodeScalars.count) else {
            throw HTTPFailure(.badRequest, "invalid", "The source has no name, or a long one.", remedy: "Send 1 to 200 characters.")
        }
        let (from, to) = (try instant("from"), try instant("to"))
        guard from < to else {
            throw HTTPFailure(.conflict, "conflict", "from is not before to.", remedy: "Send the first instant, and the first after it.")
        }
        guard let messages = body["messages"]?.asDouble, (0...9_007_199_254_740_992).contains(messages), messages == messages.rounded()
        else {
            throw HTTPFailure(.badRequest, "invalid", "messages is not a whole number.", remedy: "Send how many there were, 0 or more.")
        }
        return SentCount(source: source, from: from, to: to, messages: Int(messages))
    }
}
