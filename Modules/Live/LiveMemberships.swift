public import EventModel
public import Rules
public import Storage

/// Who is in which segment, kept up to date by every message and by the clock.
///
/// It gives what the reference evaluator gives for each profile's whole timeline at every instant, and says each change at the exact
/// millisecond at which the answer becomes another. Time comes in with every call and never goes back: a call with an earlier instant
/// counts as one at the latest. Messages of one instant are taken together: nobody enters and exits within a millisecond. Of messages
/// only that is held which some segment may yet read. Confined to one thread.
///
/// What can be read is as of the last `advance` or `takeTransitions`.
public struct LiveMemberships: ~Copyable {
    /// The segments, in the order of their indexes.
    public internal(set) var segments: [LiveSegment]
    /// Values that can be asked for beside them, in the order of their indexes.
    public let features: [LiveFeature]
    /// The latest instant that was asked about, in milliseconds.
    public internal(set) var clock: Int64
    var rules: StandingRules
    /// By the least ordinal of a profile's identifiers: what the rules keep of it, and when they are to be asked anew.
    var profiles: ContiguousArray<StandingProfile> = []
    var isKnown: ContiguousArray<Bool> = []
    var memberships: SegmentBits
    var whole: WholeTimelines
    /// How many profiles there are.
    public internal(set) var profileCount = 0
    var memberCounts: [Int]
    /// By segment: where somebody was recorded under other ordinals than the profile's own.
    var recordedElsewhere: [[UInt32: [UInt32]]]
    var timers = TimerHeap()
    /// By profile: the timer that stands; `.max` for none.
    var scheduled: ContiguousArray<Int64> = []
    var transitions: [Transition] = []
    /// Profiles that messages of this instant changed, in their order; the segments to be asked, and why.
    var touched: ContiguousArray<(profile: UInt32, cause: TransitionCause)> = []
    var touchedSegments: SegmentBits
    /// What a row more can do, by the rules' slots.
    var effects: SlotEffects
    var touchedIndex: [UInt32: Int] = [:]
    /// By segment: the answer for a profile of which it keeps nothing.
    var emptyAnswers: [(isMember: Bool, until: Int64)?]
    /// Scratch: segments of which the profile at hand has rows; and answers until they are kept.
    var filled: SegmentBits
    var answers: ContiguousArray<(segment: Int, isMember: Bool, until: Int64)> = []
    var dues: ContiguousArray<(rule: Int, until: Int64)> = []
    var dueWords: ContiguousArray<UInt64> = []
    /// How often in a row the answer to a (profile, segment) was the same when its time had come, and its next time near; and how often that
    /// may be, by what was held of the profile when it began.
    var standstills: [UInt64: (count: Int, most: Int)] = [:]
    /// Milliseconds that such an answer rests, once it was asked oftener than the events of its profile can explain: every event enters and
    /// leaves a few windows and no more. Only rules whose value jumps about with every millisecond come to that; without a rest, one of
    /// them could keep the worker from everything else.
    static let rest: Int64 = 1_000

    /// Nobody is known yet. There can be no more segments, and no more slots of them and the features, than `StandingRules.mostSlots`.
    ///
    /// - Parameter start: No question will be about an earlier instant; what no longer matters then is not held.
    /// - Parameter chunkRows: From how many events on those that a condition keeps of a profile lie in chunks (see `StandingRules`).
    public init(
        _ segments: [LiveSegment], features: [LiveFeature] = [], from start: Instant = Instant(milliseconds: .min), chunkRows: Int = 512
    ) {
        (self.segments, self.features) = (segments, features)
        clock = start.milliseconds
        rules = StandingRules(Self.standing(segments), values: features.map(\.formula), chunkRows: chunkRows)
        effects = SlotEffects(rules, segments: segments.count)
        whole = WholeTimelines(segments)
        memberships = SegmentBits(segments: segments.count)
        touchedSegments = SegmentBits(segments: segments.count)
        filled = SegmentBits(segments: segments.count)
        filled.append(1)
        memberCounts = Array(repeating: 0, count: segments.count)
        recordedElsewhere = Array(repeating: [:], count: segments.count)
        emptyAnswers = Array(repeating: nil, count: segments.count)
    }

    /// A rule for each segment; those that are answered from whole messages stand as one that is never true.
    private static func standing(_ segments: [LiveSegment]) -> [(rule: Rule, thresholds: PercentileThresholds)] {
        segments.map { ($0.evaluator == nil ? $0.rule : Rule(root: .constant(false)), $0.thresholds) }
    }

    // MARK: Filling

    /// Whether messages of a kind (and event name; nil: of several), none of them later than an instant, can matter to any segment.
    public func needs(_ kind: Message.Kind, event: String?, latest: Instant) -> Bool {
        rules.reads(kind, event: event, latest: latest, clock: clock) || whole.needs(kind, event: event)
    }

