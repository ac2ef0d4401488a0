import BuiltIn
import Connectors
import EventModel
import Foundation
import Logging
import Platform
import ServiceLifecycle

/// Connectors as a service: on shutdown each ends behind the batch that it is at.
struct ConnectorService: Service {
    let connectors: RunningConnectors
    let worker: Worker

    func run() async throws {
        await cancelWhenGracefulShutdown { await connectors.run(into: worker) }
    }
}

extension WorkerPlace {
    /// The connectors of the settings file, as it is at each look.
    func runningConnectors(_ logger: Logger) -> RunningConnectors {
        let start = ContinuousClock.now
        return RunningConnectors(
            store: store,
            surroundings: .init(
                now: ProgramStart.clock, elapsed: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) },
                chance: { Double.random(in: 0..<1) }, report: { logger.warning("\($0)") }),
            read: { try settingsFile().connectors(.builtIn, environment: ProcessInfo.processInfo.environment) })
    }
}
