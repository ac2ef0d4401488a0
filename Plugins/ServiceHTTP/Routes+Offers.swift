import EventModel
import HTTPTypes
import Service

extension Route {
    /// OpenFeature's remote evaluation protocol (OFREP 0.3): an offer is a flag, and its key the flag's.
    static func evaluating(_ service: any WorkerService) -> [Route] {
        [
            Route(
                method: .post, path: "/ofrep/v1/evaluate/flags", access: .evaluate, id: "evaluateFlagsBulk",
                summary: "What every offer gives a person now (OFREP, bulk).",
                parameters: [
                    Parameter(
                        name: "If-None-Match", place: .header,
                        help: "The ETag of an earlier answer; where the answer would be the same, it is 304.")
                ],
                body: "EvaluationRequest", answer: .tagged("BulkEvaluation"), needsLive: true, failures: .evaluation,
                refusals: [400, 408, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in
                    let answer = try await ask(service, .offers(profile: profile(exchange)))
                    let offers = (answer["offers"]?.asArray ?? []).compactMap(\.asObject)
                    return .tagged(JSONObject([.init("flags", .array(offers.map { .object(flag($0)) }))]))
                }),
            Route(
                method: .post, path: "/ofrep/v1/evaluate/flags/{key}", access: .evaluate, id: "evaluateFlag",
                summary: "What an offer gives a person now (OFREP, single).",
                parameters: [
                    Parameter(
                        name: "key", place: .path, help: "The offer.", isRequired: true,
                        schema: #"{"type":"string","examples":["home-banner"]}"#)
                ],
                body: "EvaluationRequest", answer: .json("Evaluation"), needsLive: true, failures: .evaluation,
                refusals: [400, 404, 408, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in
                    let key = exchange.path["key"] ?? ""
                    let answer = try await ask(service, .offer(key: key, profile: profile(exchange)))
                    return .json(flag(JSONObject([.init("key", .string(key))] + answer.members)))
                }),
        ]
    }

    private static func ask(_ service: any WorkerService, _ question: ServiceQuestion) async throws(HTTPFailure) -> JSONObject {
        do throws(ServiceError) { return try await service.answer(question) } catch { throw HTTPFailure(error) }
    }

    /// Who is asked about: `{"context":{"targetingKey":...}}`. What else the context holds decides nothing, since rules read the profile.
    private static func profile(_ exchange: Exchange) throws(HTTPFailure) -> String {
        guard let body = try exchange.json().asObject, let context = body["context"]?.asObject else {
            throw HTTPFailure(
                .badRequest, "invalid_context", "The body has no context that is an object.",
                remedy: #"Send {"context": {"targetingKey": "user_id:1"}}."#)
        }
        guard let key = context["targetingKey"], key != .null, key != .string("") else {
            throw HTTPFailure(
                .badRequest, "targeting_key_missing", "The context has no targetingKey.",
                remedy: "Name the person: a user id, or user_id:U, anonymous_id:A or email:E.")
        }
        guard let profile = key.asString else {
            throw HTTPFailure(.badRequest, "invalid_context", "The targetingKey is not a text.", remedy: "Send a person's id as a text.")
        }
        return profile
    }

    /// `{"key","value","reason","variant","metadata"}` (evaluationSuccess), or of an offer that is refused `{"key","errorCode","errorDetails"}`.
    private static func flag(_ offer: JSONObject) -> JSONObject {
        let key = JSONObject.Member("key", offer["key"] ?? .null)
        if let problem = offer["problem"] {
            return JSONObject([key, .init("errorCode", .string("PARSE_ERROR")), .init("errorDetails", problem)])
        }
        var flag = JSONObject([key])
        for name in ["value", "reason", "variant"] { flag.set(name, offer[name] ?? .null) }
        var metadata = JSONObject()
        // OpenFeature knows the reason; the list of reasons that OFREP's document allows does not.
        if flag["reason"] == .string("DEFAULT") {
            flag.set("reason", .string("UNKNOWN"))
            metadata.set("fallback", .bool(true))
        }
        for name in ["title", "rule"] { if let text = offer[name] { metadata.set(name, text) } }
        flag.set("metadata", .object(metadata))
        return flag
    }
}

extension HTTPFailure {
    /// `{"key"?,"errorCode","errorDetails"}`: the shape of OFREP's failures.
    ///
    /// - Parameter key: The flag that was asked for; nil: all.
    func evaluation(of key: String?) -> JSONObject {
        let word =
            switch (status, code) {
            case (.badRequest, "targeting_key_missing"), (.badRequest, "invalid_context"): code.uppercased()
            // OpenFeature's word for a request or a flag's definition that cannot be read.
            case (.badRequest, _): "PARSE_ERROR"
            case (.notFound, _): "FLAG_NOT_FOUND"
            default: "GENERAL"
            }
        var failure = JSONObject()
        if let key { failure.set("key", .string(key)) }
        failure.set("errorCode", .string(word))
        failure.set("errorDetails", .string([message, remedy].filter { !$0.isEmpty }.joined(separator: " ")))
        return failure
    }
}
