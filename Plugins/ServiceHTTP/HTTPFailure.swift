import EventModel
import HTTPTypes
import Service

/// Why a request was refused: the one shape in which every error of this interface is told.
struct HTTPFailure: Error, Hashable {
    var status: HTTPResponse.Status
    /// For programs: one word in lower case.
    var code: String
    /// A sentence: what happened. Never shows a key.
    var message: String
    /// A sentence: what to do.
    var remedy: String
    /// Where in the body, from 1; nil where no text is at fault.
    var line, column: Int?
    /// Seconds; answered as `Retry-After`.
    var retryAfter: Int?
    /// Further headers of the answer.
    var headers = HTTPFields()

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, remedy: String, retryAfter: Int? = nil) {
        (self.status, self.code, self.message, self.remedy, self.retryAfter) = (status, code, message, remedy, retryAfter)
    }

    /// A body that is not JSON.
    init(_ error: JSONError) {
        self.init(
            .badRequest, "not_json", "The body is not JSON: \(error.description)",
            remedy: "Send one JSON text in UTF-8; the place given is where the first byte stands that cannot be.")
        (line, column) = (error.line, error.column)
    }

    /// What the worker answered instead of doing it.
    init(_ error: ServiceError) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .overloaded: .tooManyRequests
            case .disk, .draining, .paused, .starting: .serviceUnavailable
            case .notFound: .notFound
            case .invalid: .badRequest
            case .conflict: .conflict
            case .limit: .contentTooLarge
            case .failed: .internalServerError
            }
        let waits = status == .tooManyRequests || status == .serviceUnavailable
        self.init(status, error.code.rawValue, error.message, remedy: error.remedy, retryAfter: error.retryAfter ?? (waits ? 1 : nil))
        (line, column) = (error.line, error.column)
    }

    /// `{"error":{"code","message","remedy","line"?,"column"?}}`
    var body: JSONObject {
        var error = JSONObject([
            .init("code", .string(code)), .init("message", .string(message)), .init("remedy", .string(remedy)),
        ])
        if let line { error.set("line", .integer(Int64(line))) }
        if let column { error.set("column", .integer(Int64(column))) }
        return JSONObject([.init("error", .object(error))])
    }
}
