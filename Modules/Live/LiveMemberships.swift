public import EventModel
public import Rules

/// Who is in which segment, kept up to date by every message and by the clock.
///
/// It gives what the reference evaluator gives for each profile's whole timeline at every instant, and says each change at the exact
/// millisecond at which the answer becomes another. Time comes in with every call and never goes back: a call with an earlier instant
/// counts as one at the latest. Messages are held trimmed to what segments read. Confined to one thread.
public struct LiveMemberships: ~Copyable {
    /// The segments, in the order of their indexes.
    public private(set) var segments: [LiveSegment]
    /// The latest instant that was asked about, in milliseconds.
    public private(set) var clock = Int64.min
    /// Profiles by the least ordinal of their identifiers.
    private var profiles: ContiguousArray<LiveProfile?> = []
    /// Messages on their way into the profiles' timelines.
    private var loaded: [UInt32: [Message]] = [:]
    /// How many profiles there are.
    public private(set) var profileCount = 0
    private var memberCounts: [Int]
    /// By segment: where somebody was recorded under other ordinals than the profile's own.
    private var recordedElsewhere: [[UInt32: [UInt32]]]
    private var timers = TimerHeap()
    private var transitions: [Transition] = []
    private let reads: TimelineReads
    /// Segments that ask for track messages of a name.
    private let segmentsByName: [String: [Int]]
    /// Stale timers that are tolerated before they are cleared away, as a multiple of those that stand.
    private static let mostStale = 4
    private var standingTimers = 0
    /// How often in a row the answer to a (profile, segment) was the same when its time had come, and its next time near.
    private var standstills: [UInt64: Int] = [:]
    /// Milliseconds that such an answer rests, once it was asked oftener than the events of its profile can explain: every event enters and
    /// leaves a few windows and no more. Only rules whose value jumps about with every millisecond come to that; without a rest, one of
    /// them could keep the worker from everything else.
    private static let rest: Int64 = 1_000

    /// Nobody is known yet.
    public init(_ segments: [LiveSegment]) {
        self.segments = segments
        memberCounts = Array(repeating: 0, count: segments.count)
        recordedElsewhere = Array(repeating: [:], count: segments.count)
        var reads = TimelineReads()
        var byName: [String: [Int]] = [:]
        for (index, segment) in segments.enumerated() {
            reads.formUnion(segment.reads)
            for name in segment.reads.eventNames { byName[name, default: []].append(index) }
        }
        (self.reads, segmentsByName) = (reads, byName)
    }

    // MARK: Filling

    /// Whether messages of a kind (and event name; nil: of several) can matter to any segment.
    public func needs(_ kind: Message.Kind, event: String?) -> Bool { reads.needs(kind, event: event) }

    /// Takes a stored message of a profile without asking anything, in any order; all of them before the first `begin`.
    public mutating func load(_ message: Message, of profile: UInt32) {
        admit(profile)
        if let trimmed = reads.trimmed(message) { loaded[profile, default: []].append(trimmed) }
    }

    /// Indexes what was loaded: once for each profile, since messages come by name rather than by time.
    private mutating func indexLoaded() {
        for (profile, messages) in loaded { profiles[Int(profile)]?.timeline = ProfileTimeline(messages) }
        loaded = [:]
    }

    /// Begins to keep a segment: as it was recorded, then as it is at `instant`, which says the difference as transitions.
    ///
    /// - Parameter recorded: Ordinals that are recorded as members, with the profile that each now belongs to.
    /// - Parameter cause: Why there may be a difference.
    public mutating func begin(
        _ segment: Int, recorded: some Sequence<(ordinal: UInt32, profile: UInt32)>, at instant: Instant, because cause: TransitionCause
    ) {
        indexLoaded()
        // What is due for segments that were begun before comes first, at its own instant.
        advance(to: instant)
        var ordinals: [UInt32: [UInt32]] = [:]
        for (ordinal, profile) in recorded { ordinals[profile, default: []].append(ordinal) }
        for (profile, own) in ordinals {
            admit(profile)
            profiles[Int(profile)]?.set(true, in: segment)
            memberCounts[segment] += 1
            if own != [profile] { recordedElsewhere[segment][profile] = own }
        }
        for profile in profiles.indices where profiles[profile] != nil { ask(segment, of: UInt32(profile), because: cause) }
    }

