import EventModel
import HTTPTypes

/// Writes the OpenAPI 3.1 document of a list of routes: the same list that serves.
struct OpenAPI: Sendable {
    let limits: HTTPLimits

    func document(of routes: [Route]) -> JSONObject {
        var paths = JSONObject()
        for route in routes {
            var path = paths[route.path]?.asObject ?? JSONObject()
            path.set(route.method.rawValue.lowercased(), .object(operation(route)))
            paths.set(route.path, .object(path))
        }
        return object([
            ("openapi", .string("3.1.0")),
            ("info", .object(object([("title", .string("Tessera worker")), ("version", .string("1"))]))),
            ("paths", .object(paths)),
            (
                "components",
                .object(object([("schemas", schemas), ("responses", responses), ("securitySchemes", json(Self.securitySchemes))]))
            ),
        ])
    }

    private func operation(_ route: Route) -> JSONObject {
        var operation = object([("operationId", .string(route.id)), ("summary", .string(route.summary))])
        if !route.parameters.isEmpty { operation.set("parameters", .array(route.parameters.map(parameter))) }
        if let body = route.body {
            let content = json(##"{"application/json":{"schema":{"$ref":"#/components/schemas/\##(body)"}}}"##)
            operation.set("requestBody", .object(object([("required", .bool(route.needsBody)), ("content", content)])))
        }
        var answers = object([("200", .object(answer(route.answer)))])
        var refusals = Set(route.refusals)
        if !route.access.roles.isEmpty { refusals.formUnion([401, 403, 429]) }
        if case .tagged = route.answer { answers.set("304", json(#"{"description":"The answer is the one that If-None-Match names."}"#)) }
        for status in refusals.sorted() {
            let answer =
                switch route.failures {
                case .error: json(##"{"$ref":"#/components/responses/\##(status)"}"##)
                case .evaluation: response(status, schema: "EvaluationFailure")
                }
            answers.set("\(status)", answer)
        }
        operation.set("responses", .object(answers))
        operation.set("security", json(route.access.security))
        return operation
    }

    private func parameter(_ parameter: Route.Parameter) -> JSONValue {
        .object(
            object([
                ("name", .string(parameter.name)), ("in", .string(parameter.place.rawValue)), ("required", .bool(parameter.isRequired)),
                ("description", .string(parameter.help)), ("schema", json(parameter.schema)),
            ]))
    }

    private func answer(_ kind: Route.AnswerKind) -> JSONObject {
        let (type, schema) =
            switch kind {
            case .json(let name), .tagged(let name): ("application/json", json(##"{"$ref":"#/components/schemas/\##(name)"}"##))
            case .metrics, .text: ("text/plain", json(#"{"type":"string"}"#))
            case .events: ("text/event-stream", json(#"{"type":"string"}"#))
            }
        let content = object([(type, .object(object([("schema", schema)])))])
        var answer = object([("description", .string("Done."))])
        if case .tagged = kind {
            answer.set("headers", json(#"{"ETag":{"description":"Made of the answer.","schema":{"type":"string"}}}"#))
        }
        answer.set("content", .object(content))
        return answer
    }

    private static let statuses: [(Int, String)] = [
        (400, "The request is not understood; the error says where."), (401, "No key, or one that is not known."),
        (403, "The key does not open this."), (404, "Nobody and nothing has that name."),
        (409, "What there is does not allow it; the error says why."), (408, "The request came too slowly."),
        (413, "A limit was passed."), (415, "The body's encoding is not known."),
        (429, "Too much at once; Retry-After says when to try again."),
        (503, "Not now; Retry-After says when to try again."),
    ]

    private var responses: JSONValue {
        .object(object(Self.statuses.map { ("\($0.0)", response($0.0, schema: "Error")) }))
    }

    private func response(_ status: Int, schema: String) -> JSONValue {
        var response = object([
            ("description", .string(Self.statuses.first { $0.0 == status }?.1 ?? "")),
            ("content", json(##"{"application/json":{"schema":{"$ref":"#/components/schemas/\##(schema)"}}}"##)),
        ])
        if status == 429 || status == 503 {
            response.set("headers", json(#"{"Retry-After":{"description":"Seconds.","schema":{"type":"integer","minimum":1}}}"#))
        }
        return .object(response)
    }

    private var schemas: JSONValue {
        guard case .object(var schemas) = json(Self.schemaTexts) else { return .null }
        guard case .object(var batch)? = schemas["Batch"], case .object(var members)? = batch["properties"] else { return .null }
        members.set("batch", json(#"{"type":"array","description":"At most \#(limits.batchMessages) messages."}"#))
        batch.set("properties", .object(members))
        schemas.set("Batch", .object(batch))
        return .object(schemas)
    }

    private func object(_ members: [(String, JSONValue)]) -> JSONObject { JSONObject(members.map { .init($0.0, $0.1) }) }

    /// Parses a text of this file.
    private func json(_ text: String) -> JSONValue {
        guard let value = try? JSONValue(parsing: text) else { preconditionFailure("a schema is not JSON: \(text)") }
        return value
    }
}

extension Route.Access {
    /// What opens it, each of the schemes by itself.
    fileprivate var security: String {
        switch self {
        case .open: "[]"
        case .collect, .write, .read, .admin: #"[{"key":[]},{"token":[]}]"#
        case .evaluate: #"[{"key":[]},{"token":[]},{"header":[]}]"#
        }
    }
}
