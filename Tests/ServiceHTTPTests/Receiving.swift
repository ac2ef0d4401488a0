import NIOCore
import Synchronization

/// What came from a server.
final class Received: Sendable {
    private let state = Mutex((bytes: [UInt8](), isDone: false))
    var all: (bytes: [UInt8], isDone: Bool) { state.withLock { $0 } }
    var isDone: Bool { state.withLock { $0.isDone } }
    func append(_ bytes: some Sequence<UInt8>) { state.withLock { $0.bytes.append(contentsOf: bytes) } }
    func finish() { state.withLock { $0.isDone = true } }
}

/// Keeps what comes.
final class Receiving: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let received: Received

    init(_ received: Received) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received.append(unwrapInboundIn(data).readableBytesView) }
    func channelInactive(context: ChannelHandlerContext) { received.finish() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        received.finish()
        context.close(promise: nil)
    }
}

/// 1, 2, 3, ...
final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}
