public import Connectors
public import EventModel
import Foundation
import Live
import Rules
public import Service
public import Storage
import Synchronization

/// A running worker over one store: it takes messages durably, keeps every segment up to date by messages and by the clock, and answers.
///
/// One thread writes and moves people; questions that need the past are answered beside it from snapshots.
public final class Worker: WorkerService {
    let tessera: Tessera
    let workspace: Workspace?
    let limits: WorkerLimits
    let plan: PlanKeeper
    let enrichers: EnricherKeeper
    /// Whether segments are kept up to date.
    let follows: Bool
    /// Answers about people that are kept.
    let cache: ProfileCache
    /// The worker's time.
    let clock: @Sendable () -> Instant
    private let time: WorkerClock
    let news: WorkerNews
    /// What sources say they sent.
    let sent: SentCounts
    /// What the last audit of sources found.
    let sourceAlarms = SourceAlarms()
    /// What brings messages besides those who send them.
    private let connectors: RunningConnectors?
    let inbox: Inbox
    let board = NoticeBoard()
    private let recorder: MembershipRecorder
    private let questions = DispatchQueue(label: "tessera.questions", attributes: .concurrent)
    let upkeep = DispatchQueue(label: "tessera.upkeep")
    let state: Mutex<State>
    /// Where those stand who are given the messages, by their names: from the first of them on the log is kept.
    let logPlaces = Mutex<[String: LogPlace]>([:])
    /// Whether the quarantine is being replayed.
    let replaying = Mutex(false)
    private let ended = DispatchGroup()

    struct State {
        var notReady: String?
        var isStopped = false
        /// What the present live state was made of.
        var definitions: [Definition] = []
        var thresholdsAt: Int64 = 0
    }

    /// Opens the store (and makes it where there is none), becomes its writer, brings every segment up to now, and begins to work.
    ///
    /// - Parameter rules: What links people from now on; nil: the store's own rules. Where the store has others, its people are made anew.
    /// - Parameter settings: Path of the settings file whose tracking plan messages are judged by before they are stored. Changed, it is
    ///   taken over. Without a file, and without a plan in it, all that can be read are taken.
    /// - Parameter environment: Where the secrets of its enrichers are looked up.
    /// - Parameter cache: The bounds of kept answers about people.
    /// - Parameter connectors: Told of in the figures; `RunningConnectors.run` runs them.
    /// - Parameter follows: Whether segments are kept up to date; without it nothing is held in memory for them.
    /// - Parameter clock: The wall clock.
    /// - Parameter report: Takes sentences for the log; they hold no personal data.
    /// - Throws: What keeps the store from being opened, or another process that writes it.
    public init(
        tessera: Tessera, workspace: Workspace? = nil, settings: String? = nil, environment: [String: String] = [:],
        rules: IdentityRules? = nil,
        cache: ProfileCacheLimits = ProfileCacheLimits(), limits: WorkerLimits = WorkerLimits(), connectors: RunningConnectors? = nil,
        follows: Bool = true,
        clock: @escaping @Sendable () -> Instant,
        report: @escaping @Sendable (String) -> Void
    ) throws(CommandError) {
        let time = WorkerClock(wall: clock)
        let clock: @Sendable () -> Instant = { time.now }
        (self.tessera, self.workspace, self.limits, self.follows) = (tessera, workspace, limits, follows)
        (self.time, self.clock, self.cache) = (time, clock, ProfileCache(cache))
        self.connectors = connectors
        sent = SentCounts(store: tessera.path)
        plan = try PlanKeeper(settings: settings, plugins: tessera.plugins)
        enrichers = try EnricherKeeper(settings: settings, plugins: tessera.plugins, environment: environment, report: report)
        news = WorkerNews(report: report)
        inbox = Inbox(limits: limits)
        state = Mutex(State(notReady: "The segments are being brought up to date."))
        let store = try tessera.store(.creating)
        // What was recorded has happened, whatever the wall clock says now.
        if let recorded = try attempt({ try store.snapshot().lastRecorded() }) { time.raise(to: recorded) }
        if time.behind > 1_000 {
            report(
                "The clock is \(time.behind / 1_000) s behind the last recorded change of membership, \(time.now.text). "
                    + "Time stands still for the segments until it has caught up.")
        }
        recorder = MembershipRecorder(store: store, board: board, news: news)
        let writer: any StoreWriter
        if let rules {
            let (made, hadOthers) = try tessera.writer(of: store, by: rules, at: clock())
            if hadOthers { report("The rules of identity changed: who is who was made anew by those of the settings file.") }
            writer = made
        } else {
            writer = try attempt { try store.makeWriter() }
        }
        _ = writer.takeMerges()
        let question: Question
        let live: LiveState
        do throws(CommandError) {
            question = try Self.question(tessera, workspace, clock(), warn: report)
            live = try LiveState(question, now: question.now, follows: follows)
        } catch {
            try? writer.close()
            throw error
        }
        for definition in live.refused { report("The \(definition.name) is not kept up to date: \(definition.reason)") }
        state.withLock { $0.definitions = live.definitions }
        let loop = LoopBox(
            WorkerLoop(
                inbox: inbox, store: store, writer: writer, state: live,
                identifiers: try attempt { try Self.identifiers(question.snapshot) }, quarantine: Quarantine(store: tessera.path),
                recorder: recorder, limits: limits, news: news, cache: self.cache, clock: clock))
        ended.enter()
        let thread = Thread { [ended] in
            loop.take()?.run()
            ended.leave()
        }
        thread.name = "tessera-worker"
        thread.stackSize = 64 << 20
        thread.start()
        state.withLock { $0.notReady = nil }
        scheduleUpkeep()
    }

