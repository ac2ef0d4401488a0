import EventModel
import Rules
import Storage
import Synchronization

/// Memberships that were asked before, kept only where the user wants it (`--cache`, `set cache on`).
///
/// An answer counts for one version of the store, one instant and one checked expression, so it never outlives what it was taken from.
public final class AnswerCache: Sendable {
    /// Bytes of memberships that are kept; past it, those asked for longest ago go.
    private let limit: Int
    private let kept = Mutex(Kept())

    private struct Key: Hashable {
        var version: UInt64
        var now: Instant
        var rule: Rule
    }
    private struct Entry {
        var membership: Membership
        var lastUse: UInt64
    }
    private struct Kept {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }

    /// An empty cache of at most `limit` bytes of memberships; a membership takes a bit for each profile.
    public init(limit: Int = 256 << 20) { self.limit = limit }

    /// The answer kept for a rule; nil where there is none.
    func membership(of rule: Rule, version: UInt64, now: Instant) -> Membership? {
        kept.withLock { kept in
            let key = Key(version: version, now: now, rule: rule)
            kept.uses += 1
            kept.entries[key]?.lastUse = kept.uses
            return kept.entries[key]?.membership
        }
    }

    /// Keeps an answer; answers of other versions of the store are let go.
    func keep(_ membership: Membership, of rule: Rule, version: UInt64, now: Instant) {
        kept.withLock { kept in
            for key in kept.entries.keys where key.version != version { Self.remove(key, from: &kept) }
            let key = Key(version: version, now: now, rule: rule)
            Self.remove(key, from: &kept)
            kept.uses += 1
            kept.entries[key] = Entry(membership: membership, lastUse: kept.uses)
            kept.bytes += Self.bytes(membership)
            while kept.bytes > limit, let oldest = kept.entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
                Self.remove(oldest, from: &kept)
            }
        }
    }

    private static func remove(_ key: Key, from kept: inout Kept) {
        if let entry = kept.entries.removeValue(forKey: key) { kept.bytes -= bytes(entry.membership) }
    }

    private static func bytes(_ membership: Membership) -> Int { membership.words.count * MemoryLayout<UInt64>.size }
}
