import Connectors
import EventModel
import Foundation
import Synchronization

/// Standard output of the process: lines come out whole, one after the other, whichever connectors write them.
final class StandardOutput: Sendable {
    /// The one of this process.
    static let own = StandardOutput(descriptor: 1)
    /// How it is written as a path.
    static let paths = ["-", "/dev/stdout"]
    static let name = "standard output"

    private let descriptor: Int32
    private let queue = BlockingQueue("files")
    /// What is missing of a line that was cut short: it comes before anything else. Only the queue locks it.
    private let rest = Mutex<ContiguousArray<UInt8>>([])

    /// Milliseconds after which it is asked whether somebody still wants to write.
    private static let look: Int32 = 250
    /// What a pipe that is ready takes at once without a wait (PIPE_BUF): a reader that stands still holds up no thread.
    private static let piece = 4_096
    /// A reader that goes away ends the delivery, not the process.
    private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// - Parameter descriptor: Stays open.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        Self.ignoreBrokenPipes
    }

    /// Writes lines.
    ///
    /// - Returns: How many are out, and why those behind them are not. A line that was begun counts: its rest comes first the next time.
    func write(_ text: ContiguousArray<UInt8>) async -> (lines: Int, failure: ConnectorError?) {
        do throws(ConnectorError) {
            return try await queue.run { cancellation throws(ConnectorError) in
                self.rest.withLock { self.write(text, behind: &$0, cancellation) }
            }
        } catch { return (0, error) }
    }

    private func write(
        _ text: ContiguousArray<UInt8>, behind rest: inout ContiguousArray<UInt8>, _ cancellation: Cancellation
    ) -> (lines: Int, failure: ConnectorError?) {
        let before = write(rest, cancellation)
        rest.removeFirst(before.bytes)
        if let failure = before.failure { return (0, failure) }
        let own = write(text, cancellation)
        guard let failure = own.failure else { return (text.count { $0 == 10 }, nil) }
        var end = own.bytes
        if end > 0, text[end - 1] != 10 {
            end = (text[end...].firstIndex(of: 10) ?? text.count - 1) + 1
            rest = ContiguousArray(text[own.bytes..<end])
        }
        return (text[..<end].count { $0 == 10 }, failure)
    }

    /// Writes until all is out, something is wrong, or nobody wants it.
    private func write(_ text: ContiguousArray<UInt8>, _ cancellation: Cancellation) -> (bytes: Int, failure: ConnectorError?) {
        var written = 0
        while written < text.count {
            if cancellation.hasHappened { return (written, .cancelled(Self.name)) }
            var asked = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&asked, 1, Self.look)
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            let count = text.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + written, min(Self.piece, text.count - written))
            }
            if count < 0, errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK { continue }
            guard count > 0 else { return (written, Self.failure(errno)) }
            written += count
        }
        return (written, nil)
    }

    private static func failure(_ code: Int32) -> ConnectorError {
        switch code {
        case EPIPE:
            ConnectorError(
                .stop, at: name, "nobody reads it any more", remedy: "Start the worker again with a reader: what is missing comes then.")
        case EBADF:
            ConnectorError(.stop, at: name, "it is closed", remedy: "Start the worker again with an output: what is missing comes then.")
        default:
            ConnectorError(
                .retry(after: nil), at: name, "it cannot be written (\(String(cString: strerror(code))))",
                remedy: "Free some space, or lead it elsewhere.")
        }
    }
}
