import EventModel
import Foundation

/// A time zone of the IANA database, for the calendar functions. This file alone asks Foundation about zones.
public struct Zone: Sendable, Hashable {
    /// The name as written: `Europe/Berlin`.
    public let name: Text
    private let table: ZoneTable

    /// Coordinated Universal Time.
    public static let utc = Zone(name: "UTC", table: ZoneTable(transitions: [], offsets: [0], zone: nil))

    private init(name: Text, table: ZoneTable) { (self.name, self.table) = (name, table) }

    /// The zone of that name; nil when the database has none.
    public init?(_ name: String) {
        if name.sameScalars(as: "UTC") {
            self = .utc
            return
        }
        // Foundation also takes abbreviations and offsets, which are no names of the database.
        guard name.utf8.allSatisfy({ $0 < 0x80 }), name.utf8.contains(UInt8(ascii: "/")) || Zone.names.contains(Text(name)),
            let zone = TimeZone(identifier: name), zone.identifier == name
        else { return nil }
        self.init(name: Text(name), table: ZoneTable(zone))
    }

    /// Names to choose from: those of places, and those without a slash. (The database has more, as links to these.)
    public static let names: Set<Text> = Set(
        TimeZone.knownTimeZoneIdentifiers.map { Text($0) } + [
            "UTC", "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0", "GMT-0", "GMT0",
            "Greenwich", "HST",
            "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT",
            "Navajo", "PRC",
            "PST8PDT", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "UCT", "Universal", "W-SU", "WET", "Zulu",
        ])

    public static func == (a: Zone, b: Zone) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Milliseconds that the zone's clocks are ahead of UTC at an instant (milliseconds since the epoch).
    public func offset(at instant: Int64) -> Int64 { table.offset(at: instant) }

    /// The first instant of the day, in this zone, that an instant falls on.
    ///
    /// Mostly local midnight; where clocks skip midnight, the instant they skip at; where midnight comes twice, the first.
    public func startOfDay(at instant: Int64) -> Int64 {
        let dayLength = Instant.millisecondsPerDay
        let midnight = (instant + offset(at: instant)).floorDivided(by: dayLength) * dayLength
        // Offsets lie within a day of UTC, so the start lies within a day of the same midnight in UTC.
        let changes = table.changes(from: midnight - dayLength - 1, to: midnight + dayLength)
        var first: Int64?
        for candidate in ([offset(at: midnight - dayLength - 1)] + changes.map { offset(at: $0) }).map({ midnight - $0 }) + changes {
            let local = candidate + offset(at: candidate)
            guard local.floorDivided(by: dayLength) * dayLength == midnight, candidate < first ?? .max else { continue }
            first = candidate
        }
        return first ?? midnight - offset(at: instant)
    }

    /// The hour of the day on the zone's clocks, 0 to 23.
    public func hour(at instant: Int64) -> Int {
        let dayLength = Instant.millisecondsPerDay
        let local = instant + offset(at: instant)
        return Int((local - local.floorDivided(by: dayLength) * dayLength) / 3_600_000)
    }

    /// The day of the week in the zone, Monday 1 to Sunday 7.
    public func weekday(at instant: Int64) -> Int {
        let day = (instant + offset(at: instant)).floorDivided(by: Instant.millisecondsPerDay)  // Day 0 was a Thursday.
        return Int(day + 3 - (day + 3).floorDivided(by: 7) * 7) + 1
    }

    /// The first instant after another before which the zone's clocks show the same hour (`hour`) or the same day (the others): their next
    /// full hour or midnight, or, where it comes first, the next change of their offset.
    func nextBoundary(of part: CalendarPart, after instant: Int64) -> Int64 {
        let length = part == .hour ? 3_600_000 : Instant.millisecondsPerDay
        let local = instant + offset(at: instant)
        let end = instant + (local.floorDivided(by: length) + 1) * length - local
        return table.changes(from: instant, to: end).first ?? end
    }
}

/// When a zone's offset changes, read off Foundation once for the years that matter and asked of it beyond them.
private final class ZoneTable: Sendable {
    /// Milliseconds since the epoch, ascending.
    let transitions: ContiguousArray<Int64>
    /// `offsets[i]` holds before `transitions[i]`, the last one after all.
    let offsets: ContiguousArray<Int64>
    /// nil: the table is all there is.
    let zone: TimeZone?

    static let first: Int64 = -2_208_988_800_000  // 1900-01-01
    static let last: Int64 = 4_102_444_800_000  // 2100-01-01

    init(transitions: ContiguousArray<Int64>, offsets: ContiguousArray<Int64>, zone: TimeZone?) {
        (self.transitions, self.offsets, self.zone) = (transitions, offsets, zone)
    }

    convenience init(_ zone: TimeZone) {
        var transitions: ContiguousArray<Int64> = []
        var offsets: ContiguousArray<Int64> = [Self.ask(zone, at: Self.first)]
        var cursor = Date(timeIntervalSince1970: Double(Self.first) / 1000)
        while let next = zone.nextDaylightSavingTimeTransition(after: cursor), next > cursor {
            let instant = Int64((next.timeIntervalSince1970 * 1000).rounded())
            if instant >= Self.last { break }
            let offset = Self.ask(zone, at: instant)
            if offset != offsets[offsets.count - 1] {
                transitions.append(instant)
                offsets.append(offset)
            }
            cursor = next
        }
        self.init(transitions: transitions, offsets: offsets, zone: zone)
    }

    static func ask(_ zone: TimeZone, at instant: Int64) -> Int64 {
        let seconds = Double(instant.floorDivided(by: 1000))
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * 1000
    }

    func offset(at instant: Int64) -> Int64 {
        if let zone, instant < Self.first || instant >= Self.last { return Self.ask(zone, at: instant) }
        return offsets[after(instant)]
    }

    /// How many transitions lie at or before an instant.
    private func after(_ instant: Int64) -> Int {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The instants in a range at which the offset changes. Beyond the table's years there may be one, found by halving.
    func changes(from start: Int64, to end: Int64) -> [Int64] {
        if zone == nil || (start >= Self.first && end < Self.last) { return Array(transitions[after(start)..<after(end)]) }
        guard offset(at: start) != offset(at: end) else { return [] }
        var (low, high) = (start, end)
        while low + 1 < high {
            let middle = low + (high - low) / 2
            if offset(at: middle) == offset(at: start) { low = middle } else { high = middle }
        }
        return [high]
    }
}

extension Int64 {
    /// Division that rounds down, whatever the sign; the divisor is positive.
    func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
