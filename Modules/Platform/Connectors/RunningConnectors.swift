public import Connectors
public import EventModel
import Foundation
import Service
import Storage
import Synchronization

/// The connectors of a settings file at work: each runs by itself, and a changed file is followed without a restart.
public final class RunningConnectors: Sendable {
    private struct Running {
        var entry: ConnectorPlan.Entry
        var runner: ConnectorRun
        var task: Task<Void, Never>
    }
    private struct State {
        var running: [String: Running] = [:]
        /// Those that were asked to end and may not have yet, by name.
        var ending: [String: Task<Void, Never>] = [:]
        var caches = CachePlan()
        /// The files with secrets of what was taken over last.
        var secrets = SettledChange<SecretFiles>()
        /// What was last kept of how each stands, by name.
        var standings: [String: Standing] = [:]
    }
    /// How a connector stands, for whoever asks without its worker.
    private enum Standing: Equatable {
        case well
        case waiting(ConnectorError), stopped(ConnectorError)

        /// Nil where nothing is known yet, or what was known stands.
        init?(_ phase: ConnectorPhase) {
            switch phase {
            case .running, .finished: self = .well
            case .waiting(let error): self = .waiting(error)
            case .stopped(let error): self = .stopped(error)
            case .starting, .paused, .ended: return nil
            }
        }
    }
    private let file: FollowedFile?
    private let read: @Sendable (SettingsFile) throws -> ConnectorPlan
    private let first: ConnectorPlan
    private let folder: ConnectorFolder
    private let surroundings: ConnectorSurroundings
    private let state = Mutex(State())

    /// How often the settings file and those with secrets are looked at.
    private static let look = Duration.seconds(1)

    /// - Parameter store: Path of the store, beside which positions are kept.
    /// - Parameter settings: Path of the settings file; nil: there is none, and no connector.
    /// - Parameter read: What connectors a settings file names.
    /// - Throws: What is wrong with the file as it is now.
    public init(
        store: String, settings: String?, surroundings: ConnectorSurroundings,
        read: @escaping @Sendable (SettingsFile) throws(CommandError) -> ConnectorPlan
    ) throws(CommandError) {
        (folder, self.surroundings, self.read) = (ConnectorFolder(store: store), surroundings, read)
        file = settings.map { FollowedFile(path: $0) }
        guard let file else {
            first = ConnectorPlan()
            return
        }
        let data = try SettingsFile.data(file.path)
        first = try read(SettingsFile(path: file.path, data: data))
        file.take(data)
    }

    /// Begins destinations that were never delivered to, and holds the log for all: called before the worker takes messages, so that they are
    /// given each of them.
    public func begin(into worker: Worker) async { await begin(first, worker) }

