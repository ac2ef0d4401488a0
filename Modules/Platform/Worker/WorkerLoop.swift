import EventModel
import Foundation
import Live
import Rules
import Service
import Storage

/// The worker's one thread: it alone writes messages, moves people, and knows who is in which segment at this moment.
final class WorkerLoop {
    let inbox: Inbox
    let store: any EventStore
    let limits: WorkerLimits
    let clock: @Sendable () -> Instant
    let tell: WorkerNews
    let cache: ProfileCache
    let quarantine: Quarantine
    /// The last one stays to be asked who is who until another is open.
    var writer: any StoreWriter
    /// The writer failed and gave the store back.
    var needsWriter = false
    var live: LiveMemberships
    /// Indexes of the segments that are saved, by name.
    var names: [String: Int] = [:]
    var offers: LiveOffers
    let recorder: MembershipRecorder
    /// Identifiers of profiles that have more than one.
    var identifiers: [UInt32: [UInt32]] = [:]
    /// Identifiers whose profiles the live state still groups as they were: their messages wait in the journal for a new state.
    var regrouped: Set<UInt32> = []
    /// What they were when the state began to be made that comes next.
    var regroupedBefore: Set<UInt32> = []
    /// What the live state was made of.
    var definitions: [Definition]
    /// Messages and merges since a new state began to be made; nil: none is being made.
    var journal: [JournalEntry]?
    /// When the oldest message was accepted that waits to be sealed, and when another writer is tried: in milliseconds that only grow.
    var unsealedSince: Int64?
    var nextAttempt: Int64 = 0

    enum JournalEntry {
        case merge(ProfileMerge)
        case message(Arrival)
    }

    /// A message that was accepted.
    struct Arrival {
        let accepted: DurableOutcome.Accepted
        let batch: MessageBatch
        let profile: UInt32

        /// The message as its text says it.
        var whole: Message? {
            batch.text.withUnsafeBufferPointer { text in
                try? Message(parsing: UnsafeBufferPointer(rebasing: text[accepted.text]), derivedID: accepted.message.messageID)
            }
        }
    }

    func receive(_ arrival: Arrival, by live: inout LiveMemberships, at now: Instant) {
        live.receive(arrival.accepted.message, of: arrival.profile, at: now) { arrival.whole }
    }

