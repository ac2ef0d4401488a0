import EventModel
import Foundation
import Live
import Rules
import Service
import Storage

/// The worker's one thread: it alone writes messages, moves people, and knows who is in which segment at this moment.
final class WorkerLoop {
    private let inbox: Inbox
    private let store: any EventStore
    private let limits: WorkerLimits
    private let clock: @Sendable () -> Instant
    private let tell: WorkerNews
    let quarantine: Quarantine
    /// The last one stays to be asked who is who until another is open.
    private var writer: any StoreWriter
    /// The writer failed and gave the store back.
    private var needsWriter = false
    private var live: LiveMemberships
    /// Indexes of the segments that are saved, by name.
    private var names: [String: Int] = [:]
    private var offers: LiveOffers
    private let recorder: MembershipRecorder
    /// Identifiers of profiles that have more than one.
    private var identifiers: [UInt32: [UInt32]] = [:]
    /// Identifiers whose profiles the live state still groups as they were: their messages wait in the journal for a new state.
    private var regrouped: Set<UInt32> = []
    /// What they were when the state began to be made that comes next.
    private var regroupedBefore: Set<UInt32> = []
    /// What the live state was made of.
    private var definitions: [Definition]
    /// Messages and merges since a new state began to be made; nil: none is being made.
    private var journal: [JournalEntry]?
    /// When the oldest message was accepted that waits to be sealed.
    private var unsealedSince: Int64?
    private var nextAttempt: Int64 = 0

    private enum JournalEntry {
        case merge(ProfileMerge)
        case message(Arrival)
    }

    /// A message that was accepted.
    private struct Arrival {
        let accepted: DurableOutcome.Accepted
        let batch: MessageBatch
        let profile: UInt32

        /// The message as its text says it.
        var whole: Message? {
            batch.text.withUnsafeBufferPointer { text in
                try? Message(parsing: UnsafeBufferPointer(rebasing: text[accepted.text]), derivedID: accepted.messageID)
            }
        }
    }

    private func receive(_ arrival: Arrival, by live: inout LiveMemberships, at now: Instant) {
        live.receive(arrival.accepted.message, of: arrival.profile, at: now) { arrival.whole }
    }

    init(
        inbox: Inbox, store: any EventStore, writer: any StoreWriter, state: LiveState, identifiers: [UInt32: [UInt32]],
        quarantine: Quarantine, recorder: MembershipRecorder, limits: WorkerLimits, news: WorkerNews,
        clock: @escaping @Sendable () -> Instant
    ) {
        (self.inbox, self.store, self.writer, self.recorder) = (inbox, store, writer, recorder)
        (self.limits, self.clock, tell, self.quarantine, self.identifiers) = (limits, clock, news, quarantine, identifiers)
        for (segment, number) in state.lastRecords { recorder.begin(segment, after: number) }
        live = state.takeLive()
        (definitions, offers) = (state.definitions, state.offers)
        nameSegments()
        recordTransitions()
    }

    /// Works until the inbox is closed and empty; then everything is sealed and recorded, and the store is given back.
    func run() {
        var isDone = false
        while !isDone {
            inbox.wait(milliseconds: patience)
            let taken = inbox.take()
            if !taken.collections.isEmpty { collect(taken.collections) }
            // Whoever asks is answered as of now.
            live.advance(to: clock())
            for task in taken.tasks { task(self) }
            recordTransitions()
            sealWhenDue()
            isDone = taken.isClosed && taken.isEmpty
        }
        finish()
    }

    /// Milliseconds until something has to be done even if nobody comes.
    private var patience: Int {
        if inbox.waitingBytes > 0 { return 0 }
        let now = clock().milliseconds
        var next = now + 1_000
        if let timer = live.nextTimer { next = min(next, timer.milliseconds) }
        if let unsealedSince { next = min(next, unsealedSince + limits.sealAfter) }
        return Int(max(0, next - now))
    }

    // MARK: Messages

    private func collect(_ collections: [Inbox.Collection]) {
        let outcome: Result<[DurableOutcome], StoreError> = Result { () throws(StoreError) in
            try openWriter()
            let outcomes = try writer.appendDurably(collections.map(\.batch))
            var rejects: [(reject: Reject, source: String)] = []
            for (collection, outcome) in zip(collections, outcomes) {
                rejects += outcome.rejects.map { ($0, collection.source) }
            }
            try quarantine.keep(rejects, at: clock())
            return outcomes
        }
        switch outcome {
        case .success(let outcomes):
            for (collection, outcome) in zip(collections, outcomes) {
                let receipt = CollectReceipt(
                    accepted: outcome.outcome.accepted, duplicates: outcome.outcome.duplicates,
                    quarantined: outcome.rejects.count)
                tell.count(receipt)
                collection.answer.resume(returning: .success(receipt))
            }
            follow(collections.map(\.batch), outcomes)
        case .failure(let error):
            giveUpWriter("Messages cannot be stored: \(error)")
            let refusal = ServiceError(
                .disk, "The messages cannot be written now.", remedy: "Send them again later; nothing is doubled.", retryAfter: 2)
            for collection in collections { collection.answer.resume(returning: .failure(refusal)) }
        }
    }

