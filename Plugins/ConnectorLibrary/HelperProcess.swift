import Connectors
import Foundation
import Synchronization

/// A library's helper process, started and ended.
struct HelperProcess: Sendable {
    let process: pid_t
    let channel: FrameChannel
    private let memory: Int
    private let words: LastWords

    /// The variables of the worker that a library sees: secrets among the others stay out of it.
    private static let environment = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "TMPDIR"]

    /// The worker's program: the one that runs, or the one beside it.
    static var program: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("tessera-worker").path
    }

    /// - Parameter memory: Bytes that it may use.
    /// - Parameter isShown: Whether what it writes to standard error goes on to this process's.
    init(_ library: String, memory: Int, isShown: Bool) throws(ConnectorError) {
        let program = Self.program
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Self.failure(program, errno)
        }
        var errors: [Int32] = [-1, -1]
        guard pipe(&errors) == 0, errors.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            let number = errno
            for end in ends { Foundation.close(end) }
            throw Self.failure(program, number)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // What a library prints would stand among the worker's own lines.
        for descriptor in Int32(0)...1 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
        posix_spawn_file_actions_adddup2(&actions, ends[1], LibraryHelper.descriptor)
        // A trap of Swift would be held for seconds to print where it was.
        let variables =
            ProcessInfo.processInfo.environment.filter { Self.environment.contains($0.key) }.map { "\($0)=\($1)" }
            + ["SWIFT_BACKTRACE=enable=no"]
        var process: pid_t = 0
        let failed = Self.texts([program, LibraryHelper.command, library, String(memory)]) { arguments in
            Self.texts(variables) { posix_spawn(&process, program, &actions, nil, arguments, $0) }
        }
        Foundation.close(ends[1])
        Foundation.close(errors[1])
        guard failed == 0 else {
            Foundation.close(ends[0])
            Foundation.close(errors[0])
            throw Self.failure(program, failed)
        }
        (self.process, channel, self.memory) = (process, FrameChannel(descriptor: ends[0]), memory)
        words = LastWords(reading: errors[0], isShown: isShown)
    }

    private static func failure(_ program: String, _ number: Int32) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: program, "the process for the library cannot be started (\(String(cString: strerror(number))))",
            remedy: "It is the worker's own program. `inProcess: true` does without it.")
    }

    private static func texts<Answer>(_ texts: [String], _ use: ([UnsafeMutablePointer<CChar>?]) -> Answer) -> Answer {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return use(copies + [nil])
    }

    /// Ends it.
    func end() { _ = ending(patience: 20) }

    /// Says how one ended that closed its line.
    ///
    /// - Returns: A sentence's part; nil where it ended well.
    func ended() -> String? {
        // Its memory may still have to be given back, or written to a core file.
        guard let status = ending(patience: 1_000) else { return "it closed its line and was stopped" }
        return sentence(status)
    }

    /// Waits for its end, and ends it where that does not come.
    ///
    /// - Parameter patience: In hundredths of a second.
    /// - Returns: Its status, where it ended by itself.
    private func ending(patience: Int) -> Int32? {
        Foundation.close(channel.descriptor)
        var status: Int32 = 0
        // It ends by itself when the line is closed, unless it hangs.
        for _ in 0..<patience {
            switch waitpid(process, &status, WNOHANG) {
            case process: return status
            case -1 where errno != EINTR: return nil
            default: usleep(10_000)
            }
        }
        kill(process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return nil
    }

    private func sentence(_ status: Int32) -> String? {
        let signal = status & 0x7f
        if signal == 0 { return status >> 8 & 0xff == 0 ? nil : "it ended with the status \(status >> 8 & 0xff)" }
        if signal == SIGKILL { return "it was killed (signal 9), perhaps by the system for want of memory" }
        let said = words.after()
        return "it trapped (signal \(signal), \(String(cString: strsignal(signal))))"
            + (said.isMemoryUsedUp ? "; the \(memory >> 20) MiB that the setting `memory` allows were used up" : "")
            + (said.trap.map { ": \($0)" } ?? "")
    }
}