    /// The loop on its way to its thread.
    private final class LoopBox: @unchecked Sendable {
        // Safe: filled before the thread starts, emptied by it alone.
        private var loop: WorkerLoop?
        init(_ loop: WorkerLoop) { self.loop = loop }
        func take() -> WorkerLoop? {
            defer { loop = nil }
            return loop
        }
    }

    /// Takes nothing more, finishes what was taken, seals it, records it, and gives the store back. Returns when all of that is done.
    public func drain() async {
        state.withLock { state in
            state.isStopped = true
            state.notReady = "The worker is shutting down."
        }
        inbox.close()
        await withCheckedContinuation { done in
            ended.notify(queue: upkeep) { done.resume() }
        }
        board.close()
    }

    // MARK: WorkerService

    public func collect(_ batch: MessageBatch, from source: String) async throws(ServiceError) -> CollectReceipt {
        let batch = enrichers.enriched(plan.judged(batch), at: clock())
        let result: Result<CollectReceipt, ServiceError> = await withCheckedContinuation { answer in
            if let refusal = inbox.add(Inbox.Collection(batch: batch, source: source, answer: answer)) {
                answer.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    public func receive(_ request: ReceivedRequest, for connector: String) async throws(ServiceError) -> RequestAnswer {
        guard let connectors else { throw RunningConnectors.notReceiving }
        return try await connectors.receive(request, for: connector)
    }

    /// The worker's time: the latest that the wall clock ever said, and no earlier than the last recorded change of membership.
    public var now: Instant { time.now }

    public var notReady: String? { state.withLock { $0.notReady } }

    public var figures: [ServiceFigure] {
        let (recorded, waiting) = recorder.counts
        return news.figures + plan.figures + enrichers.figures + cache.figures + (connectors?.figures ?? []) + sourceAlarms.figures + [
            ServiceFigure(
                "tessera_messages_waiting_bytes", .gauge, help: "Bytes of messages that wait for the disk.",
                value: Double(inbox.waitingBytes)),
            ServiceFigure(
                "tessera_membership_changes_total", .counter, help: "Entries and exits that were recorded.", value: Double(recorded)),
            ServiceFigure(
                "tessera_membership_changes_waiting", .gauge, help: "Entries and exits that wait to be recorded.", value: Double(waiting)),
            ServiceFigure(
                "tessera_clock_behind_seconds", .gauge,
                help: "How far the clock is behind the worker's time, which stands still meanwhile.", value: Double(time.behind) / 1_000),
        ]
    }

    public func keep(_ sent: SentCount) async throws(ServiceError) {
        do { try await offThread { [self] in try self.sent.keep(sent) } } catch {
            throw ServiceError(.disk, "The count cannot be kept: \(error).", remedy: "Send it again later.")
        }
    }

    public func answer(_ question: ServiceQuestion) async throws(ServiceError) -> JSONObject {
        try await WorkerAnswers(worker: self).answer(question)
    }

    /// The store's file.
    var path: String { tessera.path }

    // MARK: Asking

    /// Asks the worker's thread, which knows everything up to this moment.
    func now<Answer: Sendable>(_ ask: @escaping @Sendable (WorkerLoop) -> Answer) async throws(ServiceError) -> Answer {
        let result: Result<Answer, ServiceError> = await withCheckedContinuation { done in
            if let refusal = inbox.add({ loop in done.resume(returning: .success(ask(loop))) }) {
                done.resume(returning: .failure(refusal))
            }
        }
        return try result.get()
    }

    /// Asks a snapshot beside the worker's thread; what was acknowledged before is in it.
    func beside<Answer: Sendable>(
        _ ask: @escaping @Sendable (Question) throws(CommandError) -> Answer
    ) async throws(ServiceError) -> Answer {
        let result: Result<Answer, CommandError> = await withCheckedContinuation { done in
            questions.async { [tessera, workspace, clock] in
                done.resume(
                    returning: Result { () throws(CommandError) in try ask(Self.question(tessera, workspace, clock())) })
            }
        }
        do throws(CommandError) { return try result.get() } catch { throw ServiceError(error) }
    }

    /// A question about the store as it is at this moment, with everything that was acknowledged.
    static func question(
        _ tessera: Tessera, _ workspace: Workspace?, _ now: Instant, warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> Question {
        let store = try tessera.store()
        return try Question(
            snapshot: attempt { try store.snapshot() }, workspace: workspace, now: now, threads: 2, interruption: Interruption(), warn: warn
        )
    }

    /// Returns once every change of membership that is known is recorded, or cannot be.
    func recordAll() async { _ = try? await offThread { [recorder] in _ = recorder.flush() } }

    /// Runs something that blocks, off the pool of tasks.
    func offThread<Answer: Sendable>(_ work: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { done in questions.async { done.resume(with: Result { try work() }) } }
    }

    /// Identifiers of the profiles that have more than one, by the least of those that messages carry.
    private static func identifiers(_ snapshot: any StoreSnapshot) throws -> [UInt32: [UInt32]] {
        var own = [[UInt32]](repeating: [], count: snapshot.profileCount)
        for (ordinal, profile) in snapshot.profileOfIdentifier.enumerated() where profile != IdentifierKind.nobody {
            own[Int(profile)].append(UInt32(ordinal))
        }
        var identifiers: [UInt32: [UInt32]] = [:]
        for (profile, least) in try snapshot.leastOrdinals().enumerated() where own[profile].count > 1 { identifiers[least] = own[profile] }
        return identifiers
    }
}

extension ServiceError {
    /// A command's error as the service tells it.
    init(_ error: CommandError) {
        let code: Code =
            switch error.code {
            case .syntax, .kind, .usage: .invalid
            case .data, .held: .conflict
            case .limit: .limit
            case .name: .notFound
            case .disk: .disk
            default: .failed
            }
        self.init(code, error.message, remedy: "", line: error.line, column: error.column)
    }
}
