import NIOCore
import NIOHTTP1
import NIOPosix
import Platform

extension Target {
    /// Asks once, on a connection of its own.
    ///
    /// - Parameter path: What is asked; with the read key.
    /// - Throws: `.failed` where the worker cannot be reached.
    func ask(_ path: String, on group: any EventLoopGroup) async throws(CommandError) -> (status: Int, text: String) {
        let answer = group.any().makePromise(of: (status: Int, text: String).self)
        let opened = ClientBootstrap(group: group).connectTimeout(.seconds(5)).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(WholeAnswer(answer))
            }
        }.connect(host: host, port: port)
        do {
            let channel = try await opened.get()
            var headers = HTTPHeaders([("Host", "\(host):\(port)"), ("Connection", "close")])
            headers.add(name: "Authorization", value: Self.authorization(readKey))
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            return try await answer.futureResult.get()
        } catch {
            answer.fail(error)
            throw CommandError(.failed, "http://\(host):\(port)\(path) cannot be asked: \(error). Start a worker there, or use --start.")
        }
    }
}

/// Collects an answer until the connection ends.
private final class WholeAnswer: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    private let answer: EventLoopPromise<(status: Int, text: String)>
    private var status = 0
    private var body = ByteBuffer()

    init(_ answer: EventLoopPromise<(status: Int, text: String)>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(var part): body.writeBuffer(&part)
        case .end:
            answer.succeed((status, String(buffer: body)))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { answer.fail(ChannelError.eof) }
}
