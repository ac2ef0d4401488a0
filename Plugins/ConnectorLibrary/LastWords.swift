import Foundation
import Synchronization

/// Reads what a library's process writes to its standard error until that is closed, and keeps what says why it trapped.
final class LastWords: Sendable {
    /// Written by the process itself when it traps and its memory is used up.
    static let memoryUsedUp = "tessera: the memory that this process may use is used up"
    /// Bytes of a line that are kept: these are words of the library's author.
    static let longestLine = 500
    private static let traps = ["Fatal error: ", "Fatal error\n", "terminating due to", "terminate called", "Assertion "]
    private static let allocations = ["Could not allocate memory", "bad_alloc", "out of memory"]

    private struct State {
        var trap: String?
        var isMemoryUsedUp = false
        var isOver = false
    }
    private let state = Mutex(State())

    /// - Parameter descriptor: Read by a thread of its own, and closed by it.
    /// - Parameter isShown: Whether everything goes on to this process's standard error.
    init(reading descriptor: Int32, isShown: Bool) {
        Thread.detachNewThread { [self] in
            var line: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(descriptor, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                if isShown { _ = write(2, bytes, count) }
                for byte in bytes[..<count] {
                    if byte != 10 { if line.count < Self.longestLine { line.append(byte) } } else { take(&line) }
                }
            }
            take(&line)
            close(descriptor)
            state.withLock { $0.isOver = true }
        }
    }

    private func take(_ line: inout [UInt8]) {
        let text = String(decoding: line, as: UTF8.self) + "\n"
        line.removeAll(keepingCapacity: true)
        state.withLock { state in
            if text.contains(Self.memoryUsedUp) || Self.allocations.contains(where: text.contains) { state.isMemoryUsedUp = true }
            guard Self.traps.contains(where: text.contains) else { return }
            // With the place before them: it is the author's own file and line.
            var said = text.dropLast().prefix(Self.longestLine)
            while said.last == "." { said.removeLast() }
            state.trap = String(said)
        }
    }

    /// Waits a moment for what the process wrote before it ended.
    func after() -> (trap: String?, isMemoryUsedUp: Bool) {
        for _ in 0..<200 where !state.withLock({ $0.isOver }) { usleep(5_000) }
        return state.withLock { ($0.trap, $0.isMemoryUsedUp) }
    }
}
