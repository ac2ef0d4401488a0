import Dispatch
import EventModel
import Live
import Rules
import Storage
import Synchronization

/// What a worker sees to by itself, about once a second.
extension Worker {
    func scheduleUpkeep() {
        upkeep.asyncAfter(deadline: .now() + .milliseconds(Int(limits.definitionsEvery))) { [weak self] in
            guard let self, !state.withLock({ $0.isStopped }) else { return }
            // Where the clock was set back, the thread's wait is longer than it was meant to be.
            inbox.ring()
            keepUp()
            scheduleUpkeep()
        }
    }

    /// Takes over a changed tracking plan and changed enrichers, makes the live state anew where definitions changed, and moves the bounds of percentiles.
    func keepUp() {
        followSettings()
        do throws(CommandError) {
            let store = try tessera.store()
            let saved = try attempt { try store.definitions() }
            let definitions = Question.merged(store: saved, workspace: try workspace?.definitions() ?? [], warn: { _ in })
                .filter { $0.kind != .model }
            if news.takeReload() || definitions != state.withLock({ $0.definitions }) {
                try reload()
            } else if WorkerClock.steady >= state.withLock({ $0.thresholdsAt }) + limits.thresholdsEvery {
                _ = try refreshThresholds()
            }
        } catch { news.say("The definitions could not be taken over; the ones before count. \(error.message)") }
    }

    /// Takes over what has changed in the settings file. What is wrong with the file as a whole is told once, for connectors as well.
    private func followSettings() {
        func failure(_ follow: () throws(CommandError) -> Void) -> CommandError? {
            do throws(CommandError) { try follow() } catch { return error }
            return nil
        }
        let ofPlan = failure { () throws(CommandError) in try plan.follow() }
        let ofEnrichers = failure { () throws(CommandError) in try enrichers.follow() }
        if let ofPlan, ofPlan == ofEnrichers {
            return news.say("The settings file could not be taken over; what it said before counts. \(ofPlan.message)")
        }
        if let ofPlan { news.say("The tracking plan could not be taken over; the one before counts. \(ofPlan.message)") }
        if let ofEnrichers { news.say("The enrichers could not be taken over; the ones before count. \(ofEnrichers.message)") }
    }

    private func reload() throws(CommandError) {
        // The journal begins with the snapshot, so that nothing falls between them and nothing is in both.
        guard let begun = onThread({ $0.beginJournal() }) else { return }
        do throws(CommandError) {
            let snapshot = try attempt { try begun.get() }
            let question = try Question(
                snapshot: snapshot, workspace: workspace, now: clock(), threads: 2, interruption: Interruption(), warn: { _ in })
            let live = try LiveState(question, now: question.now, follows: follows)
            for definition in live.refused { news.say("The \(definition.name) is not kept up to date: \(definition.reason)") }
            let definitions = live.definitions
            if onThread({ $0.swap(live) }) != nil { state.withLock { $0.definitions = definitions } }
            board.definitionsChanged()
        } catch {
            _ = onThread { $0.endJournal() }
            news.requestReload()
            throw error
        }
    }

    /// Does something on the worker's thread and waits for it; nil where the worker takes nothing more.
    func onThread<Answer: Sendable>(_ work: @escaping @Sendable (WorkerLoop) -> Answer) -> Answer? {
        let done = DispatchSemaphore(value: 0)
        let answer = Mutex<Answer?>(nil)
        let refusal = inbox.add { loop in
            let own = work(loop)
            answer.withLock { $0 = own }
            done.signal()
        }
        if refusal != nil { return nil }
        done.wait()
        return answer.withLock { $0 }
    }

    /// Takes the bounds of percentiles anew; gives how many segments have any.
    func refreshThresholds() throws(CommandError) -> Int {
        state.withLock { $0.thresholdsAt = WorkerClock.steady }
        var count = 0
        let question = try Self.question(tessera, workspace, clock())
        for segment in LiveRules(question).segments where segment.thresholds != .none {
            _ = inbox.add { loop in loop.refresh(segment.rule, segment.thresholds) }
            count += segment.isRecorded ? 1 : 0
        }
        return count
    }

    /// Makes the live state anew at the next look at the definitions.
    func requestReload() { news.requestReload() }
}
