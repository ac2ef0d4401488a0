private let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
private let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

extension Instant {
    /// As the header `Date` of HTTP wants it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7). For the years 0000 to 9999.
    public var httpDate: String { headerDate + " GMT" }

    /// As the header `Date` of a mail wants it: `Sun, 06 Nov 1994 08:49:37 +0000` (RFC 5322, section 3.3). For the years 1900 to 9999.
    public var mailDate: String { headerDate + " +0000" }

    private var headerDate: String {
        let days = (milliseconds - Int64(utcMillisecondOfDay)) / 86_400_000
        let weekday = Int(((days + 4) % 7 + 7) % 7)  // 1970-01-01 was a Thursday
        let written = text  // 1994-11-06T08:49:37.000Z
        func part(_ start: Int, _ count: Int) -> Substring { written.dropFirst(start).prefix(count) }
        return "\(weekdays[weekday]), \(part(8, 2)) \(months[utcDate.month - 1]) \(part(0, 4)) \(part(11, 8))"
    }
}
