import EventModel
import Foundation
import NIOCore
import NIOPosix
import Platform

/// One run from its first question to its report.
struct LoadRun {
    let plan: LoadPlan
    let seed: UInt64
    let target: Target
    /// The store in which messages are looked for; nil: the worker's counts are compared.
    let store: String?
    let pid: Int32?
    /// The run's own worker, which is stopped before its store is read.
    let worker: StartedWorker?
    /// Segments that it must know; nil: whatever it knows.
    let segments: Int?

    func report() async throws(CommandError) -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { group.shutdownGracefully { _ in } }
        try await checkSegments(group)
        let before = try await counts(group)
        let outcome = try await drive(on: group.next())
        let (after, figures) = (try await counts(group), pid.flatMap { ProcessFigures(pid: $0) })
        var checks = outcome.checks
        if let worker {
            let status = worker.stop()
            checks.append(.init(name: "the worker ended well", problem: status == 0 ? nil : "its status was \(status)"))
        }
        let counts = after - before
        let acknowledged = outcome.fates.count { $0 == .acknowledged } * plan.batch
        checks.append(countCheck(counts, acknowledged, unknown: outcome.fates.count { $0 == .broken || $0 == .sent } * plan.batch))
        var stored: StoredCheck?
        if let store {
            let check = try StoredCheck(store: store, plan: plan, ids: RunIDs(seed: seed), fates: outcome.fates)
            let isKept = check.lost == 0 && check.doubled == 0 && check.foreign == 0
            checks.append(
                .init(
                    name: "every acknowledged message is in the store exactly once",
                    problem: isKept ? nil : "\(check.lost) lost, \(check.doubled) twice, \(check.foreign) never sent"))
            stored = check
        }
        return LoadReport(
            plan: plan, seed: seed, kinds: outcome.kinds, membership: outcome.membership, counts: counts, stored: stored, worker: figures,
            ownCPU: Self.ownCPU, checks: checks)
    }

    /// The worker's counts grew by what it acknowledged. Messages whose answer did not come may be among them or not.
    private func countCheck(_ counts: WorkerCounts, _ acknowledged: Int, unknown: Int) -> LoadReport.Check {
        let taken = counts.accepted + counts.duplicates
        let isKept = (acknowledged...acknowledged + unknown).contains(taken) && counts.duplicates == 0
        return .init(
            name: "the worker counted what it acknowledged",
            problem: isKept
                ? nil
                : "\(acknowledged) acknowledged; accepted \(counts.accepted), duplicates \(counts.duplicates), quarantined "
                    + "\(counts.quarantined). Other clients, an old --seed or a tracking plan make a difference")
    }

    private func checkSegments(_ group: any EventLoopGroup) async throws(CommandError) {
        guard plan.markersEvery > 0 || segments != nil else { return }
        let (status, text) = try await target.ask("/v1/segments", on: group)
        guard status == 200, let list = (try? JSONValue(parsing: text))?.asObject?["segments"]?.asArray else {
            throw CommandError(.failed, "/v1/segments answered with \(status). Give --read-key a key that may read. \(text)")
        }
        let names = list.compactMap { $0.asObject?["name"]?.asString }
        if let segments, names.count != segments {
            throw CommandError(.failed, "The worker keeps \(names.count) segments up to date and not \(segments).")
        }
        guard plan.markersEvery == 0 || names.contains(BatchTemplate.markerSegment) else {
            throw CommandError(
                .failed,
                "The worker has no segment '\(BatchTemplate.markerSegment)', which markers enter. Save it with tessera-shell -c "
                    + "'segment \(BatchTemplate.markerSegment) = did \"\(BatchTemplate.markerEvent)\"', or send none with --mix marker=0.")
        }
    }

    private func counts(_ group: any EventLoopGroup) async throws(CommandError) -> WorkerCounts {
        let (status, text) = try await target.ask("/metrics", on: group)
        guard status == 200 else { throw CommandError(.failed, "/metrics answered with \(status). Is that a worker?") }
        return WorkerCounts(metrics: text)
    }

    /// What driving gave.
    private struct Outcome: Sendable {
        var fates: [Generator.Fate] = []
        var kinds: [LoadReport.Kind] = []
        var membership: (noticed: Int, missing: Int, notices: Int, breaks: Int, latencies: Latencies)?
        var checks: [LoadReport.Check] = []
    }

    /// What lives on the event loop for the time of the run.
    private struct Parts {
        let generator: Generator
        let watch: MembershipWatch?
    }

    private func drive(on loop: any EventLoop) async throws(CommandError) -> Outcome {
        let (plan, ids, target) = (plan, RunIDs(seed: seed), target)
        do {
            let parts = try await loop.submit {
                let generator = Generator(plan, ids: ids, target: target, on: loop, clock: ProgramStart.clock)
                let watch =
                    plan.markersEvery > 0
                    ? MembershipWatch(plan, ids: ids, target: target, on: loop, elapsed: { generator.elapsed }) : nil
                return NIOLoopBound(Parts(generator: generator, watch: watch), eventLoop: loop)
            }.get()
            try await loop.flatSubmit { parts.value.watch?.begin() ?? loop.makeSucceededVoidFuture() }.get()
            try await loop.flatSubmit { parts.value.generator.begin() }.get()
            try await Task.sleep(for: .nanoseconds(plan.span))
            // Answers to the last requests, then notices of the last markers.
            try await wait(seconds: 30) { try await loop.submit { parts.value.generator.isDone }.get() }
            try await wait(seconds: 10) {
                try await loop.submit { parts.value.watch?.missing(parts.value.generator.fates) ?? 0 == 0 }.get()
            }
            return try await loop.submit {
                defer {
                    parts.value.watch?.close()
                    for lane in parts.value.generator.lanes { lane.close() }
                }
                return Self.outcome(parts.value, plan)
            }.get()
        } catch {
            throw CommandError(.failed, "http://\(target.host):\(target.port) cannot be driven: \(error). Start a worker there.")
        }
    }

    private func wait(seconds: Int, until isDone: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try await !isDone(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(5)) }
    }

    private static func outcome(_ parts: Parts, _ plan: LoadPlan) -> Outcome {
        let generator = parts.generator
        var outcome = Outcome(fates: generator.fates)
        if let messages = generator.messages, messages.total > 0 {
            outcome.kinds.append(LoadReport.Kind("collect", messages, weight: plan.batch, plan: plan))
        }
        for ask in LoadPlan.Ask.allCases {
            if let stream = generator.asks[ask] { outcome.kinds.append(LoadReport.Kind(ask.rawValue, stream, weight: 1, plan: plan)) }
        }
        let broken = outcome.kinds.reduce(0) { $0 + $1.broken }
        let faults = Set(generator.lanes.compactMap(\.fault)).sorted().joined(separator: "; ")
        outcome.checks.append(
            .init(
                name: "every request was answered",
                problem: broken == 0 && generator.isDone
                    ? nil : "\(broken) broken off, others late by more than 30 s. \(faults)"))
        if let watch = parts.watch {
            let missing = watch.missing(generator.fates)
            outcome.membership = (watch.noticed, missing, watch.notices, watch.breaks, watch.latencies)
            outcome.checks.append(
                .init(
                    name: "every marker entered its segment, and the notice came",
                    problem: missing == 0 ? nil : "\(missing) notices are missing"))
        }
        return outcome
    }

    /// Processor seconds of this program so far.
    private static var ownCPU: Double {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        #else
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #endif
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }
}
