import Storage
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One number for each distinct text of a query, whatever dictionary it comes from. Safe to use from several threads at once.
final class TextPool: Sendable {
    private struct State: ~Copyable {
        var bytes: ContiguousArray<UInt8> = []
        var offsets: ContiguousArray<UInt32> = [0]
        var hashes: ContiguousArray<UInt64> = []
        /// One more than a text's number, 0 for a free slot.
        var slots = ContiguousArray<UInt32>(repeating: 0, count: 256)
        var frozen: TextDictionary?
    }
    private let state = Mutex(State())

    /// The number of a text, which is entered where it is new.
    func number(of text: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let hash = Self.hash(text)
        return state.withLock { state in
            let mask = state.slots.count - 1
            var slot = Int(truncatingIfNeeded: hash) & mask
            while state.slots[slot] != 0 {
                let number = Int(state.slots[slot] - 1)
                if state.hashes[number] == hash, Self.isEqual(state.bytes, state.offsets, number, text) { return UInt32(number) }
                slot = (slot + 1) & mask
            }
            let number = UInt32(state.hashes.count)
            state.hashes.append(hash)
            state.bytes.append(contentsOf: text)
            state.offsets.append(UInt32(state.bytes.count))
            state.slots[slot] = number + 1
            state.frozen = nil
            if state.hashes.count * 2 > state.slots.count { Self.grow(&state) }
            return number
        }
    }

    /// All texts entered so far, by their numbers. Later texts do not change it.
    func dictionary() -> TextDictionary {
        state.withLock { state in
            if let frozen = state.frozen { return frozen }
            let made = TextDictionary(bytes: state.bytes, offsets: state.offsets)
            state.frozen = made
            return made
        }
    }

    private static func isEqual(
        _ bytes: borrowing ContiguousArray<UInt8>, _ offsets: borrowing ContiguousArray<UInt32>, _ number: Int,
        _ text: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let start = Int(offsets[number])
        guard Int(offsets[number + 1]) - start == text.count else { return false }
        return text.isEmpty || bytes.withUnsafeBufferPointer { memcmp($0.baseAddress! + start, text.baseAddress!, text.count) == 0 }
    }

    private static func grow(_ state: inout State) {
        let mask = state.slots.count * 2 - 1
        state.slots = ContiguousArray(repeating: 0, count: mask + 1)
        for (number, hash) in state.hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while state.slots[slot] != 0 { slot = (slot + 1) & mask }
            state.slots[slot] = UInt32(number) + 1
        }
    }

    private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        // Seeded by the process, so that no one can choose texts that collide.
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(text))
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// The pool's numbers for the texts of one dictionary after another, looked up as they come. Confined to one thread.
struct PooledTexts {
    private let pool: TextPool
    private var dictionary: TextDictionary?
    private var numbers: ContiguousArray<UInt32> = []
    private static let unknown = UInt32.max

    init(_ pool: TextPool) { self.pool = pool }

    /// Turns to a dictionary.
    mutating func use(_ dictionary: TextDictionary?) {
        guard let dictionary, dictionary !== self.dictionary else { return }
        self.dictionary = dictionary
        numbers = ContiguousArray(repeating: Self.unknown, count: dictionary.count)
    }

    /// The pool's number of text `i` of the dictionary in use.
    @inline(__always)
    mutating func number(of i: UInt32) -> UInt32 {
        let known = numbers[Int(i)]
        return known != Self.unknown ? known : lookUp(Int(i))
    }

    private mutating func lookUp(_ i: Int) -> UInt32 {
        guard let dictionary else { preconditionFailure("a text without a dictionary") }
        let number = pool.number(of: TextBytes(dictionary)[i])
        numbers[i] = number
        return number
    }
}
