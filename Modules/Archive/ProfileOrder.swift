import EventModel
import Foundation
import Storage

/// The profiles of a snapshot in the order of an archive: by canonical id (Unicode scalars), a user id before an equal anonymous id.
struct ProfileOrder: Sendable {
    /// Place of each profile in the order, `absent` for one that is not exported; shape `[profileCount]`.
    let rank: ContiguousArray<UInt32>
    /// The exported profiles in order.
    let profiles: ContiguousArray<UInt32>
    /// Canonical id of each profile; shape `[profileCount]`.
    let names: [String]
    /// Ordinals of the identifiers of each profile.
    let identifiers: ProfileIdentifiers

    static let absent = UInt32.max

    /// - Parameter selected: Whether each profile is exported; nil: all are.
    init(_ snapshot: any StoreSnapshot, selected: ContiguousArray<Bool>?) throws {
        let count = snapshot.profileCount
        precondition(selected.map { $0.count == count } ?? true, "a selection says yes or no of every profile of its snapshot")
        names = try snapshot.canonicalIDs()
        identifiers = ProfileIdentifiers(snapshot.profileOfIdentifier, profiles: count)

        // The texts side by side with their first eight bytes as a number: most comparisons end there.
        var bytes = ContiguousArray<UInt8>()
        var entries = ContiguousArray<Entry>()
        entries.reserveCapacity(count)
        for profile in 0..<count where selected?[profile] ?? true {
            let from = bytes.count
            bytes.append(contentsOf: names[profile].utf8)
            var prefix: UInt64 = 0
            for index in 0..<8 { prefix = prefix << 8 | (from + index < bytes.count ? UInt64(bytes[from + index]) : 0) }
            entries.append(Entry(prefix: prefix, start: from, count: Int32(bytes.count - from), profile: UInt32(profile)))
        }
        var ties = Ties()
        bytes.withUnsafeBufferPointer { bytes in
            entries.sort { a, b in
                if a.prefix != b.prefix { return a.prefix < b.prefix }
                let order = Entry.compare(bytes, a, b)
                if order == 0 && a.profile != b.profile { ties.found = true }
                return order < 0
            }
        }
        if ties.found { try ProfileOrder.breakTies(&entries, bytes, snapshot, identifiers) }
        var rank = ContiguousArray(repeating: ProfileOrder.absent, count: count)
        for (place, entry) in entries.enumerated() { rank[Int(entry.profile)] = UInt32(place) }
        (self.rank, profiles) = (rank, ContiguousArray(entries.map(\.profile)))
    }

    private struct Ties { var found = false }

    private struct Entry {
        var prefix: UInt64
        var start: Int
        var count: Int32
        var profile: UInt32

        static func compare(_ bytes: UnsafeBufferPointer<UInt8>, _ a: Entry, _ b: Entry) -> Int {
            let common = Int(min(a.count, b.count))
            if common > 0, let base = bytes.baseAddress {
                let order = memcmp(base + a.start, base + b.start, common)
                if order != 0 { return Int(order) }
            }
            return Int(a.count - b.count)
        }
    }

    /// Equal canonical ids: one of them is a user id and one an anonymous id; the user comes first.
    private static func breakTies(
        _ entries: inout ContiguousArray<Entry>, _ bytes: ContiguousArray<UInt8>, _ snapshot: any StoreSnapshot,
        _ identifiers: ProfileIdentifiers
    ) throws {
        for index in 1..<max(1, entries.count) {
            let (a, b) = (entries[index - 1], entries[index])
            guard bytes.withUnsafeBufferPointer({ Entry.compare($0, a, b) }) == 0 else { continue }
            if try identifiers[Int(b.profile)].contains(where: { try snapshot.identifier(Int($0)).kind == .user }) {
                entries.swapAt(index - 1, index)
            }
        }
    }
}
