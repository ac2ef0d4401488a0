import Foundation

/// A time zone of the IANA database, for the calendar functions. This file alone asks Foundation about zones.
public struct Zone: Sendable, Hashable {
    /// The name as written: `Europe/Berlin`.
    public let name: Text
    /// nil is UTC.
    private let zone: TimeZone?

    /// Coordinated Universal Time.
    public static let utc = Zone()
    private init() { (name, zone) = ("UTC", nil) }

    /// The zone of that name; nil when the database has none.
    public init?(_ name: String) {
        if name == "UTC" {
            self = .utc
            return
        }
        guard Zone.names.contains(Text(name)), let zone = TimeZone(identifier: name) else { return nil }
        (self.name, self.zone) = (Text(name), zone)
    }

    /// Every name the database has.
    public static let names: Set<Text> = Set(TimeZone.knownTimeZoneIdentifiers.map { Text($0) } + ["UTC"])

    public static func == (a: Zone, b: Zone) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Milliseconds that the zone's clocks are ahead of UTC at an instant (milliseconds since the epoch).
    public func offset(at instant: Int64) -> Int64 {
        guard let zone else { return 0 }
        let seconds = Double(instant.floorDivided(by: 1000))
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * 1000
    }
}

extension Int64 {
    /// Division that rounds down, whatever the sign; the divisor is positive.
    func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
