import EventModel
import Storage

/// The traits of profiles at a statement's now: of each top-level name what the latest identify by (timestamp, messageId) says; null removes,
/// and so does an identify that held only until an instant which has come (`context.expiresAt`).
final class ProfileTraits {
    private let run: ViewRun
    /// What identifies said, profile after profile, each one's in order, and where each profile's begin.
    private var all: (offsets: ContiguousArray<UInt32>, said: [Saying])?
    private var lookups = 0
    /// After so many single profiles, all are read at once.
    private static let mostLookups = 8

    /// What one identify said.
    private struct Saying {
        var profile: UInt32
        var time: Int64
        var id: String
        /// The traits as JSON.
        var traits: ContiguousArray<UInt8>
        var hasExpired: Bool
    }

    init(_ run: ViewRun) { self.run = run }

    /// - Parameter isOneOfMany: Others will be asked for too.
    func traits(of profile: UInt32, isOneOfMany: Bool) throws -> JSONObject {
        lookups += 1
        if all == nil, !isOneOfMany, lookups <= Self.mostLookups {
            let ordinals = run.people.ordinals(of: profile)
            return try Self.merged(
                try said(
                    by: { ordinals.contains($0) },
                    blocks: { block in
                        ordinals.contains { $0 >= block.minOrdinal && $0 <= block.maxOrdinal }
                    })[...])
        }
        let (offsets, said) = try everyone()
        return try Self.merged(said[Int(offsets[Int(profile)])..<Int(offsets[Int(profile) + 1])])
    }

    private func everyone() throws -> (offsets: ContiguousArray<UInt32>, said: [Saying]) {
        if let all { return all }
        let said = try said(by: { _ in true }, blocks: { _ in true })
        var offsets = ContiguousArray<UInt32>(repeating: 0, count: run.views.snapshot.profileCount + 1)
        for one in said { offsets[Int(one.profile) + 1] += 1 }
        for profile in 1..<max(1, offsets.count) { offsets[profile] += offsets[profile - 1] }
        all = (offsets, said)
        return (offsets, said)
    }

    /// What identifies of those ordinals said until now, in order of profile, time and messageId.
    private func said(by isWanted: (UInt32) -> Bool, blocks: (BlockSummary) -> Bool) throws -> [Saying] {
        let (snapshot, now) = (run.views.snapshot, run.views.now.milliseconds)
        var said: [Saying] = []
        for block in snapshot.blocks where block.kind == .identify && block.minTime <= now && blocks(block) {
            try run.check()
            let read = try snapshot.read(block, paths: [])
            let rows = (0..<block.rows).filter { read.times[$0] <= now && isWanted(read.ordinals[$0]) }
            for start in stride(from: 0, to: rows.count, by: 8_192) {
                try run.check()
                let part = rows[start..<min(rows.count, start + 8_192)]
                for (row, message) in zip(part, try snapshot.messages(block, rows: Array(part))) {
                    let traits = message.traits
                    if traits.members.isEmpty { continue }
                    var bytes = ContiguousArray<UInt8>()
                    traits.append(to: &bytes)
                    said.append(
                        Saying(
                            profile: run.people.profileOfIdentifier[Int(read.ordinals[row])], time: read.times[row], id: message.messageID,
                            traits: bytes, hasExpired: Self.expiry(message).map { $0 <= now } ?? false))
                }
            }
        }
        return said.sorted { a, b in
            if a.profile != b.profile { return a.profile < b.profile }
            return a.time != b.time ? a.time < b.time : a.id.precedesByScalars(b.id)
        }
    }

    /// When what the message says ends: an RFC 3339 text, or whole milliseconds since 1970.
    private static func expiry(_ message: Message) -> Int64? {
        let value = message.context["expiresAt"]
        return value?.asString.flatMap { Instant(text: $0)?.milliseconds } ?? value?.asDouble.flatMap { Int64(exactly: $0) }
    }

    private static func merged(_ said: ArraySlice<Saying>) throws -> JSONObject {
        var traits = JSONObject()
        for one in said {
            guard case .object(let object) = try one.traits.withUnsafeBufferPointer({ try JSONValue(parsing: $0) }) else { continue }
            for member in object.members { traits.set(member.name, one.hasExpired ? .null : member.value) }
        }
        return JSONObject(traits.members.filter { $0.value != .null })
    }
}