    /// Stores messages that were set aside before. What of them is refused again is told, and stays where it is kept.
    func takeBack(_ batch: MessageBatch) -> Result<DurableOutcome, StoreError> {
        let outcome = Result { () throws(StoreError) in
            try openWriter()
            return try writer.appendDurably(batch)
        }
        switch outcome {
        case .success(let outcome):
            tell.count(CollectReceipt(accepted: outcome.outcome.accepted, duplicates: outcome.outcome.duplicates))
            follow([batch], [outcome])
        case .failure(let error): giveUpWriter("Messages cannot be stored: \(error)")
        }
        return outcome
    }

    /// Opens a writer in place of one that failed; it reads from the store what was accepted before.
    private func openWriter() throws(StoreError) {
        guard needsWriter else { return }
        guard clock().milliseconds >= nextAttempt else { throw StoreError(.disk, "the store takes nothing yet") }
        nextAttempt = clock().milliseconds + Self.restAfterFailure
        writer = try store.makeWriter()
        _ = writer.takeMerges()
        needsWriter = false
        tell.say("The store takes messages again.")
        // Some of what the last writer wrote may be there without having been acknowledged: the live state is made anew.
        tell.requestReload()
    }

    /// Milliseconds before another writer is tried.
    private static let restAfterFailure: Int64 = 1_000

    private func giveUpWriter(_ reason: String) {
        if !needsWriter {
            tell.say(reason)
            try? writer.close()
            nextAttempt = clock().milliseconds + Self.restAfterFailure
        }
        needsWriter = true
    }

    private func follow(_ batches: [MessageBatch], _ outcomes: [DurableOutcome]) {
        let now = clock()
        if unsealedSince == nil { unsealedSince = now.milliseconds }
        let merges = writer.takeMerges()
        regroup(writer.takeRegrouped())
        for merge in merges {
            if !regrouped.isEmpty, regrouped.contains(merge.old) || regrouped.contains(merge.kept) {
                // The live state knows one of the two otherwise than the store: both wait.
                let ordinals = (identifiers[merge.old] ?? [merge.old]) + (identifiers[merge.kept] ?? [merge.kept])
                regroup(ordinals)
                continue
            }
            let joined = identifiers.removeValue(forKey: merge.old) ?? [merge.old]
            identifiers[merge.kept, default: [merge.kept]] += joined
            live.merge(merge.old, into: merge.kept, at: now)
            journal?.append(.merge(merge))
        }
        // Nobody asks.
        if live.segments.isEmpty, journal == nil { return }
        for (batch, outcome) in zip(batches, outcomes) {
            for accepted in outcome.accepted {
                let entry = Arrival(accepted: accepted, batch: batch, profile: writer.profile(of: accepted.ordinal))
                if regrouped.isEmpty || !regrouped.contains(accepted.ordinal) { receive(entry, by: &live, at: now) }
                journal?.append(.message(entry))
            }
        }
        tell.noticeLag(clock().milliseconds - now.milliseconds)
    }

    // MARK: People

    /// Parts or rejoins people in the store. The live state follows with the next one that is made; until then it does not move them.
    func change(_ work: (any StoreWriter) throws(StoreError) -> PeopleOutcome) -> Result<(PeopleOutcome, [UInt32: String]), ServiceError> {
        do throws(StoreError) {
            try openWriter()
            // What was merged before is told first: nothing of it counts as regrouped.
            let outcome = try work(writer)
            unsealedSince = nil
            regroup(writer.takeRegrouped())
            guard case .done(_, let record) = outcome else { return .success((outcome, [:])) }
            let names = (record.before + record.after).map { ($0, writer.identifier($0).text) }
            return .success((outcome, Dictionary(names, uniquingKeysWith: { first, _ in first })))
        } catch {
            giveUpWriter("People cannot be changed: \(error)")
            return .failure(
                ServiceError(
                    .disk, "The decision cannot be written now.", remedy: "Ask again later; nothing was changed.", retryAfter: 2))
        }
    }

    /// Whether the live state still groups a profile as it was before it was parted or rejoined.
    func isRegrouped(_ profile: UInt32) -> Bool { regrouped.contains(profile) }

    /// Whether the live state groups everybody as the store does.
    var isSettled: Bool { regrouped.isEmpty }

