import Connectors
import Foundation

/// A descriptor that bytes come from when another program writes them: nobody waits for them longer than they are wanted.
///
/// Confined to one thread at a time.
final class PipeStream: ByteStream {
    /// What the system said instead of giving bytes.
    struct Failure: Error {
        var code: Int32
    }
    let name: String
    private(set) var bytesTaken = 0
    var size: Int? { nil }
    /// Whether no byte follows.
    private(set) var isEnded = false
    /// Whether waiting for bytes was given up, so that whoever asked for them stopped in the middle.
    private(set) var wasLeft = false
    /// Of whoever waits now.
    var cancellation = Cancellation()
    /// Bytes that were looked at, given again first.
    private var head: ContiguousArray<UInt8> = []
    private let descriptor: Int32

    /// Milliseconds after which whoever waits is asked whether he still does.
    private static let look: Int32 = 250

    init(descriptor: Int32, name: String) { (self.descriptor, self.name) = (descriptor, name) }

    /// Puts bytes back that were taken; they come first.
    func putBack(_ bytes: ContiguousArray<UInt8>) { head = bytes + head }

    /// Waits until there are bytes, or the end; false where neither came in time.
    func isReady(within milliseconds: Int32) throws(Failure) -> Bool {
        if isEnded || !head.isEmpty { return true }
        var asked = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = poll(&asked, 1, milliseconds)
        if count < 0, errno != EINTR { throw Failure(code: errno) }
        if count > 0, asked.revents & Int16(POLLNVAL) != 0 { throw Failure(code: EBADF) }
        return count > 0
    }

    /// Waits until there are bytes, or the end, or nobody wants them.
    func wait() throws(Failure) { while !cancellation.hasHappened, try !isReady(within: Self.look) {} }

    /// Takes what is there, as much as there is room for.
    ///
    /// - Returns: How many bytes: 0 at the end; nil where there is nothing now.
    func take(into room: UnsafeMutableRawBufferPointer) throws(Failure) -> Int? {
        if !head.isEmpty {
            let count = min(head.count, room.count)
            head.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            head.removeFirst(count)
            return count
        }
        while true {
            if isEnded { return 0 }
            guard try isReady(within: 0) else { return nil }
            let count = Foundation.read(descriptor, room.baseAddress, room.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            if count < 0 { throw Failure(code: errno) }
            isEnded = count == 0
            bytesTaken += count
            return count
        }
    }

    /// Waits for bytes. Those that come without a pause are taken also where nobody wants them any more, so that less is left in the middle.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        do throws(Failure) {
            while true {
                if let count = try take(into: buffer) { return count }
                if try isReady(within: Self.look) { continue }
                if cancellation.hasHappened { break }
            }
        } catch { throw FileStream.failure(name, error.code) }
        wasLeft = true
        throw ArchiveError(.interrupted, "\(name): the reading was stopped. Give the input again.")
    }

    func seek(to offset: Int) throws(ArchiveError) -> Bool { false }
}
