import Connectors
import EventModel
import WebClient

/// The other side: requests to it, and what its answers mean.
struct Receiver: Sendable {
    let address: WebAddress
    let keys: [SigningKey]
    let headers: WebHeaders
    /// For a request and its answer.
    let timeout: Duration
    let now: @Sendable () -> Instant

    /// Posts a body, signed.
    ///
    /// - Throws: Where trying again, or other settings, may help.
    func post(_ body: [UInt8], id: String) async throws(ConnectorError) -> RecordLot {
        let now = now()
        let seconds = now.milliseconds / 1_000
        let signatures = keys.map { $0.signature(id: id, seconds: seconds, body: body) }.joined(separator: " ")
        let headers: [(name: String, value: String)] = [
            ("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", "\(seconds)"),
            ("webhook-signature", signatures),
        ]
        let answer = try await send("POST", headers, body)
        return try RecordLot(status: answer.status, retryAfter: answer.header("retry-after"), from: address.shown, now: now)
    }

    /// Asks what can be done there, which changes nothing (RFC 9110, section 9.3.7).
    ///
    /// - Returns: The status of the answer, whatever that is.
    func probe() async throws(ConnectorError) -> Int { try await send("OPTIONS", [], nil).status }

    private func send(
        _ method: String, _ own: [(name: String, value: String)], _ body: [UInt8]?
    ) async throws(ConnectorError) -> WebAnswer {
        try await WebClient.send(
            WebRequest(method, address.url, headers: headers.fields + own, body: body), to: address.shown, timeout: timeout)
    }
}
