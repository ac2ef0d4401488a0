import EventModel
import Foundation
import Rules

/// Reads times of cells: the language's grammar, with a zone for those that name none.
struct RowClock: Sendable {
    /// Where times without a zone are local.
    enum Place: Sendable {
        /// Milliseconds east of UTC.
        case offset(Int64)
        case zone(Zone)
    }
    var place = Place.offset(0)

    /// Reads `UTC`, an offset (`+02:00`, `-0530`) or an IANA zone; nil for anything else.
    init?(zone text: String) {
        if let first = text.utf8.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
            guard let shifted = Instant(text: "1970-01-02T00:00" + text) else { return nil }
            place = .offset(Instant.millisecondsPerDay - shifted.milliseconds)
        } else if let zone = Zone(text) {
            place = text.sameScalars(as: "UTC") ? .offset(0) : .zone(zone)
        } else {
            return nil
        }
    }

    init() {}

    /// Milliseconds since the epoch; nil where the bytes are not a time.
    ///
    /// A local time that a zone shows twice is the earlier of the two; one that it skips is read with the offset before the gap.
    @inline(__always)
    func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let instant = Instant.parse(bytes) else { return nil }
        switch place {
        case .offset(0): return instant.milliseconds
        case .offset(let offset): return Self.namesZone(bytes) ? instant.milliseconds : instant.milliseconds - offset
        case .zone(let zone): return Self.namesZone(bytes) ? instant.milliseconds : Self.instant(local: instant.milliseconds, in: zone)
        }
    }

    /// Whether a text that reads as a time ends with `Z` or an offset.
    private static func namesZone(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count > 16, let last = bytes.last else { return false }
        if last == UInt8(ascii: "Z") { return true }
        return bytes[16...].contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    }

    /// The instant at which clocks in `zone` show `local` (milliseconds, read as if in UTC).
    static func instant(local: Int64, in zone: Zone) -> Int64 {
        // Offsets change by less than a day, so those a day before and after are the only candidates.
        let before = zone.offset(at: local - Instant.millisecondsPerDay)
        let after = zone.offset(at: local + Instant.millisecondsPerDay)
        let early = local - before
        if before == after || zone.offset(at: early) == before { return early }
        let late = local - after
        return zone.offset(at: late) == after ? late : early
    }
}