    init(
        inbox: Inbox, store: any EventStore, writer: any StoreWriter, state: LiveState, identifiers: [UInt32: [UInt32]],
        quarantine: Quarantine, recorder: MembershipRecorder, limits: WorkerLimits, news: WorkerNews,
        cache: ProfileCache, clock: @escaping @Sendable () -> Instant
    ) {
        (self.inbox, self.store, self.writer, self.recorder) = (inbox, store, writer, recorder)
        self.cache = cache
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
    var patience: Int {
        if inbox.waitingBytes > 0 { return 0 }
        let now = clock().milliseconds
        var next = now + 1_000
        if let timer = live.nextTimer { next = min(next, timer.milliseconds) }
        if !needsWriter, writer.isSealing { next = min(next, now + Self.sealingTurn) }
        if let unsealedSince { next = min(next, now + unsealedSince + limits.sealAfter - WorkerClock.steady) }
        return Int(max(0, next - now))
    }

    // MARK: Messages

    private func collect(_ collections: [Inbox.Collection]) {
        let outcome: Result<[EnrichedOutcome], StoreError> = Result { () throws(StoreError) in
            try openWriter()
            let outcomes = try append(collections.map(\.batch))
            var rejects: [(reject: Reject, source: String)] = []
            for (collection, outcome) in zip(collections, outcomes) {
                rejects += outcome.own.rejects.map { ($0, collection.source) }
            }
            try quarantine.keep(rejects, at: clock())
            return outcomes
        }
        switch outcome {
        case .success(let outcomes):
            let people = noteChanges(outcomes)
            for (collection, outcome) in zip(collections, outcomes) {
                let receipt = CollectReceipt(
                    accepted: outcome.own.outcome.accepted, duplicates: outcome.own.outcome.duplicates,
                    quarantined: outcome.own.rejects.count, firstReason: outcome.own.rejects.first?.reason)
                tell.count(receipt)
                collection.answer.resume(returning: .success(receipt))
            }
            follow(outcomes, people)
        case .failure(let error):
            giveUpWriter("Messages cannot be stored: \(error)")
            let refusal = ServiceError(
                .disk, "The messages cannot be written now.", remedy: "Send them again later; nothing is doubled.", retryAfter: 2)
            for collection in collections { collection.answer.resume(returning: .failure(refusal)) }
        }
    }

    /// Stores messages that were set aside before. What of them is refused again is told, and stays where it is kept.
    func takeBack(_ batch: EnrichedBatch) -> Result<DurableOutcome, StoreError> {
        let outcome = Result { () throws(StoreError) in
            try openWriter()
            return try append([batch])[0]
        }
        switch outcome {
        case .success(let outcome):
            tell.count(CollectReceipt(accepted: outcome.own.outcome.accepted, duplicates: outcome.own.outcome.duplicates))
            follow([outcome], noteChanges([outcome]))
        case .failure(let error): giveUpWriter("Messages cannot be stored: \(error)")
        }
        return outcome.map(\.own)
    }

    /// Opens a writer in place of one that failed; it reads from the store what was accepted before.
    func openWriter() throws(StoreError) {
        guard needsWriter else { return }
        guard WorkerClock.steady >= nextAttempt else { throw StoreError(.disk, "the store takes nothing yet") }
        nextAttempt = WorkerClock.steady + Self.restAfterFailure
        writer = try store.makeWriter()
        _ = writer.takeMerges()
        needsWriter = false
        tell.say("The store takes messages again.")
        cache.changeAll()
        // Some of what the last writer wrote may be there without having been acknowledged: the live state is made anew.
        tell.requestReload()
    }

    /// Milliseconds after which is looked again whether blocks are made.
    private static let sealingTurn: Int64 = 10

    /// Milliseconds before another writer is tried.
    private static let restAfterFailure: Int64 = 1_000

    func giveUpWriter(_ reason: String) {
        if !needsWriter {
            tell.say(reason)
            try? writer.close()
            nextAttempt = WorkerClock.steady + Self.restAfterFailure
        }
        needsWriter = true
    }

    /// What became of people by messages that were stored.
    private struct PeopleChanges {
        let merges: [ProfileMerge]
        let regrouped: [UInt32]
    }

    /// Sees to it that no answer is kept that messages made another. They are acknowledged afterwards.
    private func noteChanges(_ outcomes: [EnrichedOutcome]) -> PeopleChanges {
        let people = PeopleChanges(merges: writer.takeMerges(), regrouped: writer.takeRegrouped())
        for outcome in outcomes.lazy.flatMap(\.stored) {
            cache.change(outcome.outcome.accepted.lazy.map { self.writer.profile(of: $0.ordinal) })
        }
        if !people.merges.isEmpty { cache.change(people.merges.lazy.flatMap { [$0.old, $0.kept] }) }
        if !people.regrouped.isEmpty { cache.changeAll() }
        if !people.merges.isEmpty || !people.regrouped.isEmpty { tell.noticePeople() }
        return people
    }

    private func follow(_ outcomes: [EnrichedOutcome], _ people: PeopleChanges) {
        let (now, began) = (clock(), WorkerClock.steady)
        if unsealedSince == nil { unsealedSince = began }
        regroup(people.regrouped)
        for merge in people.merges {
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
        for (batch, outcome) in outcomes.lazy.flatMap(\.stored) {
            for accepted in outcome.accepted {
                let entry = Arrival(accepted: accepted, batch: batch, profile: writer.profile(of: accepted.ordinal))
                if regrouped.isEmpty || !regrouped.contains(accepted.ordinal) { receive(entry, by: &live, at: now) }
                journal?.append(.message(entry))
            }
        }
        tell.noticeLag(WorkerClock.steady - began)
    }

    private func sealWhenDue() {
        guard !needsWriter else { return }
        if !writer.isSealing {
            guard let since = unsealedSince, WorkerClock.steady >= since + limits.sealAfter else { return }
            unsealedSince = nil
        }
        // Where that fails the tail holds everything still, and the next writer seals it.
        do throws(StoreError) { try writer.seal() } catch { giveUpWriter("Messages wait to be sealed: \(error)") }
    }

    /// Seals everything at once.
    func sealAll() throws(StoreError) {
        unsealedSince = nil
        try writer.commit(source: nil, position: nil)
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
