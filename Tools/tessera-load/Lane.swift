import NIOCore
import NIOPosix

/// Connections that share the requests of some streams: what is due first goes first, one request on a connection at a time.
final class Lane {
    private let loop: any EventLoop
    private let target: Target
    private let streams: [RequestStream]
    private let size: Int
    private let now: () -> Int64
    private var idle: [Connection] = []
    private(set) var underWay = 0
    /// Nothing more is sent.
    private(set) var isStopped = false
    /// Why connections ended, the last of them.
    private(set) var fault: String?
    private var channels: [any Channel] = []

    /// - Parameter now: Nanoseconds since the beginning; negative before.
    init(_ streams: [RequestStream], to target: Target, connections: Int, on loop: any EventLoop, now: @escaping () -> Int64) {
        (self.streams, self.target, self.size, self.loop, self.now) = (streams, target, connections, loop, now)
    }

    /// Opens every connection.
    func open() -> EventLoopFuture<Void> {
        EventLoopFuture.andAllSucceed((0..<size).map { _ in connect() }, on: loop)
    }

    private func connect() -> EventLoopFuture<Void> {
        let box = NIOLoopBound(self, eventLoop: loop)
        return ClientBootstrap(group: loop).channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Connection(box.value)) }
            }
            .connect(host: target.host, port: target.port).map { channel in box.value.channels.append(channel) }
    }

    /// The moment when the next request is due; nil where there is none.
    var nextDue: Int64? { streams.compactMap(\.nextDue).min() }

    /// Sends what is due while a connection is free.
    func pump() {
        let moment = now()
        while !isStopped, !idle.isEmpty {
            var first: (due: Int64, stream: RequestStream)?
            for stream in streams { if let due = stream.nextDue, due <= moment, due < first?.due ?? .max { first = (due, stream) } }
            guard let first, let connection = idle.popLast() else { return }
            let (request, sent) = first.stream.take(at: moment)
            underWay += 1
            connection.send(request, sent)
        }
    }

    fileprivate func opened(_ connection: Connection) {
        idle.append(connection)
        pump()
    }

    fileprivate func ended(_ sent: RequestStream.Sent, status: Int?, on connection: Connection) {
        underWay -= 1
        sent.stream.end(sent, status: status, at: now())
        if status != nil {
            idle.append(connection)
            pump()
        }
    }

    /// A connection is gone: another takes its place, after a while where that fails too.
    fileprivate func closed(_ connection: Connection, _ reason: String?) {
        idle.removeAll { $0 === connection }
        guard !isStopped else { return }
        if let reason { fault = reason }
        reconnect()
    }

    private func reconnect() {
        connect().assumeIsolated().whenFailure { error in
            self.fault = "\(error)"
            self.loop.assumeIsolated().scheduleTask(in: .milliseconds(200)) { if !self.isStopped { self.reconnect() } }
        }
    }

    /// Sends nothing more; what is under way is waited for.
    func stop() { isStopped = true }

    func close() {
        isStopped = true
        for channel in channels { channel.close(promise: nil) }
    }
}

/// One connection to the worker: raw bytes of HTTP/1.1, kept open.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let lane: Lane
    private var scanner = AnswerScanner()
    private var sent: RequestStream.Sent?
    private var context: ChannelHandlerContext?
    private var reason: String?

    init(_ lane: Lane) { self.lane = lane }

    func send(_ request: ByteBuffer, _ sent: RequestStream.Sent) {
        self.sent = sent
        context?.writeAndFlush(NIOAny(request), promise: nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        lane.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(AnswerScanner.Fault) {
            let buffer = unwrapInboundIn(data)
            let status = try buffer.withUnsafeReadableBytes { bytes throws(AnswerScanner.Fault) in try scanner.take(bytes) }
            guard let status, let sent else { return }
            self.sent = nil
            lane.ended(sent, status: status, on: self)
        } catch {
            reason = error.description
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        if let sent {
            self.sent = nil
            lane.ended(sent, status: nil, on: self)
        }
        lane.closed(self, reason)
    }
}
