import EventModel
import HTTPTypes
import Service

extension Route {
    /// Changes of who is who, for admin keys.
    static func people(_ service: any WorkerService) -> [Route] {
        [
            Route(
                method: .post, path: "/v1/profiles/{reference}/unmerge", access: .admin, id: "unmerge",
                summary: "Parts an identifier from another, or from everybody, for good.",
                parameters: [
                    Parameter(
                        name: "reference", place: .path, help: "The identifier: user_id:U or anonymous_id:A.", isRequired: true,
                        schema: #"{"type":"string","pattern":"^[^:]+:.","examples":["anonymous_id:a-1"]}"#)
                ], body: "Unmerge", needsBody: false, answer: .json("PeopleChange"), refusals: [400, 404, 408, 409, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in
                    let body = try object(exchange)
                    let from = try text("from", of: body)
                    return try await change(
                        service,
                        .unmerge(
                            exchange.path["reference"] ?? "", from: from, by: exchange.key ?? "", reason: text("reason", of: body) ?? ""))
                }),
            Route(
                method: .post, path: "/v1/unmerges/{number}/rejoin", access: .admin, id: "rejoin", summary: "Takes an unmerge back.",
                parameters: [
                    Parameter(
                        name: "number", place: .path, help: "The unmerge's number.", isRequired: true,
                        schema: #"{"type":"string","pattern":"^[1-9][0-9]{0,17}$"}"#)
                ], body: "Rejoin", needsBody: false, answer: .json("PeopleChange"), refusals: [400, 404, 408, 409, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in
                    let body = try object(exchange)
                    guard let number = Int(exchange.path["number"] ?? ""), number > 0 else {
                        throw HTTPFailure(
                            .badRequest, "invalid", "The address has no number of an unmerge.",
                            remedy: "GET /v1/profiles/{reference}/merges lists them.")
                    }
                    return try await change(
                        service, .rejoin(number, by: exchange.key ?? "", reason: text("reason", of: body) ?? ""))
                }),
        ]
    }

    private static func change(_ service: any WorkerService, _ change: ServiceChange) async throws(HTTPFailure) -> Answer {
        do throws(ServiceError) { return .json(try await service.change(change)) } catch { throw HTTPFailure(error) }
    }

    /// The body's object; an empty body says nothing.
    private static func object(_ exchange: Exchange) throws(HTTPFailure) -> JSONObject {
        let bytes = exchange.body.map { $0.bytes[..<$0.count] } ?? []
        if bytes.isEmpty { return JSONObject() }
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch { throw HTTPFailure(error) }
        guard let object = value.asObject else {
            throw HTTPFailure(
                .badRequest, "invalid", "The body is no object.", remedy: #"Send {"from":"user_id:U","reason":"why"}, or nothing."#)
        }
        return object
    }

    private static func text(_ name: String, of body: JSONObject) throws(HTTPFailure) -> String? {
        guard let value = body[name], value != .null else { return nil }
        guard let text = value.asString else {
            throw HTTPFailure(.badRequest, "invalid", "\(name) is not a text.", remedy: "Send a text, or leave \(name) out.")
        }
        return text
    }
}
