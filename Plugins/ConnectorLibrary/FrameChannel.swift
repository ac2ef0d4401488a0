import Foundation

/// Frames over a socket. One thread sends at a time, and one receives.
struct FrameChannel: Sendable {
    enum Failure: Error { case closed, garbled, silent }
    let descriptor: Int32

    func send(_ frame: Frame) throws(Failure) {
        let bytes = frame.encoded
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .closed }
            sent += count
        }
    }

    /// Waits for a frame.
    ///
    /// - Parameter goesOn: Asked some times a second while nothing comes: whether to wait on.
    func receive(whilst goesOn: () -> Bool) throws(Failure) -> Frame {
        let count = Frame.number(try bytes(4, goesOn))
        guard count > 0, count <= Frame.longest else { throw .garbled }
        guard let frame = Frame(try bytes(count, goesOn)) else { throw .garbled }
        return frame
    }

    private func bytes(_ count: Int, _ goesOn: () -> Bool) throws(Failure) -> ContiguousArray<UInt8> {
        var bytes = ContiguousArray<UInt8>(repeating: 0, count: count)
        var place = 0
        while place < count {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, 100)
            if ready < 0, errno != EINTR { throw .closed }
            if ready <= 0 {
                guard goesOn() else { throw .silent }
                continue
            }
            let got = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + place, count - place, 0) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw .closed }
            place += got
        }
        return bytes
    }
}
