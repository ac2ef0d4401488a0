/// Why a worker could not do it: for programs a code, for people a sentence and what to do.
public struct ServiceError: Error, Sendable, Hashable {
    /// What kind of trouble it is; interfaces choose their status by it.
    public enum Code: String, Sendable {
        /// Too much waits; try again after `retryAfter`.
        case overloaded
        /// The disk is full or failed; try again later.
        case disk
        /// The worker is shutting down.
        case draining
        /// Somebody asked what would take it to wait.
        case paused
        /// The worker is not ready to answer yet.
        case starting
        /// Nobody and nothing has that name.
        case notFound = "not_found"
        /// The question is not understood; `message` says why and where.
        case invalid
        /// The question is understood, and what there is does not allow it; `message` says why.
        case conflict
        /// A limit was passed.
        case limit
        /// Anything else.
        case failed
    }
    /// What kind of trouble it is.
    public var code: Code
    /// A sentence: what happened. Holds no personal data but what the caller asked with.
    public var message: String
    /// A sentence: what to do.
    public var remedy: String
    /// Seconds after which another try makes sense; nil where none does.
    public var retryAfter: Int?
    /// Where in the caller's text, from 1; nil where no text is at fault.
    public var line, column: Int?

    /// Joins the parts.
    public init(_ code: Code, _ message: String, remedy: String, retryAfter: Int? = nil, line: Int? = nil, column: Int? = nil) {
        (self.code, self.message, self.remedy, self.retryAfter) = (code, message, remedy, retryAfter)
        (self.line, self.column) = (line, column)
    }
}
