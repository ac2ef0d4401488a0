import Dispatch
import Foundation
import Storage
import Synchronization

extension BlockPlan {
    /// Encodes all blocks on this thread and one more, and gives each of them on this one, in any order.
    func encodeAll(_ give: (EncodedBlock) throws -> Void) throws {
        guard count > 0 else { return }
        let shared = Mutex((next: 0, done: [EncodedBlock]()))
        @Sendable func take() -> Int? {
            shared.withLock { state in
                guard state.next < count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }
        let helper = DispatchGroup()
        if count > 1 {
            helper.enter()
            let thread = Thread {
                while let index = take() { encode(index) { block in shared.withLock { $0.done.append(block) } } }
                helper.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        func drain() throws {
            for block in shared.withLock({ state in
                defer { state.done = [] }
                return state.done
            }) { try give(block) }
        }
        do {
            while let index = take() {
                try encode(index) { block in
                    try give(block)
                    try drain()
                }
            }
        } catch {
            shared.withLock { $0.next = count }
            helper.wait()
            throw error
        }
        helper.wait()
        try drain()
    }
}
