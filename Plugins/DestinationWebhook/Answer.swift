import Connectors
import EventModel

/// What an answer means for the records of its request.
enum Answer: Sendable, Hashable {
    case arrived
    /// The receiver will never take them, and why.
    case refused(String)

    /// - Parameter status: Of the answer; nothing else of it but `retryAfter` is looked at, since it may repeat the record.
    /// - Parameter retryAfter: The header `Retry-After`.
    /// - Throws: Where trying again, or other settings, may help.
    init(status: Int, retryAfter: String?, from place: String, now: Instant) throws(ConnectorError) {
        let problem = "the receiver answered \(status)"
        switch status {
        case 200..<300: self = .arrived
        case 300..<400:
            throw ConnectorError(
                .mendSettings, at: place, "\(problem), which sends elsewhere", remedy: "Write the address it leads to: none is followed.")
        case 401, 403, 407:
            throw ConnectorError(.mendSettings, at: place, "\(problem): it does not let us in", remedy: "Look at secret and headers.")
        case 404, 405:
            throw ConnectorError(.mendSettings, at: place, "\(problem): nobody takes records there", remedy: "Look at url.")
        case 410:
            throw ConnectorError(
                .mendSettings, at: place, "\(problem): it wants no more",
                remedy: "Take the connector out, or ask the receiver for another address.")
        case 408, 425, 429, 500...:
            throw ConnectorError(
                .retry(after: retryAfter.flatMap { Self.wait($0, now: now) }), at: place, problem,
                remedy: "It is tried again; where that goes on, ask the receiver.")
        default: self = .refused("The receiver answered \(status).")
        }
    }

    /// A wait that was asked for is not taken to be longer.
    private static let longestWait = Duration.seconds(86_400)

    /// Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
    static func wait(_ text: String, now: Instant) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) {
            return Int64(text).map { min(.seconds($0), longestWait) } ?? longestWait
        }
        return Instant(httpDate: text).map { min(max(.zero, .milliseconds($0.milliseconds - now.milliseconds)), longestWait) }
    }
}

extension Instant {
    /// Reads a date of HTTP in the one form that is still written (IMF-fixdate, RFC 9110, section 5.6.7).
    init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].count == 2,
            let month = months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        self.init(text: "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }
}
