import Foundation
import Synchronization

/// Whether the work at hand was asked to stop. Safe to ask and to set from any thread.
public final class Interruption: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Nothing has been asked to stop.
    public init() {}

    /// Asks the work to stop at its next chance.
    public func interrupt() { flag.store(true, ordering: .releasing) }

    /// Whether it was asked to stop.
    public var isInterrupted: Bool { flag.load(ordering: .acquiring) }

    /// Throws `CommandError.interrupted` once it was asked to stop.
    public func check() throws(CommandError) { if isInterrupted { throw .interrupted } }
}

/// Ctrl-C as bytes in a pipe, so that a program can wait for it and for its own work at once.
///
/// A signal's handler may do next to nothing; it writes one byte, and whoever waits reads it.
public final class InterruptSignal: Sendable {
    /// What ended a wait.
    public enum Event: Sendable, Equatable {
        /// The user pressed Ctrl-C (or the process was asked to end).
        case interrupt
        /// `wake` was called.
        case finished
    }

    private let reading: Int32
    private let writing: Int32
    /// The pipe's end that the handler writes to; one program has one.
    private static let handlerEnd = Atomic<Int32>(-1)

    /// Takes over SIGINT and SIGTERM. System calls that wait return with an error when one comes.
    public init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "a process can always make a pipe")
        (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        Self.handlerEnd.store(writing, ordering: .releasing)
        var numbers = sigset_t()
        sigemptyset(&numbers)
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in
                var byte = UInt8(ascii: "i")
                let saved = errno
                _ = write(InterruptSignal.handlerEnd.load(ordering: .acquiring), &byte, 1)
                errno = saved
            }
            sigaction(number, &action, nil)
            sigaddset(&numbers, number)
        }
        // Whoever started the program may have blocked them, and a blocked Ctrl-C is none.
        pthread_sigmask(SIG_UNBLOCK, &numbers, nil)
    }

    /// Ends a wait from another thread.
    public func wake() {
        var byte = UInt8(ascii: "f")
        _ = write(writing, &byte, 1)
    }

    /// Waits for Ctrl-C or `wake`; nil after `seconds` (nil: waits as long as it takes).
    public func wait(seconds: Double? = nil) -> Event? {
        while true {
            var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, seconds.map { Int32($0 * 1000) } ?? -1)
            if ready == 0 { return nil }
            if ready < 0 { continue }
            var byte: UInt8 = 0
            guard read(reading, &byte, 1) == 1 else { continue }
            return byte == UInt8(ascii: "i") ? .interrupt : .finished
        }
    }

    /// What ended a wait for input.
    public enum Arrival: Sendable, Equatable {
        /// There is something to read, or the end of it.
        case input
        /// Ctrl-C.
        case interrupt
        /// `wake` was called.
        case finished
        /// The time is over.
        case nothing
    }

    /// Waits until `descriptor` has something to read, Ctrl-C comes, or `wake` is called; at most `seconds` where given.
    public func waitForInput(_ descriptor: Int32, seconds: Double? = nil) -> Arrival {
        while true {
            var both = [descriptor, reading].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let ready = poll(&both, 2, seconds.map { Int32($0 * 1000) } ?? -1)
            if ready == 0 { return .nothing }
            guard ready > 0 else { continue }
            if both[1].revents != 0, let event = wait(seconds: 0) { return event == .interrupt ? .interrupt : .finished }
            if both[0].revents != 0 { return .input }
        }
    }

    /// Forgets what came so far; whether Ctrl-C was among it.
    public func drain() -> Bool {
        var interrupted = false
        while let event = wait(seconds: 0) { if event == .interrupt { interrupted = true } }
        return interrupted
    }
}

/// Runs `work` on another thread and waits for it, or for Ctrl-C.
///
/// After Ctrl-C the work is asked to stop and gets `patience` seconds to do so (nil: all it needs); then, or after another Ctrl-C, it is
/// left behind: its outcome is dropped, and everything that writes asks `interruption` right before it does.
public func interruptible<Value: Sendable>(
    by signal: InterruptSignal, patience: Double? = 3, _ work: @escaping @Sendable (Interruption) throws(CommandError) -> Value
) throws(CommandError) -> Value {
    let interruption = Interruption()
    let shared = Shared<Result<Value, CommandError>>()
    let thread = Thread {
        let result = Result { () throws(CommandError) in try work(interruption) }
        shared.outcome.withLock { $0 = result }
        signal.wake()
    }
    thread.stackSize = 64 << 20  // Expressions may nest as deep as their limit says.
    thread.start()
    while true {
        switch signal.wait(seconds: interruption.isInterrupted ? patience : nil) {
        case .interrupt:
            if interruption.isInterrupted { throw .interrupted }
            interruption.interrupt()
        case .finished:
            if let result = shared.outcome.withLock({ $0 }) { return try result.get() }
        case nil: throw .interrupted
        }
    }
}

/// Where a thread leaves its outcome.
private final class Shared<Outcome: Sendable>: Sendable {
    let outcome = Mutex<Outcome?>(nil)
}
