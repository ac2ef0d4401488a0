import Foundation

/// Tells in the library's own process, when that traps, whether its memory is used up: an allocation that failed is the usual reason then.
enum MemoryWatch {
    /// Of these a handler may touch no more than plain memory.
    nonisolated(unsafe) private static var probed = 0
    nonisolated(unsafe) private static var words: UnsafeMutablePointer<CChar>?
    nonisolated(unsafe) private static var count = 0

    /// - Parameter bytes: The memory that the process may use.
    static func begin(bytes: Int) {
        probed = bytes / 8
        words = strdup("\n" + LastWords.memoryUsedUp + "\n")
        count = words.map { strlen($0) } ?? 0
        var action = sigaction()
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = { _ in MemoryWatch.tell() }
        #else
        action.__sigaction_handler.sa_handler = { _ in MemoryWatch.tell() }
        #endif
        // The default comes back with the first one, and the same signal with the return: the process ends by it as it would have.
        for signal in [SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE] { sigaction(signal, &action, nil) }
    }

    private static func tell() {
        let place = mmap(nil, probed, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        if place == MAP_FAILED { write(2, words, count) } else { munmap(place, probed) }
    }
}
