import EventModel
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import Service
import ServiceLifecycle
import Synchronization

/// Answers requests: finds the route, lets the caller in, reads the body, and writes what the route says.
struct Responder: Sendable {
    let table: RouteTable
    /// What other workers may serve and this one does not.
    let off: RouteTable
    let ring: KeyRing
    let bodies: BodyReader
    let figures: HTTPFigures
    let crossOrigin: CrossOrigin
    let service: any WorkerService
    let limits: HTTPLimits
    let now: @Sendable () -> Instant
    let logger: Logger

    /// What became of a request before anything was written.
    private enum Outcome {
        case answer(Answer)
        case failure(HTTPFailure)
        /// Headers say it all.
        case headers
    }

    /// - Throws: Only what the connection died of.
    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let start = ContinuousClock.now
        let instant = now()
        var route = -1
        var key: String?
        var headers = crossOrigin.headers(request.headers[.origin])
        headers[.date] = instant.httpDate
        var outcome = Outcome.headers
        do {
            if let found = try match(request, &headers) {
                route = found.index
                key = found.path["key"]
                var exchange = try admit(request, found, instant)
                if table.routes[route].body != nil {
                    try bodies.check(request)
                    if request.headers[.expect]?.lowercased() == "100-continue" {
                        try await writer.writeInformationalHead(HTTPResponse(status: .continue))
                    }
                    exchange.body = try await bodies.read(request, isKnown: exchange.key != nil)
                }
                outcome = .answer(try await table.routes[route].handle(exchange))
            }
        } catch let failure as HTTPFailure { outcome = .failure(failure) }
        if case .answer(.changes) = outcome, figures.streams.load(ordering: .relaxed) >= limits.streams {
            outcome = .failure(
                HTTPFailure(
                    .tooManyRequests, "too_many_streams", "\(limits.streams) streams of changes are open already.",
                    remedy: "Close one, or raise limits.streams in the server's settings.", retryAfter: 10))
        }
        let isHead = request.method == .head
        var status = HTTPResponse.Status.ok
        switch outcome {
        case .headers:
            status = .noContent
            try await writer.writeResponse(HTTPResponse(status: status, headerFields: headers))
        case .answer(.changes(let place)): try await stream(place, request, headers, writer, channel)
        case .answer(.tagged(let object)):
            let bytes = object.bytes
            let tag = EntityTag(of: bytes)
            headers[.eTag] = tag.text
            if tag.isNamed(in: request.headers[.ifNoneMatch]) {
                status = .notModified
                try await writer.writeResponse(HTTPResponse(status: status, headerFields: headers))
            } else {
                try await write(status, headers, "application/json", bytes, isHead, writer)
            }
        case .answer(let answer):
            let (type, bytes) = body(of: answer)
            try await write(status, headers, type, bytes, isHead, writer)
        case .failure(let failure):
            status = failure.status
            note(failure, route)
            for field in failure.headers { headers[field.name] = field.value }
            if let seconds = failure.retryAfter { headers[.retryAfter] = "\(seconds)" }
            let isEvaluation = route >= 0 && table.routes[route].failures == .evaluation
            let body = isEvaluation ? failure.evaluation(of: key) : failure.body
            try await write(status, headers, "application/json", body.bytes, isHead, writer)
        }
        figures.count(route: route, status: status, took: .now - start)
    }

    private func write(
        _ status: HTTPResponse.Status, _ common: HTTPFields, _ type: String, _ bytes: ByteBuffer, _ isHead: Bool,
        _ writer: consuming ResponseWriter
    ) async throws {
        var headers = common
        headers[.contentType] = type
        headers[.contentLength] = "\(bytes.readableBytes)"
        let head = HTTPResponse(status: status, headerFields: headers)
        try await writer.write(response: head, body: isHead ? ResponseBody() : ResponseBody(byteBuffer: bytes))
    }

    /// Media type and bytes.
    private func body(of answer: Answer) -> (type: String, bytes: ByteBuffer) {
        switch answer {
        case .success: ("application/json", Self.success)
        case .text(let text, let type): (type, ByteBuffer(string: text))
        case .json(let object), .tagged(let object): ("application/json", object.bytes)
        case .document: ("application/json", OpenAPI(limits: limits).document(of: table.routes).bytes)
        case .changes: (Self.eventStream, ByteBuffer())
        }
    }

    private static let success = ByteBuffer(string: #"{"success":true}"#)
    private static let eventStream = "text/event-stream"
    /// OFREP's clients send a key so, or as a Bearer's token.
    private static let apiKey = HTTPField.Name("X-API-Key") ?? .authorization

    /// Failures of the worker go to the log. Paths and queries name people; the route does not.
    private func note(_ failure: HTTPFailure, _ route: Int) {
        guard failure.status.kind == .serverError else { return }
        let path = route < 0 ? "" : table.routes[route].path
        logger.warning("A request failed.", metadata: ["route": "\(path)", "status": "\(failure.status.code)", "code": "\(failure.code)"])
    }

    /// The route of a request, with the names in its path; nil for what was answered by `headers` alone.
    private func match(_ request: Request, _ headers: inout HTTPFields) throws(HTTPFailure) -> (index: Int, path: [String: String])? {
        let path = Self.parts(request).path
        switch try table.match(request.method, path: path) {
        case .route(let index, let names): return (index, names)
        case .nothing:
            if case .nothing = try off.match(request.method, path: path) {
            } else {
                throw HTTPFailure(
                    .notFound, "not_found", "This worker does not do that: its role for it is switched off.",
                    remedy: "Ask one that has the role, or start this one with it (--roles, and http.roles of the settings).")
            }
            throw HTTPFailure(.notFound, "not_found", "There is nothing at this address.", remedy: "See /openapi.json for what there is.")
        case .methods(let methods):
            let list = (methods.contains(.get) ? methods + [.head] : methods).map(\.rawValue) + ["OPTIONS"]
            let allowed = list.joined(separator: ", ")
            if request.method == .options {
                if let origin = request.headers[.origin], request.headers[.accessControlRequestMethod] != nil {
                    headers = try crossOrigin.preflight(origin, allowed)
                }
                headers[.allow] = allowed
                return nil
            }
            var failure = HTTPFailure(
                .methodNotAllowed, "method", "\(request.method.rawValue) is not possible here.", remedy: "Use \(allowed).")
            failure.headers[.allow] = allowed
            throw failure
        }
    }

    /// Lets the caller in. A collecting request without a header may still name its key in the body.
    private func admit(_ request: Request, _ found: (index: Int, path: [String: String]), _ now: Instant) throws(HTTPFailure) -> Exchange {
        let route = table.routes[found.index]
        var key: String?
        switch route.access {
        case .open: break
        case .collect:
            if let header = request.headers[.authorization] {
                key = try ring.admit(KeyRing.secret(header), roles: route.access.roles, now: now)
            }
        case .write, .read, .admin:
            key = try ring.admit(request.headers[.authorization].flatMap(KeyRing.secret), roles: route.access.roles, now: now)
        case .evaluate:
            let secret = request.headers[.authorization].flatMap(KeyRing.secret) ?? request.headers[Self.apiKey]
            key = try ring.admit(secret, roles: route.access.roles, now: now)
        }
        let query = try queryValues(Self.parts(request).query)
        return Exchange(path: found.path, query: query, headers: request.headers, body: nil, key: key, now: now)
    }

    private static func parts(_ request: Request) -> (path: Substring, query: Substring) {
        let address = request.head.path ?? "/"
        let parts = address.prefix { $0 != "#" }.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }

    /// Streams changes until the worker drains, the server shuts down or the client goes.
    private func stream(
        _ place: ChangePlace, _ request: Request, _ common: HTTPFields, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        var headers = common
        headers[.contentType] = Self.eventStream
        headers[.cacheControl] = "no-store"
        let head = HTTPResponse(status: .ok, headerFields: headers)
        if request.method == .head { return try await writer.writeResponse(head) }
        figures.streams.add(1, ordering: .relaxed)
        defer { figures.streams.subtract(1, ordering: .relaxed) }
        // Whoever has seen the head misses nothing that happens from then on.
        let changes = ChangeStream(service.changes(after: place.after), place: place, heartbeat: .seconds(limits.heartbeatSeconds))
        let end = try await writer.writeHead(head)
        // A client that is gone, or a server that shuts down, cancels; the stream then ends as any other.
        try? await cancelWhenGracefulShutdown {
            try await request.body.consumeWithCancellationOnInboundClose { _ in try await changes.write(to: EventWriter(channel)) }
        }
        try await end.finish(nil)
    }
}

extension JSONObject {
    fileprivate var bytes: ByteBuffer {
        var bytes = ContiguousArray<UInt8>()
        append(to: &bytes)
        return ByteBuffer(bytes: bytes)
    }
}
