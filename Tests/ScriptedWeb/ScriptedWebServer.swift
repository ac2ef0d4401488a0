import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on the loopback that does with each request what its script says, and remembers what it took.
package final class ScriptedWebServer: Sendable {
    /// A request as it came.
    package struct Request: Sendable {
        package var method: String
        /// Path and query.
        package var target: String
        package var headers: [String: String]
        package var body: [UInt8]
        package var id: String { headers["webhook-id"] ?? "" }
        package var text: String { String(decoding: body, as: UTF8.self) }
    }
    /// What is done with a request.
    package enum Reaction: Sendable {
        /// It is taken where the status is 2xx, and answered after a while.
        ///
        /// The usual body stands for what servers say of a record: none of it may be seen anywhere.
        case answer(Int, headers: [String: String] = [:], body: String = "ada@example.com is not known", after: Duration = .zero)
        /// It is taken, and the connection closed without an answer.
        case takeAndCut
        /// The connection is closed; nothing is taken.
        case cut
        /// Nothing happens any more.
        case silence
        /// It is taken, and the answer never ends.
        case endless
    }
    private struct State {
        var requests: [Request] = []
        /// Requests that were taken, each id once, as a good receiver does.
        var taken: [Request] = []
        var ids: Set<String> = []
        var underWay = 0
        var mostUnderWay = 0
    }
    private let state = Mutex(State())
    private let script: @Sendable (Request) -> Reaction
    private let channel: any Channel

    /// Listens on a free port of the loopback.
    package init(_ script: @escaping @Sendable (Request) -> Reaction = { _ in .answer(204) }) async throws {
        let box = Box()
        self.script = script
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Taking(box))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        box.server.withLock { $0 = self }
    }

    package var port: Int { channel.localAddress?.port ?? 0 }
    package var url: String { "http://127.0.0.1:\(port)/hook" }
    /// Every request, in the order in which they came.
    package var requests: [Request] { state.withLock { $0.requests } }
    /// What had an effect, in its order.
    package var taken: [Request] { state.withLock { $0.taken } }
    /// How many requests waited for their answer, or for the end of their connection, at once, at most.
    package var mostUnderWay: Int { state.withLock { $0.mostUnderWay } }

    package func close() async { try? await channel.close() }

    fileprivate func react(to request: Request) -> Reaction {
        state.withLock { state in
            state.requests.append(request)
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
        }
        let reaction = script(request)
        let isTaken =
            switch reaction {
            case .answer(let status, _, _, _): (200..<300).contains(status) && request.method == "POST"
            case .takeAndCut, .endless: true
            case .cut, .silence: false
            }
        if isTaken { state.withLock { if $0.ids.insert(request.id).inserted { $0.taken.append(request) } } }
        return reaction
    }

    fileprivate func answered() { state.withLock { $0.underWay -= 1 } }

    fileprivate final class Box: Sendable { let server = Mutex<ScriptedWebServer?>(nil) }

    /// One connection.
    private final class Taking: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let box: Box
        private var request: Request?

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                let headers = head.headers.map { ($0.name.lowercased(), $0.value) }
                request = Request(method: head.method.rawValue, target: head.uri, headers: .init(headers) { first, _ in first }, body: [])
            case .body(let bytes): request?.body += bytes.readableBytesView
            case .end:
                guard let request, let server = box.server.withLock({ $0 }) else { return context.close(promise: nil) }
                switch server.react(to: request) {
                case .answer(let status, let headers, let body, let wait):
                    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                    context.eventLoop.scheduleTask(in: .init(wait)) {
                        let (handler, context) = bound.value
                        server.answered()
                        handler.answer(status, headers, status == 204 ? "" : body, context)
                    }
                case .takeAndCut, .cut:
                    server.answered()
                    context.close(promise: nil)
                case .silence: break
                case .endless:
                    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["transfer-encoding": "chunked"])
                    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
                }
            }
        }

        private func answer(_ status: Int, _ headers: [String: String], _ body: String, _ context: ChannelHandlerContext) {
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
            for (name, value) in headers { head.headers.add(name: name, value: value) }
            if status != 204 { head.headers.add(name: "content-length", value: "\(body.utf8.count)") }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
