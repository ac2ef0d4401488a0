public import Connectors
import EventModel
import Foundation
import Service
import Synchronization

/// The connectors of a settings file at work: each runs by itself, and a changed file is followed without a restart.
public final class RunningConnectors: Sendable {
    private struct Running {
        var entry: ConnectorPlan.Entry
        var runner: SourceRunner
        var task: Task<Void, Never>
    }
    private struct State {
        var running: [String: Running] = [:]
        /// The section that they are of.
        var taken: SettingsFile.Section?
        /// A section that was refused: it is told once.
        var refused: SettingsFile.Section?
    }
    private let read: @Sendable () throws -> (section: SettingsFile.Section, plan: ConnectorPlan)
    private let folder: ConnectorFolder
    private let surroundings: SourceRunner.Surroundings
    private let state = Mutex(State())

    /// How often the settings file is looked at.
    private static let look = Duration.seconds(1)

    /// - Parameter store: Path of the store, beside which positions are kept.
    /// - Parameter read: Reads the settings file as it is now.
    public init(
        store: String, surroundings: SourceRunner.Surroundings,
        read: @escaping @Sendable () throws -> (section: SettingsFile.Section, plan: ConnectorPlan)
    ) {
        (folder, self.surroundings, self.read) = (ConnectorFolder(store: store), surroundings, read)
    }

    /// Runs them into a worker until the task is cancelled; returns when all have ended.
    public func run(into worker: Worker) async {
        while !Task.isCancelled {
            follow(into: worker)
            do { try await surroundings.sleep(Self.look) } catch { break }
        }
        let tasks = state.withLock { $0.running.values.map(\.task) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Takes the settings file over, where it has changed.
    private func follow(into worker: Worker) {
        do {
            let (section, plan) = try read()
            let isNews = state.withLock { state in
                defer { (state.taken, state.refused) = (section, nil) }
                return state.taken != section
            }
            if isNews { take(plan, into: worker) }
        } catch {
            let told = SettingsFile.Section(refusal: "\(error)")
            let isNews = state.withLock { state in
                defer { state.refused = told }
                return state.refused != told
            }
            if isNews { surroundings.report("The connectors go on as they are: \(error)") }
        }
    }

    private func take(_ plan: ConnectorPlan, into worker: Worker) {
        let wanted = plan.entries.filter(\.isEnabled)
        let ended = state.withLock { state in
            let gone = state.running.filter { name, running in !wanted.contains { $0.name == name && $0.written == running.entry.written } }
            for name in gone.keys { state.running[name] = nil }
            return gone
        }
        for running in ended.values { running.task.cancel() }
        for entry in wanted where state.withLock({ $0.running[entry.name] == nil }) {
            let runner = runner(of: entry, into: worker)
            let before = ended[entry.name]?.task
            let task = Task {
                // Two of one name never run at once: they would keep their positions over each other.
                await before?.value
                _ = await runner.run()
            }
            state.withLock { $0.running[entry.name] = Running(entry: entry, runner: runner, task: task) }
        }
    }

    /// What runs one connector into a worker.
    public func runner(of entry: ConnectorPlan.Entry, into worker: Worker) -> SourceRunner {
        SourceRunner(
            name: entry.name, source: entry.source, retry: entry.retry, rate: entry.rate, keeper: folder, surroundings: surroundings,
            store: { batch throws(ConnectorError) in try await worker.store(batch, of: entry.name) })
    }

    /// Counts and gauges of each connector.
    var figures: [ServiceFigure] {
        let running = state.withLock { $0.running.sorted { $0.key < $1.key }.map { ($0.key, $0.value.runner.progress) } }
        let now = surroundings.now()
        return running.flatMap { name, progress -> [ServiceFigure] in
            let counts = [
                ("accepted", progress.state.accepted), ("duplicates", progress.state.duplicates),
                ("quarantined", progress.state.quarantined),
            ]
            var figures = counts.map { outcome, count in
                ServiceFigure(
                    "tessera_connector_messages_total", .counter,
                    help: "Messages of a connector over all its runs, by what became of them.",
                    labels: ["connector": name, "outcome": outcome], value: Double(count))
            }
            figures.append(
                ServiceFigure(
                    "tessera_connector_failures_total", .counter, help: "How often a connector failed since the worker began.",
                    labels: ["connector": name], value: Double(progress.failures)))
            figures.append(
                ServiceFigure(
                    "tessera_connector_running", .gauge, help: "1 while a connector reads; 0 while it waits, is paused, or has stopped.",
                    labels: ["connector": name], value: progress.phase == .running ? 1 : 0))
            if let newest = progress.state.newest {
                figures.append(
                    ServiceFigure(
                        "tessera_connector_lag_seconds", .gauge, help: "Age of the newest record that a connector has brought.",
                        labels: ["connector": name], value: Double(now.milliseconds - newest.milliseconds) / 1_000))
            }
            return figures
        }
    }
}

extension Worker {
    /// Stores a connector's batch; when it returns, that is on disk.
    func store(_ batch: MessageBatch, of connector: String) async throws(ConnectorError) -> SourceRunner.Stored {
        guard batch.count > 0 || !batch.rejects.isEmpty else { return .init(accepted: 0, duplicates: 0, quarantined: 0) }
        do throws(ServiceError) {
            let receipt = try await collect(batch, from: connector)
            return .init(accepted: receipt.accepted, duplicates: receipt.duplicates, quarantined: receipt.quarantined)
        } catch {
            throw ConnectorError(
                .retry(after: error.retryAfter.map { .seconds($0) }), at: "worker", error.message.trimmingSuffix("."), remedy: error.remedy)
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
