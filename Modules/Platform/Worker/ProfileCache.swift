import EventModel
import Service
import Synchronization

/// Answers about people that were given before, for as long as they hold: bounded in bytes and in age, and never older than what was
/// acknowledged.
///
/// An answer is kept with the number of the change that its snapshot came after. Whoever changes a profile says so before the change is
/// acknowledged: the profile's place then has a later number, and what was kept of it before is found no more. Places are shared by
/// profiles whose ordinals are the same modulo their count; sharing loses an answer, and never keeps one.
final class ProfileCache: Sendable {
    /// Which question, about whom: identifiers are the same byte by byte, and not as texts are.
    struct Key: Hashable {
        var part: UInt8
        var limit = 0
        var reference: ContiguousArray<UInt8>
    }

    fileprivate struct Entry {
        var text: ContiguousArray<UInt8>
        var key: Key
        /// Least ordinal of the profile's identifiers.
        var profile: UInt32
        /// The last change that the answer has counted in.
        var change: UInt64
        /// The answer holds before this instant.
        var until: Instant
        /// When it is too old, by the steady clock.
        var expires: Int64
        /// Neighbours by use: towards the least lately used, and towards the last used one.
        var older = -1, newer = -1
    }
    fileprivate struct State {
        var entries: ContiguousArray<Entry?> = []
        var free: [Int] = []
        var places: [Key: Int] = [:]
        var oldest = -1, newest = -1
        var bytes = 0
        /// The number of the last change; of the last one of each place; and of the last one that may be of anybody.
        var change: UInt64 = 0
        var changed = ContiguousArray<UInt64>(repeating: 0, count: ProfileCache.changedPlaces)
        var allChanged: UInt64 = 0
        var hits = 0, misses = 0, evictions = 0
    }
    private let state = Mutex(State())
    private let limits: ProfileCacheLimits
    private static let changedPlaces = 1 << 16
    /// What an answer takes beside its text and its key: its entry, and its share of the tables.
    private static let overhead = 256

    init(_ limits: ProfileCacheLimits) { self.limits = limits }

    private var isOff: Bool { limits.bytes == 0 }

    // MARK: Changes

    /// Messages of these profiles (least ordinals) were stored. Before it returns, nothing was acknowledged.
    func change(_ profiles: some Sequence<UInt32>) {
        if isOff { return }
        state.withLock { state in
            state.change += 1
            for profile in profiles { state.changed[Int(profile) % Self.changedPlaces] = state.change }
        }
    }

    /// Anybody may be another than before.
    func changeAll() {
        if isOff { return }
        state.withLock { state in
            state.change += 1
            state.allChanged = state.change
        }
    }

    // MARK: Answers

    /// The last change: an answer counts it in when its snapshot is opened after this.
    var lastChange: UInt64 { state.withLock { $0.change } }

    /// The answer that holds `now`; nil where there is none.
    ///
    /// - Parameter steady: `WorkerClock.steady`.
    func find(_ key: Key, now: Instant, steady: Int64) -> JSONObject? {
        if isOff { return nil }
        let text = state.withLock { state -> ContiguousArray<UInt8>? in
            guard let place = state.places[key], let entry = state.entries[place] else {
                state.misses += 1
                return nil
            }
            let changed = max(state.allChanged, state.changed[Int(entry.profile) % Self.changedPlaces])
            guard changed <= entry.change, now < entry.until, steady < entry.expires else {
                state.remove(place)
                state.misses += 1
                return nil
            }
            state.unlink(place)
            state.append(place)
            state.hits += 1
            return entry.text
        }
        return text.flatMap { (try? JSONValue(parsing: $0))?.asObject }
    }

    /// Keeps an answer; the least lately used ones make room.
    ///
    /// - Parameter change: `lastChange`, from before the answer's snapshot was opened.
    /// - Parameter until: The first instant at which the answer may be another; nil: none.
    func keep(
        _ answer: JSONObject, to key: Key, about profile: UInt32, after change: UInt64, until: Instant?, steady: Int64
    ) {
        if isOff { return }
        var text = ContiguousArray<UInt8>()
        answer.append(to: &text)
        let entry = Entry(
            text: text, key: key, profile: profile, change: change, until: until ?? Instant(milliseconds: .max),
            expires: steady + limits.milliseconds)
        let size = Self.size(entry)
        guard size <= limits.bytes else { return }
        state.withLock { state in
            if let place = state.places[key] { state.remove(place) }
            while state.bytes + size > limits.bytes {
                state.remove(state.oldest)
                state.evictions += 1
            }
            let place = state.free.popLast() ?? state.entries.count
            if place == state.entries.count { state.entries.append(entry) } else { state.entries[place] = entry }
            state.places[key] = place
            state.bytes += size
            state.append(place)
        }
    }