    /// Runs them into a worker until the task is cancelled; returns when all have ended.
    public func run(into worker: Worker) async {
        await begin(first, worker)
        take(first, into: worker)
        while !Task.isCancelled {
            do { try await surroundings.sleep(Self.look) } catch { break }
            await follow(into: worker)
            await keepStandings()
        }
        await keepStandings()
        let tasks = state.withLock { $0.running.values.map(\.task) + $0.ending.values }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Takes the settings file over, where it has changed, or where a file with a secret has.
    private func follow(into worker: Worker) async {
        guard let file else { return }
        let changed = file.look()
        let hasNewSecret = state.withLock { state in state.secrets.taken.map { state.secrets.isNews($0.again) } ?? false }
        // With another secret the settings are those that were taken over: the file as it is may have a mistake.
        guard let data = changed ?? (hasNewSecret ? file.taken : nil) else { return }
        // What is wrong with the file as a whole is told by the worker, which follows it as well.
        guard let settings = try? SettingsFile(path: file.path, data: data) else { return }
        do {
            let plan = try read(settings)
            await begin(plan, worker)
            take(plan, into: worker)
            file.take(data)
        } catch { surroundings.report("The connectors go on as they are: \(error)") }
    }

    /// Keeps how each connector stands, where that has changed. It is no more than told: where it cannot be kept, the next look tries again.
    private func keepStandings() async {
        let (running, known) = state.withLock { ($0.running.mapValues(\.runner), $0.standings) }
        for (name, runner) in running {
            guard let standing = Standing(runner.phase), standing != known[name] else { continue }
            let now = surroundings.now()
            do {
                switch standing {
                case .well: try await folder.keep(trouble: nil, isOver: false, of: name, at: now)
                case .waiting(let error): try await folder.keep(trouble: error, isOver: false, of: name, at: now)
                case .stopped(let error): try await folder.keep(trouble: error, isOver: true, of: name, at: now)
                }
                state.withLock { $0.standings[name] = standing }
            } catch {}
        }
    }

    /// Keeps where destinations begin that have not begun, and holds the log: before any source reads on, which may be what they are for.
    private func begin(_ plan: ConnectorPlan, _ worker: Worker) async {
        for entry in plan.entries where entry.isEnabled {
            guard case .destination(_, let delivery) = entry.work else { continue }
            do throws(ConnectorError) {
                var state = try await folder.deliveryState(of: entry.name) ?? DeliveryState()
                if state.place != nil { continue }
                state.place = try await feed(of: entry.name, delivery, worker).start()
                try await folder.save(state, of: entry.name)
            } catch {
                surroundings.report("The connector \(entry.name) has not begun and tries again. \(error)")
            }
        }
        await hold(plan, worker)
    }

    /// Holds the log of messages for every destination that was delivered to before, whether it runs or not, and for no others.
    private func hold(_ plan: ConnectorPlan, _ worker: Worker) async {
        var places: [String: LogPlace?] = [:]
        for entry in plan.entries {
            guard case .destination(_, let delivery) = entry.work, delivery.needsLog else { continue }
            let checkpoint = try? await folder.deliveryState(of: entry.name)?.place
            places.updateValue(checkpoint.flatMap { try? DeliveryPlace($0, of: entry.name).log }, forKey: entry.name)
        }
        do { try await worker.holdLog(places) } catch {
            surroundings.report("The log of messages cannot be held for the destinations: \(error.message)")
        }
    }

    private func take(_ plan: ConnectorPlan, into worker: Worker) {
        let wanted = plan.entries.filter(\.isEnabled)
        state.withLock { state in
            state.secrets.taken = plan.secrets
            let areCachesNew = state.caches.written != plan.caches.written || state.caches.secrets != plan.caches.secrets
            if areCachesNew { state.caches = plan.caches }
            for (name, running) in state.running
            where areCachesNew || !wanted.contains(where: { $0.isSame(as: running.entry) }) {
                running.task.cancel()
                (state.running[name], state.ending[name]) = (nil, running.task)
            }
            for entry in wanted where state.running[entry.name] == nil {
                let runner = runner(of: entry, into: worker)
                let before = state.ending.removeValue(forKey: entry.name)
                let task = Task {
                    // Two of one name never run at once: they would keep their positions over each other.
                    await before?.value
                    await runner.run()
                }
                state.running[entry.name] = Running(entry: entry, runner: runner, task: task)
            }
        }
    }

    /// Runs one connector to its end: a source's, or to where everything is delivered.
    ///
    /// - Parameter patience: How long failures in a row may go on where the settings name no `maximumAge`. Then it has stopped, and nothing
    ///   else follows of that: no record of a destination becomes a dead letter.
    /// - Returns: How it ended, and what it did: over all runs, and under `thisRun` in this one.
    public func runOnce(
        _ entry: ConnectorPlan.Entry, into worker: Worker, patience: Duration = .seconds(300)
    ) async -> (phase: ConnectorPhase, told: JSONObject) {
        await begin(first, worker)
        // What cannot be read is told when it runs.
        let before = try? await folder.told(of: entry)
        let runner = runner(of: entry, into: worker, once: true)
        let phase = await withTaskGroup(of: ConnectorPhase.self) { group in
            group.addTask { await runner.run() }
            if entry.retry.maximumAge == nil { group.addTask { await self.givenUp(runner, after: patience) } }
            let first = await group.next() ?? .ended
            group.cancelAll()
            return first
        }
        var told = runner.told
        told.set("thisRun", .object(runner.told(since: before ?? JSONObject())))
        return (phase, told)
    }

    /// Waits until a connector has failed for too long, with nothing done meanwhile; `ended` where the task is cancelled before.
    private func givenUp(_ runner: ConnectorRun, after patience: Duration) async -> ConnectorPhase {
        var (done, since) = (runner.told, Duration?.none)
        while true {
            do { try await surroundings.sleep(Self.look) } catch { return .ended }
            if runner.told != done { (done, since) = (runner.told, nil) }
            guard case .waiting(var error) = runner.phase else { continue }
            let now = surroundings.elapsed()
            since = since ?? now
            guard now - (since ?? now) >= patience else { continue }
            error.recovery = .stop
            let seconds = Int(patience / .seconds(1))
            error.remedy = "It failed for \(seconds) s and more: mend that, then run it again. `--within` lets it try for longer."
            return .stopped(error)
        }
    }

    /// What runs one connector into a worker.
    private func runner(of entry: ConnectorPlan.Entry, into worker: Worker, once: Bool = false) -> ConnectorRun {
        switch entry.work {
        case .source(let source):
            .source(
                SourceRunner(
                    name: entry.name, source: source, retry: entry.retry, rate: entry.rate, keeper: folder, surroundings: surroundings,
                    store: { batch throws(ConnectorError) in try await worker.store(batch, of: entry.name) }))
        case .destination(let destination, let plan):
            .destination(
                DestinationRunner(
                    name: entry.name, destination: destination,
                    feed: feed(of: entry.name, plan, worker, skipsOwn: destination.learns, once: once),
                    policy: plan.policy, keeper: folder, surroundings: surroundings,
                    learn: { batch, given throws(ConnectorError) in try await worker.learn(given, of: batch, by: entry.name) }))
        }
    }

    private func feed(
        of name: String, _ plan: DeliveryPlan, _ worker: Worker, skipsOwn: Bool = false, once: Bool = false
    ) -> WorkerFeed {
        WorkerFeed(name: name, plan: plan, worker: worker, surroundings: surroundings, skipsOwn: skipsOwn, endsWhenDone: once)
    }

    /// Hands a request to the source that it is for.
    func receive(_ request: ReceivedRequest, for name: String) async throws(ServiceError) -> RequestAnswer {
        guard case .source(let source)? = state.withLock({ $0.running[name]?.entry.work }), let source = source as? any ReceivingSource
        else { throw Self.notReceiving }
        if await folder.isPaused(name) {
            throw ServiceError(
                .paused, "The connector is paused.", remedy: "Send it again later; nothing is doubled.", retryAfter: Self.pausedRetry)
        }
        return await source.receive(request)
    }

    /// Of requests for which there is nobody.
    static let notReceiving = ServiceError(
        .notFound, "No connector of that name takes requests.", remedy: "Name one of the kind webhook that the settings file has.")
    /// Seconds after which a sender tries again whose connector is paused.
    private static let pausedRetry = 60

    /// Counts and gauges of each connector and cache.
    var figures: [ServiceFigure] {
        let (running, caches) = state.withLock { state in
            (state.running.sorted { $0.key < $1.key }.map { ($0.key, $0.value.runner) }, state.caches)
        }
        let now = surroundings.now()
        return running.flatMap { name, runner in runner.figures(name, now: now) } + caches.figures
    }
}

extension Worker {
    /// Stores a connector's batch; when it returns, that is on disk.
    func store(_ batch: MessageBatch, of connector: String) async throws(ConnectorError) -> SourceRunner.Stored {
        guard batch.count > 0 || !batch.rejects.isEmpty else { return .init(accepted: 0, duplicates: 0, quarantined: 0) }
        do throws(ServiceError) {
            let receipt = try await collect(batch, from: connector)
            return .init(
                accepted: receipt.accepted, duplicates: receipt.duplicates, quarantined: receipt.quarantined,
                firstReason: receipt.firstReason)
        } catch {
            throw ConnectorError(error)
        }
    }
}

extension ConnectorError {
    /// What the worker could not do now, as a connector is told.
    init(_ error: ServiceError) {
        let message = error.message.hasSuffix(".") ? String(error.message.dropLast()) : error.message
        self.init(.retry(after: error.retryAfter.map { .seconds($0) }), at: "worker", message, remedy: error.remedy)
    }
}