    /// Takes a stored message of a profile without asking anything, in any order; all of them before the first `begin`.
    public mutating func load(_ message: Message, of profile: UInt32) {
        admit(profile)
        rules.enter(message, into: &profiles[Int(profile)], clock: clock) { _, _ in }
        if !whole.isEmpty { whole.load(message, of: profile) }
    }

    /// Whether whole messages of a kind (and event name; nil: of several) have to be loaded, not as the store decoded them.
    public func needsWhole(_ kind: Message.Kind, event: String?) -> Bool { whole.needs(kind, event: event) }

    /// The same of a message as the store decoded it, where whole messages are not needed.
    ///
    /// - Parameter read: Gives the whole message, for one that has no shape.
    public mutating func load(_ message: DecodedMessage, of profile: UInt32, whole read: () throws -> Message?) rethrows {
        if message.shape == nil {
            if let read = try read() { load(read, of: profile) }
        } else {
            admit(profile)
            rules.enter(message, into: &profiles[Int(profile)], clock: clock) { _, _ in }
        }
    }

    /// Begins to keep a segment: as it was recorded, then as it is at `instant`, which says the difference as transitions.
    ///
    /// - Parameter recorded: Ordinals that are recorded as members, with the profile that each now belongs to.
    /// - Parameter cause: Why there may be a difference.
    public mutating func begin(
        _ segment: Int, recorded: some Sequence<(ordinal: UInt32, profile: UInt32)>, at instant: Instant, because cause: TransitionCause
    ) {
        whole.indexLoaded()
        // What is due for segments that were begun before comes first, at its own instant.
        advance(to: instant)
        var ordinals: [UInt32: [UInt32]] = [:]
        for (ordinal, profile) in recorded { ordinals[profile, default: []].append(ordinal) }
        for (profile, own) in ordinals {
            admit(profile)
            memberships.set(true, segment, at: Int(profile))
            memberCounts[segment] += 1
            if own != [profile] { recordedElsewhere[segment][profile] = own }
        }
        askEverybody(segment, because: cause)
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
            guard isKnown[profile] else { continue }
            let isMember = memberships.contains(segment, at: profile)
            let own = ordinals[UInt32(profile)]
            guard isMember != (own != nil) else { continue }
            note(segment, UInt32(profile), entered: isMember, because: cause, ordinals: own ?? [UInt32(profile)])
        }
    }

    /// Makes a profile known that may have no message that counts.
    public mutating func admit(_ profile: UInt32) {
        let missing = Int(profile) + 1 - profiles.count
        if missing > 0 {
            profiles.append(contentsOf: repeatElement(StandingProfile(), count: missing))
            isKnown.append(contentsOf: repeatElement(false, count: missing))
            scheduled.append(contentsOf: repeatElement(.max, count: missing))
            memberships.append(missing)
        }
        guard !isKnown[Int(profile)] else { return }
        isKnown[Int(profile)] = true
        profileCount += 1
    }

    // MARK: Events

    /// Takes a message that was accepted just now.
    ///
    /// - Parameter profile: Least ordinal of the identifiers of the profile it belongs to.
    public mutating func receive(_ message: Message, of profile: UInt32, at now: Instant) {
        receive(of: profile, at: now, enter: { $0.enter(message, into: &$1, clock: $2, touched: $3) }, whole: { message })
    }

    /// Takes a message as the store decoded it.
    ///
    /// - Parameter whole: Gives the message read from its text, where that is needed; nil where it cannot be read.
    public mutating func receive(_ message: DecodedMessage, of profile: UInt32, at now: Instant, whole: () -> Message?) {
        if message.shape == nil {
            if let read = whole() { receive(read, of: profile, at: now) }
        } else {
            receive(of: profile, at: now, enter: { $0.enter(message, into: &$1, clock: $2, touched: $3) }, whole: whole)
        }
    }

    private mutating func receive(
        of profile: UInt32, at now: Instant, enter: (StandingRules, inout StandingProfile, Int64, (Int, Bool) -> Void) -> Void,
        whole read: () -> Message?
    ) {
        if now.milliseconds > clock { advance(to: now) }
        meet(profile)
        var place: Int?
        // Taken out for as long as it is changed, so that the rest can be changed beside it.
        var own = StandingProfile()
        swap(&own, &profiles[Int(profile)])
        enter(rules, &own, clock) { slot, isLatest in
            let index = place ?? touchedPlace(of: profile, because: .message)
            place = index
            // Whoever can only stay what he is by it is not asked.
            effects.touch(slot, isLatest: isLatest, members: memberships, of: Int(profile), into: &touchedSegments, at: index)
        }
        swap(&own, &profiles[Int(profile)])
        guard !whole.isEmpty, let message = read() else { return }
        var segments: Set<Int> = []
        whole.receive(message, of: profile) { segments.insert($0) }
        for segment in segments { place = touch(segment, of: profile, place, because: .message) }
    }

    /// Two profiles turned out to be one.
    ///
    /// - Parameter old: The one that is no more: all of its identifiers are `profile`'s from now on.
    public mutating func merge(_ old: UInt32, into profile: UInt32, at now: Instant) {
        advance(to: now)
        guard old != profile, Int(old) < profiles.count, isKnown[Int(old)] else { return }
        admit(profile)
        rules.leave()
        rules.merge(profiles[Int(old)], into: &profiles[Int(profile)], clock: clock)
        whole.merge(old, into: profile)
        for segment in segments.indices where memberships.contains(segment, at: Int(old)) {
            let others = recordedElsewhere[segment].removeValue(forKey: old) ?? [old]
            if memberships.contains(segment, at: Int(profile)) {
                recordedElsewhere[segment][profile, default: [profile]] += others
                memberCounts[segment] -= 1
            } else {
                memberships.set(true, segment, at: Int(profile))
                recordedElsewhere[segment][profile] = others
            }
        }
        profiles[Int(old)] = StandingProfile()
        (isKnown[Int(old)], scheduled[Int(old)]) = (false, .max)
        memberships.clear(at: Int(old))
        profileCount -= 1
        touchAll(of: profile, because: .merge)
    }

    /// Makes a profile known; all segments are asked of a new one.
    private mutating func meet(_ profile: UInt32) {
        if Int(profile) < isKnown.count, isKnown[Int(profile)] { return }
        admit(profile)
        touchAll(of: profile, because: .message)
    }

    /// - Parameter known: The profile's place among those touched, where it is at hand.
    private mutating func touch(_ segment: Int, of profile: UInt32, _ known: Int?, because cause: TransitionCause) -> Int {
        let index = known ?? touchedPlace(of: profile, because: cause)
        touchedSegments.set(true, segment, at: index)
        return index
    }

    private mutating func touchAll(of profile: UInt32, because cause: TransitionCause) {
        let index = touchedPlace(of: profile, because: cause)
        for segment in segments.indices { touchedSegments.set(true, segment, at: index) }
    }

    private mutating func touchedPlace(of profile: UInt32, because cause: TransitionCause) -> Int {
        if let index = touchedIndex[profile] {
            if cause == .merge { touched[index].cause = .merge }
            return index
        }
        touched.append((profile, cause))
        touchedSegments.append(1)
        touchedIndex[profile] = touched.count - 1
        return touched.count - 1
    }

    /// Asks what messages of this instant may have changed.
    mutating func settle() {
        guard !touched.isEmpty else { return }
        for (index, (profile, cause)) in touched.enumerated() where isKnown[Int(profile)] {
            answers.removeAll(keepingCapacity: true)
            touchedSegments.forEach(at: index) { answers.append(($0, false, 0)) }
            if !answers.isEmpty { ask(profile, because: cause) }
        }
        touched.removeAll(keepingCapacity: true)
        touchedSegments.removeAll()
        touchedIndex.removeAll(keepingCapacity: true)
        rules.leave()
        rules.giveBackTexts(&profiles)
    }

    /// Lets the clock run: every answer whose time has come is asked anew, in the order of the instants.
    public mutating func advance(to now: Instant) {
        settle()
        while let timer = timers.takeFirst(upTo: now.milliseconds) {
            let profile = Int(timer.profile)
            guard scheduled[profile] == timer.at else { continue }
            scheduled[profile] = .max
            clock = max(clock, timer.at)
            answers.removeAll(keepingCapacity: true)
            for (segment, at) in profiles[profile].due where at <= clock { answers.append((segment, false, 0)) }
            if answers.isEmpty { schedule(timer.profile, profiles[profile].earliestDue) } else { ask(timer.profile, because: .clock) }
        }
        rules.leave()
        clock = max(clock, now.milliseconds)
    }

    /// The next instant at which the clock alone may change something; nil: never.
    public var nextTimer: Instant? { timers.first.map { Instant(milliseconds: $0) } }

    /// Moves the bounds of a segment's percentiles and asks everybody anew.
    public mutating func refresh(_ segment: Int, thresholds: PercentileThresholds, at now: Instant) {
        advance(to: now)
        guard segments[segment].thresholds != thresholds else { return }
        segments[segment].thresholds = thresholds
        rules = rules.with(Self.standing(segments))
        effects = SlotEffects(rules, segments: segments.count)
        for index in emptyAnswers.indices { emptyAnswers[index] = nil }
        askEverybody(segment, because: .threshold)
    }
}
