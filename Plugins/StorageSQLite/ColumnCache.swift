import Storage
import Synchronization

/// Decoded columns of blocks, within a bound of bytes; the least recently used go first. Blocks never change, so nothing grows stale.
final class ColumnCache: Sendable {
    struct Key: Hashable {
        var block: Int64
        /// A path's number, or below zero for ordinals, times and shapes.
        var column: Int
    }
    enum Value {
        case ordinals(ContiguousArray<UInt32>)
        case times(ContiguousArray<Int64>)
        /// The numbers of the shapes that rows have.
        case shapes(ContiguousArray<Int32>)
        case column(Column)

        var byteCount: Int {
            switch self {
            case .ordinals(let values): values.count * 4
            case .times(let values): values.count * 8
            case .shapes(let values): values.count * 4
            case .column(let column): column.byteCount
            }
        }
    }
    private struct Entry {
        var value: Value
        var used: UInt64
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var clock: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    func value(_ key: Key) -> Value? {
        state.withLock { state in
            guard state.entries[key] != nil else { return nil }
            state.clock += 1
            state.entries[key]?.used = state.clock
            return state.entries[key]?.value
        }
    }

    func keep(_ value: sending Value, for key: Key) {
        let size = value.byteCount
        guard size <= limit / 4 else { return }
        state.withLock { state in
            state.clock += 1
            if let old = state.entries.updateValue(Entry(value: value, used: state.clock), forKey: key) {
                state.bytes -= old.value.byteCount
            }
            state.bytes += size
            guard state.bytes > limit else { return }
            for (key, entry) in state.entries.sorted(by: { $0.value.used < $1.value.used }) {
                if state.bytes <= limit * 3 / 4 { break }
                state.entries[key] = nil
                state.bytes -= entry.value.byteCount
            }
        }
    }
}

extension Column {
    /// Bytes of its arrays, the shared dictionary aside.
    var byteCount: Int { tags.count + numbers.count * 8 + mantissas.count * 8 + texts.count * 4 }
}