    fileprivate static func size(_ entry: Entry) -> Int { entry.text.count + 2 * entry.key.reference.count + overhead }

    var figures: [ServiceFigure] {
        let (hits, misses, evictions, bytes) = state.withLock { ($0.hits, $0.misses, $0.evictions, $0.bytes) }
        return [
            ServiceFigure(
                "tessera_profile_cache_hits_total", .counter, help: "Questions about people that were answered from the cache.",
                value: Double(hits)),
            ServiceFigure(
                "tessera_profile_cache_misses_total", .counter, help: "Questions about people that had to be answered anew.",
                value: Double(misses)),
            ServiceFigure(
                "tessera_profile_cache_evictions_total", .counter, help: "Answers that made room for others.", value: Double(evictions)),
            ServiceFigure("tessera_profile_cache_bytes", .gauge, help: "Bytes of answers that are kept.", value: Double(bytes)),
        ]
    }
}

extension ProfileCache.State {
    /// Takes an entry out of the order of use.
    fileprivate mutating func unlink(_ place: Int) {
        guard let entry = entries[place] else { return }
        if entry.older >= 0 { entries[entry.older]?.newer = entry.newer } else { oldest = entry.newer }
        if entry.newer >= 0 { entries[entry.newer]?.older = entry.older } else { newest = entry.older }
    }

    /// Puts an entry at the end of the order of use.
    fileprivate mutating func append(_ place: Int) {
        entries[place]?.older = newest
        entries[place]?.newer = -1
        if newest >= 0 { entries[newest]?.newer = place } else { oldest = place }
        newest = place
    }

    fileprivate mutating func remove(_ place: Int) {
        guard let entry = entries[place] else { return }
        unlink(place)
        places[entry.key] = nil
        entries[place] = nil
        free.append(place)
        bytes -= ProfileCache.size(entry)
    }
}

/// Bounds of the answers about people that are kept.
public struct ProfileCacheLimits: Sendable, Equatable {
    /// Bytes of all answers together; 0: none are kept.
    public var bytes = 32 << 20
    /// Milliseconds that an answer is kept at most.
    public var milliseconds: Int64 = 60_000

    /// The bounds that the documentation gives.
    public init() {}

    /// Reads the section `cache` of a settings file: `bytes` and `seconds`.
    ///
    /// - Throws: Everything that is wrong with it.
    init(settings: JSONValue) throws(SettingsErrors) {
        var errors: [SettingsError] = []
        func number(_ value: JSONValue, _ name: String, _ range: ClosedRange<Int64>) -> Int64 {
            if case .integer(let number) = value, range.contains(number) { return number }
            errors.append(
                SettingsError(
                    at: [name], "this is not a whole number from \(range.lowerBound) to \(range.upperBound)", remedy: "Write one."))
            return 0
        }
        for member in settings.asObject?.members ?? [] {
            switch member.name {
            case "bytes": bytes = Int(number(member.value, "bytes", 0...(1 << 40)))
            case "seconds": milliseconds = 1_000 * number(member.value, "seconds", 1...86_400)
            default:
                errors.append(
                    SettingsError(at: [member.name], "there is no setting `\(member.name)`", remedy: "Known: bytes, seconds."))
            }
        }
        if settings.asObject == nil, settings != .null {
            errors.append(SettingsError(at: [], "this is not a map", remedy: "Write bytes and seconds under it."))
        }
        guard errors.isEmpty else { throw SettingsErrors(errors) }
    }
}

extension ServiceQuestion {
    /// What its answer is kept under; nil where it may not be. One identifier is somebody's for as long as their profile is not changed; an
    /// address, and an id of no kind, may become somebody else's by a message of theirs.
    var cacheKey: ProfileCache.Key? {
        switch self {
        case .profile(let reference): Self.key(0, reference)
        case .traits(let reference): Self.key(1, reference)
        case .events(let reference, let limit): Self.key(2, reference, limit)
        case .links(let reference): Self.key(3, reference)
        case .consent(let reference): Self.key(4, reference)
        default: nil
        }
    }

    private static func key(_ part: UInt8, _ reference: String, _ limit: Int = 0) -> ProfileCache.Key? {
        guard reference.hasPrefix("user_id:") || reference.hasPrefix("anonymous_id:") else { return nil }
        return ProfileCache.Key(part: part, limit: limit, reference: ContiguousArray(reference.utf8))
    }
}
