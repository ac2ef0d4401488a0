import EventModel
import Live
import Rules
import Storage

/// Who is where at this moment.
extension WorkerLoop {
    func recordTransitions() {
        let steps = live.takeTransitions().compactMap { transition -> MembershipRecorder.Step? in
            let segment = live.segments[transition.segment]
            guard segment.isRecorded else { return nil }
            return MembershipRecorder.Step(
                segment: segment.name, expression: segment.expression, transition: transition, profile: canonicalID(of: transition.profile))
        }
        recorder.record(steps)
    }

    func nameSegments() {
        names = [:]
        for (index, segment) in live.segments.enumerated() where segment.isRecorded { names[segment.name] = index }
    }

    /// The id that a profile is called by: its least user id, else its least anonymous id.
    func canonicalID(of profile: UInt32) -> String {
        let own = (identifiers[profile] ?? [profile]).map { writer.identifier($0) }
        let least = own.min { a, b in a.kind != b.kind ? a.kind.rawValue < b.kind.rawValue : a.text.precedesByScalars(b.text) }
        return least?.text ?? ""
    }

    /// The profile that has an identifier; nil where nobody has.
    func profile(_ text: String, _ kinds: [IdentifierKind]) -> UInt32? {
        for kind in kinds {
            guard let ordinal = writer.ordinal(of: text, kind: kind) else { continue }
            let profile = writer.profile(of: ordinal)
            // A trait's value that is linked to nobody is called by itself.
            if writer.identifier(profile).kind.trait == nil { return profile }
        }
        return nil
    }

    /// Segments that a profile is in, by name, each with the instant until which that stands if nothing happens.
    func segments(of profile: UInt32) -> [(name: String, validUntil: Instant?)] {
        live.segments.indices.compactMap { index in
            let segment = live.segments[index]
            guard segment.isRecorded, live.isMember(profile, of: index) == true else { return nil }
            return (segment.name, live.answer(index, of: profile)?.validUntil)
        }
    }

    /// Computed traits of a profile, as far as they are kept up to date.
    func features(of profile: UInt32) -> [String: Value] {
        let values = live.values(of: profile) ?? []
        return Dictionary(zip(live.features.map(\.name), values), uniquingKeysWith: { first, _ in first })
    }

    /// Names of the computed traits that are saved.
    var featureNames: [String] { definitions.filter { $0.kind == .feature }.map(\.name) }

    /// Every segment with its size.
    var sizes: [(name: String, members: Int, expression: String)] {
        live.segments.indices.filter { live.segments[$0].isRecorded }.map {
            (live.segments[$0].name, live.memberCount(of: $0), live.segments[$0].expression)
        }
    }

    /// What offers give a profile now.
    ///
    /// - Parameter key: Only this offer; nil: all of them, by key.
    /// - Parameter profile: nil: somebody who has sent nothing so far.
    func offers(_ key: String? = nil, to profile: UInt32?) -> [LiveOffers.Answer] {
        offers.answers(key) { condition in
            profile.flatMap { live.isMember($0, of: condition) }
                ?? live.segments[condition].holdsOfStranger(at: Instant(milliseconds: live.clock))
        }
    }

    /// The members of a segment as least ordinals of their profiles; nil where there is no such segment.
    func members(of name: String) -> [UInt32]? { names[name].map { live.members(of: $0) } }

    /// Everybody's memberships at this instant, and a question about the store as it is now.
    struct MembersNow: Sendable {
        let question: Question
        /// Least ordinals of the members' profiles, by segment.
        let members: [String: [UInt32]]
        /// Of those for whom the conditions of an offer hold, by its key, in the order of its rules.
        let offers: [String: [[UInt32]]]
    }

    func membersNow() -> Result<MembersNow, CommandError> {
        Result { () throws(CommandError) in
            let instant = Instant(milliseconds: live.clock)
            // Nothing is written between the two, since both happen on this thread.
            let snapshot = try attempt { try store.snapshot() }
            let question = try Question(
                snapshot: snapshot, definitions: definitions, now: instant, threads: 2, interruption: Interruption(), warn: { _ in })
            var held: [String: [[UInt32]]] = [:]
            for (key, places) in offers.conditions { held[key] = places.map { live.members(of: $0) } }
            return MembersNow(question: question, members: names.mapValues { live.members(of: $0) }, offers: held)
        }
    }

    /// Moves the bounds of the percentiles of a rule, wherever it is kept.
    func refresh(_ rule: Rule, _ thresholds: PercentileThresholds) {
        for index in live.segments.indices where live.segments[index].rule == rule {
            live.refresh(index, thresholds: thresholds, at: clock())
        }
        recordTransitions()
    }
}
