import EventModel
import Foundation
import Service
import Synchronization

/// The tracking plan at work: follows its settings file, judges messages before they are stored, and counts what it finds.
final class PlanKeeper: Sendable {
    private struct State {
        /// nil: all that can be read are taken.
        var plan: TrackingPlan?
        /// The file that the plan is of.
        var taken: Data?
        /// The file at the last look, and at the one before.
        var seen, before: Data?
        var counters = PlanCounters()
    }
    private let path: String?
    private let state = Mutex(State())

    /// - Parameter path: The settings file; nil: there is no plan.
    /// - Throws: What keeps the file from being read, or what is wrong with its plan.
    init(settings path: String?) throws(CommandError) {
        self.path = path
        try takeOver()
    }

    /// Puts the plan in force that the settings file has at this moment.
    ///
    /// - Throws: What is wrong with it; the plan before stays in force.
    func takeOver() throws(CommandError) {
        guard let path else { return }
        let data = try SettingsFile.data(path)
        if state.withLock({ $0.taken == data }) { return }
        let plan = try SettingsFile(path: path, data: data).trackingPlan()
        state.withLock { state in (state.plan, state.taken) = (plan, data) }
    }

    /// Takes over a file that was changed, once two looks in a row find the same: whoever writes it may be at it still.
    ///
    /// - Throws: As `takeOver`, once a file.
    func follow() throws(CommandError) {
        guard let path, let data = FileManager.default.contents(atPath: path) else { return }
        let isDue = state.withLock { state in
            defer { (state.before, state.seen) = (state.seen, data) }
            // A third look at the same finds what the second one did.
            return data != state.taken && data == state.seen && data != state.before
        }
        if isDue { try takeOver() }
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

    /// Messages by what became of them, and how often each rule was broken.
    var figures: [ServiceFigure] {
        let now = state.withLock { $0.counters }
        return now.rules.sorted { ($0.key.rule, $0.key.action.rawValue) < ($1.key.rule, $1.key.action.rawValue) }.map { fired, count in
            ServiceFigure(
                "tessera_plan_rule_total", .counter, help: "How often a rule of the tracking plan was broken, and what came of it.",
                labels: ["rule": fired.rule, "action": fired.action.rawValue], value: Double(count))
        }
    }
}