    /// The ordinals that are recorded as a segment's members, each with its profile: what another value of this type goes on from.
    public func recorded(of segment: Int) -> [(ordinal: UInt32, profile: UInt32)] {
        members(of: segment).flatMap { profile in
            (recordedElsewhere[segment][profile] ?? [profile]).map { (ordinal: $0, profile: profile) }
        }
    }

    /// Goes on from what another kept and recorded of the same segment; where that differs from the answers here, it is a transition.
    public mutating func adopt(
        _ segment: Int, recorded: some Sequence<(ordinal: UInt32, profile: UInt32)>, because cause: TransitionCause
    ) {
        var ordinals: [UInt32: [UInt32]] = [:]
        for (ordinal, profile) in recorded { ordinals[profile, default: []].append(ordinal) }
        transitions.removeAll { $0.segment == segment }
        recordedElsewhere[segment] = ordinals.filter { $0.value != [$0.key] }
        for profile in profiles.indices {
            guard let isMember = profiles[profile]?.isMember(of: segment) else { continue }
            let own = ordinals[UInt32(profile)]
            guard isMember != (own != nil) else { continue }
            note(segment, UInt32(profile), entered: isMember, because: cause, ordinals: own ?? [UInt32(profile)])
        }
    }

    /// Whether a message that counts for a segment is held already.
    public func holds(_ message: Message, of profile: UInt32) -> Bool {
        guard Int(profile) < profiles.count, let timeline = profiles[Int(profile)]?.timeline else { return false }
        return timeline.holds(message)
    }

    /// Makes a profile known that may have no message that counts.
    public mutating func admit(_ profile: UInt32) {
        while profiles.count <= Int(profile) { profiles.append(nil) }
        guard profiles[Int(profile)] == nil else { return }
        profiles[Int(profile)] = LiveProfile(segments: segments.count)
        profileCount += 1
    }

    // MARK: Events

    /// Takes a message that was accepted just now.
    ///
    /// - Parameter profile: Least ordinal of the identifiers of the profile it belongs to.
    public mutating func receive(_ message: Message, of profile: UInt32, at now: Instant) {
        advance(to: now)
        let isNew = Int(profile) >= profiles.count || profiles[Int(profile)] == nil
        admit(profile)
        let trimmed = reads.trimmed(message)
        if let trimmed { profiles[Int(profile)]?.timeline.add(trimmed) }
        if isNew {
            for segment in segments.indices { ask(segment, of: profile, because: .message) }
        } else if trimmed != nil {
            let byName = message.kind == .track ? message.event.flatMap { segmentsByName[$0] } ?? [] : []
            for segment in byName { ask(segment, of: profile, because: .message) }
            for segment in segments.indices where segments[segment].reads.reads(besidesItsName: message) {
                ask(segment, of: profile, because: .message)
            }
        }
    }

    /// Two profiles turned out to be one.
    ///
    /// - Parameter old: The one that is no more: all of its identifiers are `profile`'s from now on.
    public mutating func merge(_ old: UInt32, into profile: UInt32, at now: Instant) {
        advance(to: now)
        guard old != profile, Int(old) < profiles.count, let gone = profiles[Int(old)] else { return }
        admit(profile)
        profiles[Int(old)] = nil
        profileCount -= 1
        if var kept = profiles[Int(profile)] {
            if !gone.timeline.messages.isEmpty { kept.timeline = ProfileTimeline(kept.timeline.messages + gone.timeline.messages) }
            for segment in segments.indices where gone.isMember(of: segment) {
                let others = recordedElsewhere[segment].removeValue(forKey: old) ?? [old]
                if kept.isMember(of: segment) {
                    recordedElsewhere[segment][profile, default: [profile]] += others
                    memberCounts[segment] -= 1
                } else {
                    kept.set(true, in: segment)
                    recordedElsewhere[segment][profile] = others
                }
            }
            profiles[Int(profile)] = kept
        }
        for segment in segments.indices { ask(segment, of: profile, because: .merge) }
    }

