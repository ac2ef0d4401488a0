import Connectors
import EventModel
import Service

/// One connector at work.
enum ConnectorRun: Sendable {
    case source(SourceRunner)
    case destination(DestinationRunner)

    /// Runs until it ends, cannot go on, or the task is cancelled.
    @discardableResult
    func run() async -> ConnectorPhase {
        switch self {
        case .source(let runner): await runner.run()
        case .destination(let runner): await runner.run()
        }
    }

    /// What it is doing.
    var phase: ConnectorPhase {
        switch self {
        case .source(let runner): runner.progress.phase
        case .destination(let runner): runner.progress.phase
        }
    }

    /// What it did over all runs.
    var told: JSONObject {
        switch self {
        case .source(let runner): runner.progress.state.json
        case .destination(let runner): runner.progress.state.json
        }
    }

    /// What it did in this run: how much its counts grew, and why the first message that was set aside was.
    ///
    /// - Parameter before: What `told` was before.
    func told(since before: JSONObject) -> JSONObject {
        var told = JSONObject()
        for member in self.told.members where member.name != "version" {
            guard case .integer(let now) = member.value else { continue }
            let earlier = if case .integer(let count) = before[member.name] { count } else { Int64(0) }
            told.set(member.name, .integer(now - earlier))
        }
        if case .source(let runner) = self, let reason = runner.firstReason { told.set("firstQuarantined", .string(reason)) }
        return told
    }

    func figures(_ name: String, now: Instant) -> [ServiceFigure] {
        let (phase, failures): (ConnectorPhase, Int)
        var figures: [ServiceFigure] = []
        func count(_ metric: String, _ help: String, _ outcome: String, _ count: Int) {
            figures.append(
                ServiceFigure(metric, .counter, help: help, labels: ["connector": name, "outcome": outcome], value: Double(count)))
        }
        func total(_ metric: String, _ help: String, _ value: Double) {
            figures.append(ServiceFigure(metric, .counter, help: help, labels: ["connector": name], value: value))
        }
        func gauge(_ metric: String, _ help: String, _ value: Double) {
            figures.append(ServiceFigure(metric, .gauge, help: help, labels: ["connector": name], value: value))
        }
        switch self {
        case .source(let runner):
            let progress = runner.progress
            (phase, failures) = (progress.phase, progress.failures)
            let counts = [
                ("accepted", progress.state.accepted), ("duplicates", progress.state.duplicates),
                ("quarantined", progress.state.quarantined),
            ]
            for (outcome, number) in counts {
                count(
                    "tessera_connector_messages_total", "Messages of a connector over all its runs, by what became of them.", outcome,
                    number)
            }
            if let newest = progress.state.newest {
                gauge(
                    "tessera_connector_lag_seconds", "Age of the newest record that a connector has brought.",
                    Double(now.milliseconds - newest.milliseconds) / 1_000)
            }
        case .destination(let runner):
            let progress = runner.progress
            (phase, failures) = (progress.phase, progress.failures)
            for (outcome, number) in [("delivered", progress.state.delivered), ("dead", progress.state.dead)] {
                count(
                    "tessera_connector_records_total", "Records for a destination over all its runs, by what became of them.", outcome,
                    number)
            }
            total("tessera_connector_calls_total", "How often a destination was called since the worker began.", Double(progress.calls))
            total(
                "tessera_connector_call_seconds_total", "How long a destination's calls took in all.", progress.callTime / .seconds(1))
            total(
                "tessera_connector_throttled_total", "How often a destination's other side said when to come again.",
                Double(progress.throttled))
            gauge(
                "tessera_connector_open", "1 while too many failures in a row keep a destination from being tried.",
                progress.isOpen ? 1 : 0)
        }
        if case .destination(let runner) = self, let backlog = runner.progress.backlog {
            gauge("tessera_connector_backlog_bytes", "Bytes of messages that wait to be delivered.", Double(backlog))
        }
        total("tessera_connector_failures_total", "How often a connector failed since the worker began.", Double(failures))
        gauge(
            "tessera_connector_running", "1 while a connector works; 0 while it waits, is paused, or has stopped.",
            phase == .running ? 1 : 0)
        return figures
    }
}
