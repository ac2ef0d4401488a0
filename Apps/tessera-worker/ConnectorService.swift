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
    /// The connectors of the settings file, which is followed.
    func runningConnectors(_ logger: Logger) throws(CommandError) -> RunningConnectors {
        let start = ContinuousClock.now
        return try RunningConnectors(
            store: store, settings: settings,
            surroundings: .init(
                now: ProgramStart.clock, elapsed: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) },
                chance: { Double.random(in: 0..<1) }, report: { logger.warning("\($0)") }),
            read: { file throws(CommandError) in
                try file.connectors(
                    .builtIn, environment: ProcessInfo.processInfo.environment, report: { logger.info("\($0)") })
            })
    }
}
