import EventModel
import Jobs
import Logging
import Platform
import ServiceLifecycle

/// Jobs as a service: begins nothing more on shutdown, and gives what runs some time.
struct JobService: Service {
    let runner: JobRunner

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await runner.run()
        } onGracefulShutdown: {
            Task { await runner.stop(within: .seconds(10)) }
        }
    }
}

extension Worker {
    /// Runs this worker's jobs by a plan.
    func jobRunner(_ plan: JobPlan, _ logger: Logger) -> JobRunner {
        JobRunner(
            plan: plan, bodies: jobBodies, keeper: jobLedger, clock: ProgramStart.clock, sleep: { try await Task.sleep(for: $0) },
            report: { notice in
                switch notice {
                case .started(let run): logger.info("Job \(run.job) begins.")
                case .ended(let job, let entry): logger.info("Job \(job) ended: \(entry.outcome?.rawValue ?? "running"). \(entry.message)")
                case .trouble(let sentence): logger.warning("Jobs: \(sentence)")
                }
            })
    }
}
