import Connectors
import EventModel
import WebClient

/// The other side: who is asked about a key, and what its answers mean.
struct LookupService: Sendable {
    /// What is known of a key.
    enum Answer: Sendable, Hashable {
        case known(JSONObject)
        /// Nobody of that key is known there.
        case unknown
        /// No answer to this key can be used, and why.
        case refused(String)
    }
    let address: LookupAddress
    let headers: WebHeaders
    /// For a request and its answer.
    let timeout: Duration
    let now: @Sendable () -> Instant

    /// Bytes of an answer, at most.
    private static let mostBytes = 1 << 20

    /// Asks about a key.
    ///
    /// - Throws: Where trying again, or other settings, may help.
    func answer(_ key: String) async throws(ConnectorError) -> Answer {
        let request = WebRequest("GET", address.url(key), headers: [("accept", "application/json")] + headers.fields)
        let answer = try await WebClient.send(request, to: address.shown, timeout: timeout, keeping: Self.mostBytes)
        let problem = "the service answered \(answer.status)"
        switch answer.status {
        case 204, 404, 410: return .unknown
        case 200..<300:
            if answer.isCut { return .refused("The service answered with more than \(Self.mostBytes) bytes.") }
            guard let object = (try? JSONValue(parsing: answer.body))?.asObject else {
                return .refused("The service answered with something else than a JSON object.")
            }
            return .known(object)
        case 300..<400:
            throw ConnectorError(
                .mendSettings, at: address.shown, "\(problem), which sends elsewhere",
                remedy: "Write the address it leads to: none is followed.")
        case 401, 403, 407:
            throw ConnectorError(.mendSettings, at: address.shown, "\(problem): it does not let us in", remedy: "Look at headers.")
        case 405:
            throw ConnectorError(.mendSettings, at: address.shown, "\(problem): it cannot be asked so", remedy: "Look at url.")
        case 408, 425, 429, 500...:
            let wait = answer.header("retry-after").flatMap { RetryAfter.wait($0, now: now()) }
            throw ConnectorError(
                .retry(after: wait), at: address.shown, problem, remedy: "It is tried again; where that goes on, ask whoever runs it.")
        default: return .refused("The service answered \(answer.status).")
        }
    }

    /// Asks what can be done there, which changes nothing (RFC 9110, section 9.3.7).
    func probe() async throws(ConnectorError) -> Int {
        try await WebClient.send(
            WebRequest("OPTIONS", address.url("probe"), headers: headers.fields), to: address.shown, timeout: timeout
        ).status
    }
}
