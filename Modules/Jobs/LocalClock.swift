import EventModel
import Foundation

/// The clocks of one zone of the IANA database. This file alone asks Foundation about zones, and only for their distance from UTC.
struct LocalClock: Sendable, Hashable {
    /// A moment when the clocks are set.
    struct Change {
        /// Milliseconds since the epoch: the first with the new distance.
        var at: Int64
        /// Milliseconds ahead of UTC before and from then on.
        var before, after: Int64
    }

    /// The name as written.
    let name: String
    /// nil: UTC.
    private let zone: TimeZone?

    /// The zone of that name.
    init(_ name: String) throws(ScheduleError) {
        self.name = name
        if name.sameScalars(as: "UTC") {
            zone = nil
            return
        }
        // Foundation also takes abbreviations and distances, which are no names of the database.
        guard name.utf8.contains(UInt8(ascii: "/")) || TimeZone.knownTimeZoneIdentifiers.contains(where: { $0.sameScalars(as: name) }),
            let zone = TimeZone(identifier: name), zone.identifier.sameScalars(as: name)
        else {
            let near = nearMatch(to: name, among: TimeZone.knownTimeZoneIdentifiers + ["UTC"]).map { " Did you mean '\($0)'?" } ?? ""
            throw ScheduleError(
                "'\(name)' is no time zone", remedy: "Write UTC or a name of the IANA database, such as Europe/Berlin.\(near)")
        }
        self.zone = zone
    }

    static func == (a: LocalClock, b: LocalClock) -> Bool { a.name.sameScalars(as: b.name) }
    func hash(into hasher: inout Hasher) { for byte in name.utf8 { hasher.combine(byte) } }

    /// Milliseconds that the clocks are ahead of UTC at an instant (milliseconds since the epoch).
    func offset(at instant: Int64) -> Int64 {
        guard let zone else { return 0 }
        let (seconds, rest) = instant.quotientAndRemainder(dividingBy: 1_000)
        let whole = Date(timeIntervalSince1970: Double(rest < 0 ? seconds - 1 : seconds))
        return Int64(zone.secondsFromGMT(for: whole)) * 1_000
    }

    /// The first change after `start` and not after `end`. Asks once for each day between; no zone changes back within one.
    func firstChange(after start: Int64, through end: Int64) -> Change? {
        guard zone != nil, start < end else { return nil }
        let before = offset(at: start)
        var known = start
        while known < end {
            let next = min(known + Instant.millisecondsPerDay, end)
            if offset(at: next) != before {
                var (low, high) = (known, next)
                while low + 1 < high {
                    let middle = low + (high - low) / 2
                    if offset(at: middle) == before { low = middle } else { high = middle }
                }
                return Change(at: high, before: before, after: offset(at: high))
            }
            known = next
        }
        return nil
    }
}
