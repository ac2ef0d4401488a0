import Synchronization

/// Hands things from the task that has them to the one that asks, one at a time: nothing more is fetched before the last was taken.
package final class Handover<Thing: Sendable>: Sendable {
    private struct State {
        var thing: Thing?
        var giver: CheckedContinuation<Bool, Never>?
        var taker: CheckedContinuation<Thing?, Never>?
        /// Nobody will take anything more.
        var isAbandoned = false
        /// Nothing more will be given.
        var isFinished = false
    }
    private let state = Mutex(State())

    /// Nothing waits.
    package init() {}

    /// Gives a thing and waits until it was taken; false where nobody will take it, or the task was cancelled.
    package func give(_ thing: Thing) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: (Bool, CheckedContinuation<Thing?, Never>?)? = state.withLock { state in
                    if state.isAbandoned { return (false, nil) }
                    if let taker = state.taker {
                        state.taker = nil
                        return (true, taker)
                    }
                    (state.thing, state.giver) = (thing, continuation)
                    return nil
                }
                guard let (isTaken, taker) = answer else { return }
                taker?.resume(returning: thing)
                continuation.resume(returning: isTaken)
            }
        } onCancel: {
            abandon()
        }
    }

    /// Waits for the next thing; nil when nothing more will be given.
    package func take() async -> Thing? {
        await withCheckedContinuation { continuation in
            let answer: (Thing?, CheckedContinuation<Bool, Never>?)? = state.withLock { state in
                if let thing = state.thing {
                    let giver = state.giver
                    (state.thing, state.giver) = (nil, nil)
                    return (thing, giver)
                }
                if state.isFinished { return (nil, nil) }
                state.taker = continuation
                return nil
            }
            guard let (thing, giver) = answer else { return }
            giver?.resume(returning: true)
            continuation.resume(returning: thing)
        }
    }

    /// Nothing more will be taken: who gives is let go.
    package func abandon() {
        let giver = state.withLock { state in
            let giver = state.giver
            (state.thing, state.giver, state.isAbandoned) = (nil, nil, true)
            return giver
        }
        giver?.resume(returning: false)
    }

    /// Whether nothing more will be given. What was given last may still wait.
    package var isFinished: Bool { state.withLock { $0.isFinished } }

    /// Nothing more will be given: who takes is let go.
    package func finish() {
        let taker = state.withLock { state in
            let taker = state.taker
            (state.taker, state.isFinished) = (nil, true)
            return taker
        }
        taker?.resume(returning: nil)
    }
}