    private func regroup(_ ordinals: [UInt32]) {
        guard !ordinals.isEmpty else { return }
        for ordinal in ordinals { identifiers[ordinal] = nil }
        var own: [UInt32: [UInt32]] = [:]
        for ordinal in ordinals { own[writer.profile(of: ordinal), default: []].append(ordinal) }
        for (profile, ordinals) in own where ordinals.count > 1 { identifiers[profile] = ordinals }
        regrouped.formUnion(ordinals)
        tell.requestReload()
    }

    private func sealWhenDue() {
        guard let since = unsealedSince, !needsWriter, clock().milliseconds >= since + limits.sealAfter else { return }
        // Where that fails the tail holds everything still, and the next writer seals it.
        do throws(StoreError) { try seal() } catch { giveUpWriter("Messages wait to be sealed: \(error)") }
    }

    private func seal() throws(StoreError) {
        unsealedSince = nil
        try writer.commit(source: nil, position: nil)
    }

    // MARK: Memberships

    private func recordTransitions() {
        let steps = live.takeTransitions().compactMap { transition -> MembershipRecorder.Step? in
            let segment = live.segments[transition.segment]
            guard segment.isRecorded else { return nil }
            return MembershipRecorder.Step(
                segment: segment.name, expression: segment.expression, transition: transition, profile: canonicalID(of: transition.profile))
        }
        recorder.record(steps)
    }

    private func nameSegments() {
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
        for kind in kinds { if let ordinal = writer.ordinal(of: text, kind: kind) { return writer.profile(of: ordinal) } }
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
    }

    func membersNow() -> Result<MembersNow, CommandError> {
        Result { () throws(CommandError) in
            let instant = Instant(milliseconds: live.clock)
            // Nothing is written between the two, since both happen on this thread.
            let snapshot = try attempt { try store.snapshot() }
            let question = try Question(
                snapshot: snapshot, definitions: definitions, now: instant, threads: 2, interruption: Interruption(), warn: { _ in })
            return MembersNow(question: question, members: names.mapValues { live.members(of: $0) })
        }
    }

    /// Moves the bounds of the percentiles of a rule, wherever it is kept.
    func refresh(_ rule: Rule, _ thresholds: PercentileThresholds) {
        for index in live.segments.indices where live.segments[index].rule == rule {
            live.refresh(index, thresholds: thresholds, at: clock())
        }
        recordTransitions()
    }

    // MARK: Definitions

    /// Everything that was accepted until now, as a snapshot; from now on what comes is noted, for the state that is made of it.
    ///
    /// The tail is sealed first, so that opening the snapshot takes no time from the messages that wait.
    func beginJournal() -> Result<any StoreSnapshot, StoreError> {
        Result { () throws(StoreError) in
            try openWriter()
            try seal()
            let snapshot = try store.snapshot()
            journal = []
            regroupedBefore = regrouped
            return snapshot
        }
    }

    /// The state that was being made will not come.
    func endJournal() { journal = nil }

    /// Puts a state that was made since `beginJournal` in place of the present one, all at once.
    func swap(_ state: LiveState) {
        // People were regrouped since it began to be made: it knows them neither as they were nor as they are.
        guard regrouped == regroupedBefore else {
            journal = nil
            tell.requestReload()
            return
        }
        let now = clock()
        live.advance(to: now)
        recordTransitions()
        _ = recorder.flush()
        var next = state.takeLive()
        for entry in journal ?? [] {
            switch entry {
            case .merge(let merge): next.merge(merge.old, into: merge.kept, at: now)
            case .message(let arrival): receive(arrival, by: &next, at: now)
            }
        }
        journal = nil
        next.advance(to: now)
        for (index, segment) in next.segments.enumerated() where segment.isRecorded {
            if let before = names[segment.name], live.segments[before].expression.sameScalars(as: segment.expression),
                !recorder.isOvertaken(segment.name)
            {
                // Ordinals stay; whose they are may have changed since they were recorded.
                let recorded = live.recorded(of: before).map { (ordinal: $0.ordinal, profile: writer.profile(of: $0.ordinal)) }
                next.adopt(index, recorded: recorded, because: regroupedBefore.isEmpty ? .message : .merge)
            } else {
                recorder.begin(segment.name, after: state.lastRecords[segment.name] ?? 0)
            }
        }
        live = consume next
        (regrouped, regroupedBefore) = ([], [])
        (definitions, offers) = (state.definitions, state.offers)
        nameSegments()
        recordTransitions()
    }

    private func finish() {
        recordTransitions()
        if needsWriter { return }
        do throws(StoreError) {
            try writer.commit(source: nil, position: nil)
            if !recorder.flush() { tell.say("Some changes of membership were not recorded; the next start records them.") }
            try writer.close()
        } catch { tell.say("The store could not be closed well: \(error) Nothing that was acknowledged is lost.") }
    }
}
