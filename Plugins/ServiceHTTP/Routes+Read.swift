import EventModel
import HTTPTypes
import Service

extension Route {
    /// Most of anything that one answer lists.
    private static let longestList = 1_000

    private static func who(_ name: String, _ place: Parameter.Place) -> Parameter {
        Parameter(
            name: name, place: place, help: "Who: a namespace and an id, as in email:a@b.example or user_id:1.", isRequired: true,
            schema: #"{"type":"string","pattern":"^[^:]+:.","examples":["user_id:u-1"]}"#)
    }
    private static let reference = who("reference", .path)
    /// An event's id, the number of a record, or nothing.
    private static let eventID = #"{"type":"string","pattern":"^((0|[1-9][0-9]{0,17})([.][1-9][0-9]{0,8})?)?$"}"#

    private static func limit(_ usual: Int, _ what: String) -> Parameter {
        Parameter(
            name: "limit", place: .query, help: "How many \(what) at most; \(usual) where it is not given.",
            schema: #"{"type":"integer","minimum":1,"maximum":\#(longestList),"default":\#(usual)}"#)
    }

    /// Questions about people, segments and decisions.
    static func reading(_ service: any WorkerService) -> [Route] { profiles(service) + segments(service) + [decide(service), changes] }

    private static func profiles(_ service: any WorkerService) -> [Route] {
        func route(
            _ part: String, _ id: String, _ summary: String, _ schema: String, _ question: @escaping @Sendable (String) -> ServiceQuestion
        )
            -> Route
        {
            Route(
                method: .get, path: "/v1/profiles/{reference}\(part)", access: .read, id: id, summary: summary, parameters: [reference],
                answer: .json(schema), refusals: [400, 404, 503],
                handle: { exchange async throws(HTTPFailure) in try await answer(service, question(exchange.path["reference"] ?? "")) })
        }
        var events = route("/events", "profileEvents", "The latest messages, earliest first.", "Events") { .events($0, limit: 100) }
        events.parameters.append(limit(100, "messages"))
        events.handle = { exchange async throws(HTTPFailure) in
            try await answer(service, .events(exchange.path["reference"] ?? "", limit: exchange.limit(usual: 100)))
        }
        var memberships = route("/segments", "profileSegments", "Where the person is a member now.", "ProfileSegments") { .segments($0) }
        memberships.needsLive = true
        return [
            route("", "profile", "Identifiers, traits and segments of a person now.", "Profile") { .profile($0) },
            route("/traits", "profileTraits", "What is known about the person.", "Traits") { .traits($0) },
            events,
            memberships,
            route("/consent", "profileConsent", "What the person agreed to: each purpose that was ever decided on.", "Consent") {
                .consent($0)
            },
            route("/links", "profileLinks", "Every identifier of the person.", "Links") { .links($0) },
            route("/merges", "profileMerges", "What made the person's profile of several, or of one.", "Merges") { .merges($0) },
        ]
    }

    private static func segments(_ service: any WorkerService) -> [Route] {
        [
            Route(
                method: .get, path: "/v1/segments", access: .read, id: "segments", summary: "Every segment, with how many members it has.",
                answer: .json("Segments"), needsLive: true, refusals: [503],
                handle: { _ async throws(HTTPFailure) in try await answer(service, .segmentList) }),
            Route(
                method: .get, path: "/v1/segments/{name}/members", access: .read, id: "members",
                summary: "Members of a segment, page by page.",
                parameters: [
                    Parameter(
                        name: "name", place: .path, help: "The segment.", isRequired: true,
                        schema: #"{"type":"string","examples":["buyers"]}"#),
                    Parameter(name: "after", place: .query, help: "The member behind which the page begins: next of the page before."),
                    limit(100, "members"),
                ], answer: .json("Members"), needsLive: true, refusals: [400, 404, 503],
                handle: { exchange async throws(HTTPFailure) in
                    try await answer(
                        service,
                        .members(
                            segment: exchange.path["name"] ?? "", after: exchange.query["after"], limit: exchange.limit(usual: 100)))
                }),
            Route(
                method: .post, path: "/v1/segments/preview", access: .read, id: "preview", summary: "Who an expression would hold now.",
                body: "Preview", answer: .json("PreviewAnswer"), refusals: [400, 404, 408, 413, 415, 503],
                handle: { exchange async throws(HTTPFailure) in try await answer(service, preview(exchange)) }),
        ]
    }

    private static func decide(_ service: any WorkerService) -> Route {
        Route(
            method: .get, path: "/v1/decide", access: .read, id: "decide",
            summary: "Features, segments and offers of a person in one call.",
            parameters: [who("profile", .query)], answer: .json("Decision"), needsLive: true, refusals: [400, 404, 503],
            handle: { exchange async throws(HTTPFailure) in
                guard let profile = exchange.query["profile"], !profile.isEmpty else {
                    throw HTTPFailure(
                        .badRequest, "invalid", "The query has no profile.",
                        remedy: "Write /v1/decide?profile=user_id:1, or another identifier.")
                }
                return try await answer(service, .decide(profile))
            })
    }

    private static let changes = Route(
        method: .get, path: "/v1/changes", access: .read, id: "changes",
        summary: "Who enters and exits segments, as server-sent events without end.",
        parameters: [
            Parameter(
                name: "Last-Event-ID", place: .header, help: "The id of the last event that was seen; the stream goes on behind it.",
                schema: eventID),
            Parameter(name: "after", place: .query, help: "The same for clients that set no headers.", schema: eventID),
        ], answer: .events, needsLive: true, refusals: [400, 429, 503],
        handle: { exchange async throws(HTTPFailure) in
            // Where a stream of server-sent events goes on (WHATWG HTML, section 9.2); an empty header says nothing.
            let header = exchange.headers.first { $0.name.canonicalName == "last-event-id" }?.value ?? ""
            guard let seen = ChangePlace(header), let after = ChangePlace(exchange.query["after"] ?? "") else {
                throw HTTPFailure(
                    .badRequest, "invalid", "Last-Event-ID or after is not the id of an event.",
                    remedy: "Send the id of an event of this stream as it came, or leave it out.")
            }
            return .changes(header.isEmpty ? after : seen)
        })

    private static func answer(_ service: any WorkerService, _ question: ServiceQuestion) async throws(HTTPFailure) -> Answer {
        do throws(ServiceError) { return .json(try await service.answer(question)) } catch { throw HTTPFailure(error) }
    }

    /// `{"expression":...,"limit":...}`
    private static func preview(_ exchange: Exchange) throws(HTTPFailure) -> ServiceQuestion {
        guard let body = try exchange.json().asObject, let expression = body["expression"]?.asString else {
            throw HTTPFailure(
                .badRequest, "invalid", "The body has no expression that is a text.",
                remedy: "Send {\"expression\": \"...\", \"limit\": 10}.")
        }
        var limit = 10
        if let told = body["limit"] {
            // JSON has one kind of number: 10.0 is 10.
            guard let number = told.asDouble.flatMap(Int.init(exactly:)), (0...longestList).contains(number) else {
                throw badLimit(from: 0)
            }
            limit = number
        }
        return .preview(expression: expression, limit: limit)
    }

    fileprivate static func badLimit(from least: Int) -> HTTPFailure {
        HTTPFailure(
            .badRequest, "invalid", "limit is not a whole number from \(least) to \(longestList).",
            remedy: "Write one, or leave limit out.")
    }
}

extension Exchange {
    fileprivate func limit(usual: Int) throws(HTTPFailure) -> Int {
        guard let text = query["limit"] else { return usual }
        guard let limit = Int(text), (1...1_000).contains(limit) else { throw Route.badLimit(from: 1) }
        return limit
    }
}
