import Connectors
import EventModel
import HTTPTypes
import Service

extension Route {
    /// Requests that others send, each for a connector that knows its sender by a signature: no key opens these.
    static func webhooks(_ service: any WorkerService) -> [Route] {
        let parameters = [
            Parameter(
                name: "connector", place: .path, help: "The connector's name in the settings file.", isRequired: true,
                schema: #"{"type":"string","pattern":"^[A-Za-z0-9_-]{1,64}$","examples":["shop"]}"#)
        ]
        return [
            Route(
                method: .post, path: "/v1/webhooks/{connector}", access: .open, id: "receiveWebhook",
                summary: "Takes a signed request for a connector. What it brought is on disk when it is answered.",
                parameters: parameters, body: "Webhook", answer: .json("Success"), refusals: [400, 401, 404, 408, 413, 415, 429, 503],
                handle: { exchange async throws(HTTPFailure) in try await received(exchange, isSent: true, service) }),
            Route(
                method: .get, path: "/v1/webhooks/{connector}", access: .open, id: "verifyWebhook",
                summary: "Gives back the challenge of whoever sets up a webhook (hub.challenge) and names the connector's token.",
                parameters: parameters
                    + ["hub.mode", "hub.verify_token", "hub.challenge"].map {
                        Parameter(name: $0, place: .query, help: "As WebSub has it.")
                    },
                answer: .text, refusals: [400, 401, 404, 429, 503],
                handle: { exchange async throws(HTTPFailure) in try await received(exchange, isSent: false, service) }),
        ]
    }

    private static func received(_ exchange: Exchange, isSent: Bool, _ service: any WorkerService) async throws(HTTPFailure) -> Answer {
        var headers: [String: String] = [:]
        for field in exchange.headers {
            let name = field.name.canonicalName
            headers[name] = headers[name].map { $0 + ", " + field.value } ?? field.value
        }
        let request = ReceivedRequest(
            isSent: isSent, headers: headers, query: exchange.query, body: exchange.body.map { Array($0.bytes[..<$0.count]) } ?? [],
            receivedAt: exchange.now)
        let answer: RequestAnswer
        do throws(ServiceError) { answer = try await service.receive(request, for: exchange.path["connector"] ?? "") } catch {
            throw HTTPFailure(error)
        }
        switch answer {
        case .taken: return .success
        case .text(let text): return .text(text, type: "text/plain; charset=utf-8")
        case .stranger(let reason):
            throw HTTPFailure(
                .unauthorized, "unauthorized", reason, remedy: "Sign with the secret of the connector, at the time of the request.")
        case .nothing:
            throw HTTPFailure(.notFound, "not_found", "There is nothing to be asked for here.", remedy: "Send with POST.")
        case .busy:
            throw HTTPFailure(
                .tooManyRequests, "overloaded", "Too many requests wait already.", remedy: "Send it again after 1 s.", retryAfter: 1)
        case .unavailable:
            throw HTTPFailure(
                .serviceUnavailable, "not_now", "It cannot be kept now.", remedy: "Send it again after 5 s; nothing is doubled.",
                retryAfter: 5)
        }
    }
}
