import HTTPTypes

/// Which web pages may call (WHATWG Fetch, section 3.2: CORS).
struct CrossOrigin: Sendable {
    private let origins: Set<String>
    private let any: Bool

    init(_ origins: [String]) { (self.origins, any) = (Set(origins), origins.contains("*")) }

    /// Headers of an answer to a page of `origin`; none where it may not read the answer.
    func headers(_ origin: String?) -> HTTPFields {
        if any { return origin == nil ? [:] : [.accessControlAllowOrigin: "*", .accessControlExposeHeaders: Self.exposed] }
        guard !origins.isEmpty else { return [:] }
        // What is cached for one origin is not for another.
        var headers: HTTPFields = [.vary: "Origin"]
        if let origin, origins.contains(origin) {
            headers[.accessControlAllowOrigin] = origin
            headers[.accessControlExposeHeaders] = Self.exposed
        }
        return headers
    }

    /// What a page may see of an answer's head beside what every page may.
    private static let exposed = "ETag, Retry-After"

    /// What a browser asks before it calls.
    ///
    /// - Throws: 403 for an origin that may not call.
    func preflight(_ origin: String, _ methods: String) throws(HTTPFailure) -> HTTPFields {
        guard any || origins.contains(origin) else {
            throw HTTPFailure(
                .forbidden, "origin", "Pages of this origin may not call.", remedy: "Add the origin to origins in the server's settings.")
        }
        var headers = headers(origin)
        headers[.accessControlAllowMethods] = methods
        headers[.accessControlAllowHeaders] =
            "Authorization, Content-Type, Content-Encoding, If-None-Match, Last-Event-ID, X-API-Key"
        headers[.accessControlMaxAge] = "3600"
        return headers
    }
}
