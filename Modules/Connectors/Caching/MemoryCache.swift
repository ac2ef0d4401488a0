public import EventModel
import Synchronization

/// A cache in the memory of the process: bounded by values and by bytes, and the one that was not asked for the longest goes first.
public final class MemoryCache: Cache {
    private struct Entry {
        var value: ContiguousArray<UInt8>
        var until: Int64
        /// Of the last question.
        var turn: Int
    }
    private struct State {
        var entries: [String: Entry] = [:]
        var bytes = 0
        var turn = 0

        mutating func remove(_ key: String) {
            if let entry = entries.removeValue(forKey: key) { bytes -= MemoryCache.size(entry.value, key) }
        }
    }
    private let most: Int
    private let mostBytes: Int
    private let now: @Sendable () -> Instant
    private let state = Mutex(State())

    /// - Parameter most: Values, at least 1.
    /// - Parameter mostBytes: Bytes of values and keys.
    /// - Parameter now: The clock by which values grow old.
    public init(most: Int, mostBytes: Int = 64 << 20, now: @escaping @Sendable () -> Instant) {
        (self.most, self.mostBytes, self.now) = (max(1, most), mostBytes, now)
    }

    public func values(of keys: [String]) -> [String: ContiguousArray<UInt8>] {
        let present = now().milliseconds
        return state.withLock { state in
            var found: [String: ContiguousArray<UInt8>] = [:]
            for key in keys {
                guard let entry = state.entries[key], present < entry.until else { continue }
                state.turn += 1
                state.entries[key]?.turn = state.turn
                found[key] = entry.value
            }
            return found
        }
    }

    public func keep(_ value: ContiguousArray<UInt8>, of key: String, for lifetime: Duration) {
        let present = now().milliseconds
        state.withLock { state in
            state.remove(key)
            guard CacheBounds.hold(value, of: key) else { return }
            state.turn += 1
            state.entries[key] = Entry(value: value, until: present + max(1, lifetime.milliseconds), turn: state.turn)
            state.bytes += Self.size(value, key)
            if isOver(state) { shrink(&state, at: present) }
        }
    }

    public func forget(_ keys: [String]) { state.withLock { state in for key in keys { state.remove(key) } } }

    public func forgetAll() { state.withLock { $0 = State() } }

    public func probe() -> String {
        let (count, bytes) = state.withLock { ($0.entries.count, $0.bytes) }
        return "In memory: \(count) values with \(bytes) bytes, of \(most) and \(mostBytes)."
    }

    private func isOver(_ state: State) -> Bool { state.entries.count > most || state.bytes > mostBytes }

    /// Those whose time is over go, and then the oldest until a tenth is free, so that not every value has to look for the oldest.
    private func shrink(_ state: inout State, at now: Int64) {
        for (key, entry) in state.entries where entry.until <= now { state.remove(key) }
        guard isOver(state) else { return }
        for (key, _) in state.entries.sorted(by: { $0.value.turn < $1.value.turn }) {
            if state.entries.count <= most - most / 10, state.bytes <= mostBytes - mostBytes / 10 { return }
            state.remove(key)
        }
    }

    private static func size(_ value: ContiguousArray<UInt8>, _ key: String) -> Int { value.count + key.utf8.count }
}
