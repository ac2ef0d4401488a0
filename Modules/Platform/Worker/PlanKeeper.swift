import EventModel
import Foundation
import Service
import Synchronization

/// The tracking plan at work: follows its settings file, judges messages before they are stored, and counts what it finds.
final class PlanKeeper: Sendable {
    private struct State {
        /// nil: all that can be read are taken.
        var plan: TrackingPlan?
        var counters = PlanCounters()
    }
    private let file: FollowedFile?
    private let plugins: Plugins
    private let state = Mutex(State())

    /// - Parameter path: The settings file; nil: there is no plan.
    /// - Throws: What keeps the file from being read, or what is wrong with its plan.
    init(settings path: String?, plugins: Plugins) throws(CommandError) {
        file = path.map { FollowedFile(path: $0) }
        self.plugins = plugins
        try takeOver()
    }

    /// Puts the plan in force that the settings file has at this moment.
    ///
    /// - Throws: What is wrong with it; the plan before stays in force.
    func takeOver() throws(CommandError) {
        guard let file else { return }
        let data = try SettingsFile.data(file.path)
        if file.isTaken(data) { return }
        let plan = try SettingsFile(path: file.path, data: data).trackingPlan(plugins)
        state.withLock { $0.plan = plan }
        file.take(data)
    }

    /// Takes over a file that was changed, once two looks in a row find the same: whoever writes it may be at it still.
    ///
    /// - Throws: As `takeOver`, once a file.
    func follow() throws(CommandError) {
        if file?.look() != nil { try takeOver() }
    }

    /// The batch as it is to be stored: amended messages changed, refused ones among its rejects with the reason, and those that are set
    /// aside as they came.
    ///
    /// - Parameter counting: Whether what is found is counted; what was counted when it came is not counted again.
    ///
    /// Lines keep their places: one that is refused is empty. What cannot be read as a message is left to whoever stores it.
    func judged(_ batch: MessageBatch, counting: Bool = true) -> MessageBatch {
        guard let plan = state.withLock({ $0.plan }) else { return batch }
        var result = batch
        var text = ContiguousArray<UInt8>()
        var copied = 0
        var rejects: [Reject] = []
        var seen = PlanCounters()
        batch.text.withUnsafeBufferPointer { bytes in
            var (start, number) = (0, 0)
            while start < batch.count {
                let end = bytes[start..<batch.count].firstIndex(of: 10) ?? batch.count
                defer { (start, number) = (end + 1, number + 1) }
                guard end > start,
                    let message = try? Message(parsing: UnsafeBufferPointer(rebasing: bytes[start..<end]), derivedID: "none")
                else { continue }
                let verdict = plan.verdict(on: message)
                seen.count(verdict)
                if verdict.outcome == .accepted { continue }
                text.append(contentsOf: bytes[copied..<start])
                copied = end
                if let reason = verdict.reason {
                    let line = batch.lineNumbers.isEmpty ? batch.firstLine + number : batch.lineNumbers[number]
                    var raw = ""
                    if case .quarantined = verdict.outcome {
                        raw = String(decoding: bytes[start..<min(end, start + Reject.longestText)], as: UTF8.self)
                    }
                    rejects.append(Reject(line: line, reason: reason, text: raw))
                } else {
                    verdict.message.json.append(to: &text)
                }
            }
            if copied > 0 || !text.isEmpty { text.append(contentsOf: bytes[copied..<batch.count]) }
        }
        if counting { state.withLock { $0.counters.merge(seen) } }
        guard copied > 0 || !text.isEmpty else { return batch }
        result.count = text.count
        text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        result.text = text
        result.rejects += rejects
        return result
    }

    /// Lets verifiers learn what messages ask of them, and waits for it: where nobody waits for an answer.
    ///
    /// - Parameter limit: How long it waits at most.
    /// - Returns: For each message the rules whose verifier does not know even now; empty where the plan has no verifier.
    func learn(from messages: [String], within limit: Duration) -> [Set<String>] {
        guard let plan = state.withLock({ $0.plan }), !plan.verifiers.isEmpty else { return [] }
        let unverified = { messages.map { plan.unverified(by: $0) } }
        if unverified().allSatisfy(\.isEmpty) { return [] }
        let end = ContinuousClock.now + limit
        for verifier in plan.verifiers { verifier.learn(within: max(.zero, end - .now)) }
        return unverified()
    }

    /// How often each rule was broken, and how often its verifier did not know; what verifiers did.
    var figures: [ServiceFigure] {
        let now = state.withLock { $0.counters }
        let unverified = now.unverified.sorted { $0.key.precedesByScalars($1.key) }.map { rule, count in
            ServiceFigure(
                "tessera_plan_unverified_total", .counter,
                help: "How often a message passed a rule of the tracking plan only since its verifier did not know.",
                labels: ["rule": rule],
                value: Double(count))
        }
        let verifiers = plugins.verifiers.kinds.flatMap { kind in
            kind.counts.map { count in
                ServiceFigure(
                    "tessera_verifier_total", .counter, help: "What the verifiers of the tracking plan did beside the messages.",
                    labels: ["verifier": kind.name, "what": count.what], value: Double(count.count))
            }
        }
        return broken(now) + unverified + verifiers
    }

    private func broken(_ now: PlanCounters) -> [ServiceFigure] {
        now.rules.sorted { ($0.key.rule, $0.key.action.rawValue) < ($1.key.rule, $1.key.action.rawValue) }.map { fired, count in
            ServiceFigure(
                "tessera_plan_rule_total", .counter, help: "How often a rule of the tracking plan was broken, and what came of it.",
                labels: ["rule": fired.rule, "action": fired.action.rawValue], value: Double(count))
        }
    }
}

extension TrackingPlan {
    /// The rules whose verifier does not know yet what it is to say of a message; none where that is no message.
    fileprivate func unverified(by text: String) -> Set<String> {
        let message = (try? JSONValue(parsing: text))?.asObject.flatMap { try? Message(json: $0, derivedID: "none") }
        return Set(message.map { verdict(on: $0).unverified } ?? [])
    }
}
