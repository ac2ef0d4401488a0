public import EventModel

/// The header `Retry-After` (RFC 9110, section 10.2.3).
public enum RetryAfter {
    /// A wait that was asked for is not taken to be longer.
    static let longest = Duration.seconds(86_400)

    /// Reads seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
    public static func wait(_ text: String, now: Instant) -> Duration? {
        if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) {
            return Int64(text).map { min(.seconds($0), longest) } ?? longest
        }
        return Instant(httpDate: text).map { min(max(.zero, .milliseconds($0.milliseconds - now.milliseconds)), longest) }
    }
}

extension Instant {
    /// Reads a date of HTTP in the one form that is still written (IMF-fixdate, RFC 9110, section 5.6.7).
    public init?(httpDate text: String) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].count == 2,
            let month = months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        self.init(text: "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }
}
