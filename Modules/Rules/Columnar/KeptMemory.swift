import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Large pieces of memory that one question gives back and the next takes again, so that the system need not clear its pages anew.
///
/// It holds no answers, only room. (The suite's eight segments at once over a million profiles took 300 ms of processor time with memory
/// from the system each time, 200 ms with memory kept.)
enum KeptMemory {
    private struct State {
        /// Addresses by size.
        var pieces: [Int: [UInt]] = [:]
        var bytes = 0
    }
    private static let state = Mutex(State())
    /// Bytes kept between questions at most.
    static let limit = 256 << 20
    /// Smaller pieces come from the system, which is quick with them.
    private static let least = 256 << 10

    /// Sizes are rounded up by an eighth at most, so that pieces of nearly one size serve one another: how many rows come to a thread
    /// differs from run to run.
    private static func rounded(_ bytes: Int) -> Int {
        guard bytes >= least else { return max(1, bytes) }
        let step = 1 << (Int.bitWidth - 1 - bytes.leadingZeroBitCount - 3)
        return (bytes + step - 1) & ~(step - 1)
    }

    /// Room of so many bytes; all zero when asked for.
    static func take(_ bytes: Int, zeroed: Bool) -> UnsafeMutableRawPointer {
        let size = rounded(bytes)
        if size >= least, let address = state.withLock({ take(size, &$0) }), let room = UnsafeMutableRawPointer(bitPattern: address) {
            if zeroed { memset(room, 0, bytes) }
            return room
        }
        guard let room = zeroed ? calloc(size, 1) : malloc(size) else { fatalError("no memory is left for \(bytes) bytes") }
        return room
    }

    private static func take(_ size: Int, _ state: inout State) -> UInt? {
        guard let address = state.pieces[size]?.popLast() else { return nil }
        state.bytes -= size
        return address
    }

    /// Gives back what `take` gave for that many bytes.
    static func give(_ room: UnsafeMutableRawPointer, _ bytes: Int) {
        let size = rounded(bytes)
        guard size >= least, size <= limit / 4 else {
            free(room)
            return
        }
        let address = UInt(bitPattern: room)
        let dropped = state.withLock { state -> [UInt] in
            var dropped: [UInt] = []
            if state.bytes + size > limit {
                // Other questions, other sizes: what lies here was made for earlier ones.
                dropped = state.pieces.values.flatMap { $0 }
                state = State()
            }
            state.pieces[size, default: []].append(address)
            state.bytes += size
            return dropped
        }
        for address in dropped { free(UnsafeMutableRawPointer(bitPattern: address)) }
    }
}

/// Room for numbers, all of them `value`; the caller gives it back with `release`.
func filled<Element: BitwiseCopyable>(with value: Element, count: Int) -> UnsafeMutablePointer<Element> {
    let isZero = withUnsafeBytes(of: value) { bytes in bytes.allSatisfy { $0 == 0 } }
    let start = KeptMemory.take(count * MemoryLayout<Element>.stride, zeroed: isZero).bindMemory(to: Element.self, capacity: max(1, count))
    if !isZero { start.initialize(repeating: value, count: count) }
    return start
}

/// Gives back room for `count` numbers.
func release<Element: BitwiseCopyable>(_ start: UnsafeMutablePointer<Element>, count: Int) {
    KeptMemory.give(start, count * MemoryLayout<Element>.stride)
}
