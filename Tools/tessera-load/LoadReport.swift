import EventModel
import Foundation
import Platform

/// What a run came to, as text and as one JSON object.
struct LoadReport {
    /// A promise that the run was held to.
    struct Check {
        var name: String
        var problem: String?
    }
    /// Requests of one kind.
    struct Kind {
        var name: String
        /// Messages a request; 1 for questions.
        var weight: Int
        var due, sent, answered, broken: Int
        var refused: [Int: Int]
        var perSecond: Double
        var latencies, delays: Latencies

        init(_ name: String, _ stream: RequestStream, weight: Int, plan: LoadPlan) {
            (self.name, self.weight) = (name, weight)
            (due, sent, answered) = (stream.total * weight, stream.next * weight, stream.statuses[200, default: 0] * weight)
            broken = stream.broken * weight
            refused = stream.statuses.filter { $0.key != 200 }.mapValues { $0 * weight }
            let seconds = Double(max(stream.lastAnswer, plan.span) - plan.measuredFrom) / 1e9
            perSecond = Double(stream.measured * weight) / seconds
            (latencies, delays) = (stream.latencies, stream.delays)
        }

        var json: JSONObject {
            JSONObject([
                .init("due", .integer(Int64(due))), .init("sent", .integer(Int64(sent))), .init("acknowledged", .integer(Int64(answered))),
                .init(
                    "refused",
                    .object(JSONObject(refused.sorted { $0.key < $1.key }.map { .init("\($0.key)", .integer(Int64($0.value))) }))),
                .init("broken", .integer(Int64(broken))), .init("per_second", .number(perSecond)), .init("latency_ms", latencies.json),
                .init("send_delay_ms", delays.json),
            ])
        }
    }
    var plan: LoadPlan
    var seed: UInt64
    var kinds: [Kind]
    /// Markers that were acknowledged and should be noticed, were noticed, and how long that took; nil where none were sent.
    var membership: (noticed: Int, missing: Int, notices: Int, breaks: Int, latencies: Latencies)?
    var counts: WorkerCounts
    var stored: StoredCheck?
    var worker: ProcessFigures?
    var ownCPU: Double
    var checks: [Check]

    var hasPassed: Bool { checks.allSatisfy { $0.problem == nil } }

    var json: JSONObject {
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        var object = JSONObject([
            .init("seed", .string("\(seed)")), .init("seconds", .number(plan.seconds)), .init("warmup", .number(plan.warmup)),
            .init("batch", number(plan.batch)), .init("people", number(plan.people)),
        ])
        for kind in kinds { object.set(kind.name, .object(kind.json)) }
        if let membership {
            object.set(
                "membership",
                .object(
                    JSONObject([
                        .init("noticed", number(membership.noticed)), .init("missing", number(membership.missing)),
                        .init("notices", number(membership.notices)), .init("breaks", number(membership.breaks)),
                        .init("latency_ms", membership.latencies.json),
                    ])))
        }
        object.set(
            "counted",
            .object(
                JSONObject([
                    .init("accepted", number(counts.accepted)), .init("duplicates", number(counts.duplicates)),
                    .init("quarantined", number(counts.quarantined)),
                ])))
        if let stored {
            object.set(
                "stored",
                .object(
                    JSONObject([
                        .init("distinct", number(stored.distinct)), .init("doubled", number(stored.doubled)),
                        .init("lost", number(stored.lost)), .init("foreign", number(stored.foreign)),
                    ])))
        }
        if let worker {
            object.set(
                "worker",
                .object(
                    JSONObject([
                        .init("peak_memory_bytes", number(worker.peakMemory)), .init("cpu_seconds", .number(worker.cpuSeconds)),
                    ])))
        }
        object.set("generator", .object(JSONObject([.init("cpu_seconds", .number(ownCPU))])))
        object.set(
            "checks",
            .array(
                checks.map { check in
                    .object(
                        JSONObject([
                            .init("name", .string(check.name)), .init("passed", .bool(check.problem == nil)),
                            .init("problem", check.problem.map { .string($0) } ?? .null),
                        ]))
                }))
        object.set("passed", .bool(hasPassed))
        return object
    }

    var text: String {
        var lines = ["seed \(seed)"]
        for kind in kinds {
            let what = kind.weight > 1 ? "messages" : "requests"
            lines.append("")
            lines.append("\(kind.name): \(Figures.fixed(kind.perSecond, digits: 0)) \(what)/s")
            lines.append(
                "  due \(Figures.grouped(kind.due)), sent \(Figures.grouped(kind.sent)), acknowledged \(Figures.grouped(kind.answered))"
                    + kind.refused.sorted { $0.key < $1.key }.map { ", refused with \($0.key) \(Figures.grouped($0.value))" }.joined()
                    + (kind.broken > 0 ? ", broken off \(Figures.grouped(kind.broken))" : ""))
            lines.append("  latency     " + Self.text(kind.latencies))
            lines.append("  send delay  " + Self.text(kind.delays))
        }
        if let membership {
            lines.append("")
            lines.append("membership: from the moment a message was due to the notice that its person entered")
            lines.append(
                "  noticed \(Figures.grouped(membership.noticed)), missing \(Figures.grouped(membership.missing)); notices of all segments "
                    + Figures.grouped(membership.notices) + (membership.breaks > 0 ? "; the stream broke \(membership.breaks) times" : ""))
            lines.append("  latency     " + Self.text(membership.latencies))
        }
        lines.append("")
        lines.append(
            "counted by the worker: accepted \(Figures.grouped(counts.accepted)), duplicates \(Figures.grouped(counts.duplicates)), "
                + "quarantined \(Figures.grouped(counts.quarantined))")
        if let stored {
            lines.append(
                "in the store: \(Figures.grouped(stored.distinct)) of this run, lost \(Figures.grouped(stored.lost)), twice "
                    + "\(Figures.grouped(stored.doubled)), never sent \(Figures.grouped(stored.foreign))")
        }
        if let worker {
            lines.append(
                "the worker: at most \(Figures.bytes(Double(worker.peakMemory))), processor \(Figures.fixed(worker.cpuSeconds, digits: 1)) s"
            )
        }
        lines.append("this program: processor \(Figures.fixed(ownCPU, digits: 1)) s")
        lines.append("")
        for check in checks { lines.append((check.problem.map { "FAILED  \(check.name): \($0)" }) ?? "ok      \(check.name)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ latencies: Latencies) -> String {
        guard latencies.count > 0 else { return "nothing was measured" }
        return Latencies.told.map { "\($0.name) \(Figures.fixed(latencies.milliseconds($0.percentile), digits: 2)) ms" }
            .joined(separator: "   ")
    }
}
