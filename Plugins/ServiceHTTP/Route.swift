import EventModel
import HTTPTypes
import Service

/// One thing that can be asked for: how, by whom, what it answers, and who answers. Serving and `/openapi.json` both come from these.
struct Route: Sendable {
    /// Which keys open it.
    enum Access: Sendable {
        /// Anybody.
        case open
        /// Write and admin keys.
        case collect
        /// Read and admin keys.
        case read
        /// Admin keys.
        case administer

        var roles: [AccessKey.Role] {
            switch self {
            case .open: []
            case .collect: [.write, .admin]
            case .read: [.read, .admin]
            case .administer: [.admin]
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
        /// Prometheus's text.
        case metrics
        /// Server-sent events.
        case events
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
    var answer: AnswerKind
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
}

/// What a route answers.
enum Answer {
    case json(JSONObject)
    case text(String, type: String)
    /// `{"success":true}`, as Segment answers.
    case success
    case changes(ChangePlace)
    /// The document of every route.
    case document
}
