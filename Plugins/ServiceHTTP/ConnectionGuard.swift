import EventModel
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Synchronization

/// Watches one connection: heads and bodies that come too slowly, answers that are not read, and bytes that are not HTTP.
///
/// It stands between the codec and the server and lives on the connection's event loop.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: HTTPLimits
    private let figures: HTTPFigures
    private var context: ChannelHandlerContext?
    /// What must have come by when.
    private var awaited: (part: Part, until: NIODeadline)?
    private var timer: Scheduled<Void>?
    private var answerTimer: Scheduled<Void>?
    /// Requests whose answer has not ended.
    private var unanswered = 0
    private var isClosing = false

    private enum Part { case head, body }

    init(limits: HTTPLimits, figures: HTTPFigures) { (self.limits, self.figures) = (limits, figures) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        figures.connections.add(1, ordering: .relaxed)
        // Bytes are seen before TLS and HTTP make anything of them: a head begins with its first byte.
        try? context.pipeline.syncOperations.addHandler(FirstBytes { [weak self] in self?.bytesCame() }, position: .first)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        figures.connections.subtract(1, ordering: .relaxed)
        timer?.cancel()
        answerTimer?.cancel()
        self.context = nil
    }

    private func bytesCame() { if awaited == nil, unanswered == 0 { wait(for: .head, seconds: limits.headSeconds) } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            unanswered += 1
            wait(for: .body, seconds: limits.bodySeconds)
        case .body: break
        case .end: awaited = nil
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }

    // MARK: Too slow

    /// One timer a connection, moved on when it fires: requests that are quick never touch the event loop's timers.
    private func wait(for part: Part, seconds: Int) {
        awaited = (part, .now() + .seconds(Int64(seconds)))
        if timer == nil { schedule(after: .seconds(Int64(seconds))) }
    }

    private func schedule(after time: TimeAmount) {
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        guard let awaited else { return }
        let left = awaited.until - .now()
        if left > .zero { return schedule(after: left) }
        let (part, seconds) = awaited.part == .head ? ("head", limits.headSeconds) : ("body", limits.bodySeconds)
        refuse(
            HTTPFailure(
                .requestTimeout, "too_slow", "The request's \(part) has not come within \(seconds) s.",
                remedy: "Send it at once, or raise limits.\(part)Seconds in the server's settings."),
            isBetweenRequests: awaited.part == .head)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answerTimer?.cancel()
        answerTimer = nil
        if !context.channel.isWritable {
            answerTimer = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(limits.answerSeconds))) {
                self.context?.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Not HTTP

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        if error == .headerOverflow {
            refuse(
                HTTPFailure(
                    .requestHeaderFieldsTooLarge, "head_too_large", "The request's head is too large.",
                    remedy: "Send fewer or shorter headers."),
                isBetweenRequests: true)
        } else {
            refuse(
                HTTPFailure(
                    .badRequest, "not_http", "The request is not HTTP/1.1.",
                    remedy: "Speak HTTP/1.1 to this port, and HTTPS where TLS is set."),
                isBetweenRequests: true)
        }
    }

    /// Answers, where no answer is under way, and closes: first the sending side, so that the answer is not lost to bytes still coming.
    private func refuse(_ failure: HTTPFailure, isBetweenRequests: Bool) {
        guard let context, !isClosing else { return }
        isClosing = true
        awaited = nil
        guard unanswered == 0 || (!isBetweenRequests && unanswered == 1) else { return context.close(promise: nil) }
        var bytes = ContiguousArray<UInt8>()
        failure.body.append(to: &bytes)
        let head = HTTPResponse(
            status: failure.status,
            headerFields: [.contentType: "application/json", .contentLength: "\(bytes.count)", .connection: "close"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.context?.close(promise: nil) }
    }
}

/// Tells that bytes came, and passes them on.
private final class FirstBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    private let came: () -> Void

    init(_ came: @escaping () -> Void) { self.came = came }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        came()
        context.fireChannelRead(data)
    }
}
