import EventModel
public import Rules

extension LiveMemberships {
    /// Changes since the last call, in the order in which they happened.
    public mutating func takeTransitions() -> [Transition] {
        settle()
        defer { transitions = [] }
        return transitions
    }

    /// How many members a segment has.
    public func memberCount(of segment: Int) -> Int { memberCounts[segment] }

    /// The profiles in a segment, ascending.
    public func members(of segment: Int) -> [UInt32] {
        profiles.indices.compactMap { memberships.contains(segment, at: $0) ? UInt32($0) : nil }
    }

    /// Whether a profile is in a segment now; nil where the profile is not known.
    public func isMember(_ profile: UInt32, of segment: Int) -> Bool? {
        guard Int(profile) < profiles.count, isKnown[Int(profile)] else { return nil }
        return memberships.contains(segment, at: Int(profile))
    }

    /// Whether a profile is in a segment now, and until when that stands if nothing happens; nil where the profile is not known.
    public func answer(_ segment: Int, of profile: UInt32) -> TimedAnswer? {
        guard Int(profile) < profiles.count, isKnown[Int(profile)] else { return nil }
        if let evaluator = segments[segment].evaluator {
            return evaluator.answer(for: whole[profile], at: Instant(milliseconds: clock))
        }
        rules.turn(to: profiles[Int(profile)], at: clock)
        defer { rules.leave() }
        return rules.followedAnswer(segment)
    }

    /// What features are for a profile now, in the order of their indexes; nil where the profile is not known.
    public func values(of profile: UInt32) -> [Value]? {
        guard Int(profile) < profiles.count, isKnown[Int(profile)] else { return nil }
        rules.turn(to: profiles[Int(profile)], at: clock)
        defer { rules.leave() }
        return features.indices.map { rules.value($0) }
    }

    mutating func askEverybody(_ segment: Int, because cause: TransitionCause) {
        for profile in profiles.indices where isKnown[profile] {
            answers.removeAll(keepingCapacity: true)
            answers.append((segment, false, 0))
            ask(UInt32(profile), because: cause)
        }
        rules.leave()
    }

    /// Asks of a profile the segments that stand in `answers`, at the clock.
    mutating func ask(_ profile: UInt32, because cause: TransitionCause) {
        rules.turn(to: profiles[Int(profile)], at: clock)
        filled.clear(at: 0)
        rules.forEachFilled { effects.read($0, into: &filled) }
        for index in answers.indices {
            let segment = answers[index].segment
            if let evaluator = segments[segment].evaluator {
                let answer = evaluator.answer(for: whole[profile], at: Instant(milliseconds: clock))
                (answers[index].isMember, answers[index].until) = (answer.isMember, answer.validUntil?.milliseconds ?? .max)
            } else if filled.contains(segment, at: 0) {
                (answers[index].isMember, answers[index].until) = rules.answer(segment)
            } else if let known = emptyAnswers[segment], clock < known.until {
                (answers[index].isMember, answers[index].until) = known
            } else {
                let answer = rules.answer(segment)
                emptyAnswers[segment] = answer
                (answers[index].isMember, answers[index].until) = answer
            }
        }
        rules.leave()
        if cause == .clock { rules.trim(&profiles[Int(profile)], clock: clock) }
        dues.removeAll(keepingCapacity: true)
        for (segment, isMember, until) in answers {
            dues.append((segment, keep(segment, of: profile, isMember, until, because: cause)))
        }
        schedule(profile, profiles[Int(profile)].setDue(dues, scratch: &dueWords))
    }

    /// Keeps an answer, and gives the instant at which it is to be asked for anew.
    private mutating func keep(
        _ segment: Int, of profile: UInt32, _ isMember: Bool, _ until: Int64, because cause: TransitionCause
    ) -> Int64 {
        let wasMember = memberships.contains(segment, at: Int(profile))
        var until = until
        if cause == .clock, isMember == wasMember, until < clock + Self.rest {
            var standstill = standstills[Self.key(profile, segment)] ?? (0, 64 + 4 * rows(of: profile))
            standstill.count += 1
            standstills[Self.key(profile, segment)] = standstill
            if standstill.count > standstill.most { until = clock + Self.rest }
        } else if !standstills.isEmpty {
            standstills[Self.key(profile, segment)] = nil
        }
        guard isMember != wasMember else { return until }
        memberships.set(isMember, segment, at: Int(profile))
        memberCounts[segment] += isMember ? 1 : -1
        let ordinals = isMember ? [profile] : recordedElsewhere[segment].removeValue(forKey: profile) ?? [profile]
        note(segment, profile, entered: isMember, because: cause, ordinals: ordinals)
        return until
    }

    /// No fewer than the events that are held of a profile, the one that left just now included.
    private func rows(of profile: UInt32) -> Int {
        profiles[Int(profile)].wordCount + 1 + (whole.isEmpty ? 0 : whole[profile].messages.count)
    }

    private static func key(_ profile: UInt32, _ segment: Int) -> UInt64 { UInt64(profile) << 32 | UInt64(segment) }

    mutating func note(_ segment: Int, _ profile: UInt32, entered: Bool, because cause: TransitionCause, ordinals: [UInt32]) {
        transitions.append(
            Transition(
                segment: segment, profile: profile, entered: entered, at: Instant(milliseconds: clock), cause: cause, ordinals: ordinals))
    }

    /// Sees to it that a timer of the profile goes off no later than its first due time. An earlier one that stands stays.
    mutating func schedule(_ profile: UInt32, _ due: Int64) {
        guard due < scheduled[Int(profile)] else { return }
        scheduled[Int(profile)] = due
        timers.insert(.init(at: due, profile: profile))
        // Timers that were replaced are cleared away once they are most of the heap.
        guard timers.count > 1_024, timers.count > 2 * profileCount else { return }
        let scheduled = self.scheduled
        timers.removeAll { scheduled[Int($0.profile)] != $0.at }
    }
}
