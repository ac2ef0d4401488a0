import EventModel
import HTTPTypes
import Service

/// One thing that can be asked for: how, by whom, what it answers, and who answers. Serving and `/openapi.json` both come from these.
struct Route: Sendable {
    /// Which keys open it.
    enum Access: Sendable {
        /// Anybody.
        case open
        /// Write and admin keys, which the body may name instead of the header.
        case collect
        /// Write and admin keys.
        case write
        /// Read and admin keys.
        case read
        /// Admin keys alone.
        case admin
        /// Evaluate, read and admin keys, in the header `X-API-Key` too.
        case evaluate

        var roles: [AccessKey.Role] {
            switch self {
            case .open: []
            case .collect, .write: [.write, .admin]
            case .read: [.read, .admin]
            case .admin: [.admin]
            case .evaluate: [.evaluate, .read, .admin]
            }
        }
    }

    /// A value beside the body.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case path, query, header }
        var name: String
        var place: Place
        /// One sentence.
        var help: String
        var isRequired = false
        /// A schema of JSON Schema 2020-12, as JSON.
        var schema = #"{"type":"string"}"#
    }

    /// The body of the answer 200.
    enum AnswerKind: Sendable {
        /// A JSON object; the name of its schema.
        case json(String)
        /// The same with an `ETag`; 304 where the request names it.
        case tagged(String)
        /// A text.
        case text
        /// Prometheus's text.
        case metrics
        /// Server-sent events.
        case events
    }

    /// The shape in which failures are told.
    enum FailureShape: Sendable {
        /// `{"error":{...}}`
        case error
        /// OFREP's.
        case evaluation
    }

    var method: HTTPRequest.Method
    /// `/v1/profiles/{reference}`: names in braces stand for one segment each.
    var path: String
    var access: Access
    /// For programs that make clients of the document.
    var id: String
    /// One sentence.
    var summary: String
    var parameters: [Parameter] = []
    /// Name of the body's schema; nil: no body is read.
    var body: String?
    /// Whether there has to be one; it may be left out where it only tells more.
    var needsBody = true
    var answer: AnswerKind
    /// Whether it is about memberships that follow every message, which a worker may leave to others.
    var needsLive = false
    var failures = FailureShape.error
    /// Further answers that may come, beside those that every route of its access has.
    var refusals: [Int] = []
    var handle: @Sendable (Exchange) async throws(HTTPFailure) -> Answer
}

/// One request, read and let in.
struct Exchange {
    /// Segments that stand for names in the route's path, decoded.
    var path: [String: String]
    var query: [String: String]
    var headers: HTTPFields
    var body: BodyReader.Body?
    /// Name of the key; nil where the body may still name one.
    var key: String?
    var now: Instant

    /// The body, which has to be JSON.
    func json() throws(HTTPFailure) -> JSONValue {
        do throws(JSONError) { return try JSONValue(parsing: body.map { $0.bytes[..<$0.count] } ?? []) } catch { throw HTTPFailure(error) }
    }
}

/// What a route answers.
enum Answer {
    case json(JSONObject)
    /// With an `ETag` made of its bytes.
    case tagged(JSONObject)
    case text(String, type: String)
    /// `{"success":true}`, as Segment answers.
    case success
    case changes(ChangePlace)
    /// The document of every route.
    case document
}