    /// Lets the clock run: every answer whose time has come is asked anew, in the order of the instants.
    public mutating func advance(to now: Instant) {
        while let timer = timers.takeFirst(upTo: now.milliseconds) {
            let (profile, segment) = (Int(timer.profile), Int(timer.segment))
            guard profiles[profile]?.validUntil[segment] == timer.at else { continue }
            clock = max(clock, timer.at)
            ask(segment, of: timer.profile, because: .clock)
        }
        clock = max(clock, now.milliseconds)
    }

    /// The next instant at which the clock alone may change something; nil: never.
    public var nextTimer: Instant? { timers.first.map { Instant(milliseconds: $0) } }

    /// Moves the bounds of a segment's percentiles and asks everybody anew.
    public mutating func refresh(_ segment: Int, thresholds: PercentileThresholds, at now: Instant) {
        advance(to: now)
        guard segments[segment].thresholds != thresholds else { return }
        segments[segment].thresholds = thresholds
        for profile in profiles.indices where profiles[profile] != nil { ask(segment, of: UInt32(profile), because: .threshold) }
    }

    // MARK: Answers

    /// Changes since the last call, in the order in which they happened.
    public mutating func takeTransitions() -> [Transition] {
        defer { transitions = [] }
        return transitions
    }

    /// How many members a segment has.
    public func memberCount(of segment: Int) -> Int { memberCounts[segment] }

    /// The profiles in a segment, ascending.
    public func members(of segment: Int) -> [UInt32] {
        profiles.indices.compactMap { profiles[$0]?.isMember(of: segment) == true ? UInt32($0) : nil }
    }

    /// Whether a profile is in a segment now, and until when that stands if nothing happens; nil where the profile is not known.
    public func answer(_ segment: Int, of profile: UInt32) -> TimedAnswer? {
        guard Int(profile) < profiles.count, let held = profiles[Int(profile)] else { return nil }
        let until = held.validUntil[segment]
        return TimedAnswer(isMember: held.isMember(of: segment), validUntil: until == .max ? nil : Instant(milliseconds: until))
    }

    private mutating func ask(_ segment: Int, of profile: UInt32, because cause: TransitionCause) {
        guard let timeline = profiles[Int(profile)]?.timeline else { return }
        let answer = segments[segment].evaluator.answer(for: timeline, at: Instant(milliseconds: clock))
        let wasMember = profiles[Int(profile)]?.isMember(of: segment) ?? false
        var until = answer.validUntil?.milliseconds ?? .max
        if cause == .clock, answer.isMember == wasMember, until < clock + Self.rest {
            standstills[Self.key(profile, segment), default: 0] += 1
            if standstills[Self.key(profile, segment), default: 0] > 64 + 4 * timeline.messages.count { until = clock + Self.rest }
        } else if !standstills.isEmpty {
            standstills[Self.key(profile, segment)] = nil
        }
        if profiles[Int(profile)]?.validUntil[segment] != until {
            profiles[Int(profile)]?.set(validUntil: until, in: segment)
            if until != .max {
                timers.insert(.init(at: until, profile: profile, segment: UInt32(segment)))
                clearStaleTimers()
            }
        }
        guard answer.isMember != wasMember else { return }
        profiles[Int(profile)]?.set(answer.isMember, in: segment)
        memberCounts[segment] += answer.isMember ? 1 : -1
        let ordinals = answer.isMember ? [profile] : recordedElsewhere[segment].removeValue(forKey: profile) ?? [profile]
        note(segment, profile, entered: answer.isMember, because: cause, ordinals: ordinals)
    }

    private static func key(_ profile: UInt32, _ segment: Int) -> UInt64 { UInt64(profile) << 32 | UInt64(segment) }

    private mutating func note(_ segment: Int, _ profile: UInt32, entered: Bool, because cause: TransitionCause, ordinals: [UInt32]) {
        transitions.append(
            Transition(
                segment: segment, profile: profile, entered: entered, at: Instant(milliseconds: clock), cause: cause, ordinals: ordinals))
    }

    /// Timers of answers that were replaced are cleared away once they are most of the heap.
    private mutating func clearStaleTimers() {
        guard timers.count > 1_024, timers.count > Self.mostStale * standingTimers else { return }
        let profiles = self.profiles
        timers.removeAll { profiles[Int($0.profile)]?.validUntil[Int($0.segment)] != $0.at }
        standingTimers = timers.count
    }
}
