import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A receiver of webhooks on the loopback, which does with each request what its script says, and remembers what it took.
final class ScriptedServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        var method: String
        var headers: [String: String]
        var body: [UInt8]
        var id: String { headers["webhook-id"] ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }

        /// Whether a signature is that of the body under this key, as the specification says; told by itself.
        func isSigned(with key: [UInt8]) -> Bool {
            let signed = Array("\(id).\(headers["webhook-timestamp"] ?? "").".utf8) + body
            return (headers["webhook-signature"] ?? "").split(separator: " ").contains { signature in
                signature.hasPrefix("v1,")
                    && Data(base64Encoded: String(signature.dropFirst(3))).map {
                        HMAC<SHA256>.isValidAuthenticationCode($0, authenticating: signed, using: SymmetricKey(data: key))
                    } == true
            }
        }
    }
    /// What is done with a request.
    enum Reaction: Sendable {
        /// It is taken where the status is 2xx, and answered after a while.
        case answer(Int, headers: [String: String] = [:], after: Duration = .zero)
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
    init(_ script: @escaping @Sendable (Request) -> Reaction = { _ in .answer(204) }) async throws {
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

    var port: Int { channel.localAddress?.port ?? 0 }
    var url: String { "http://127.0.0.1:\(port)/hook" }
    /// Every request, in the order in which they came.
    var requests: [Request] { state.withLock { $0.requests } }
    /// What had an effect, in its order.
    var taken: [Request] { state.withLock { $0.taken } }
    /// How many requests waited for their answer, or for the end of their connection, at once, at most.
    var mostUnderWay: Int { state.withLock { $0.mostUnderWay } }

    func close() async { try? await channel.close() }

    fileprivate func react(to request: Request) -> Reaction {
        state.withLock { state in
            state.requests.append(request)
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
        }
        let reaction = script(request)
        let isTaken =
            switch reaction {
            case .answer(let status, _, _): (200..<300).contains(status) && request.method == "POST"
            case .takeAndCut, .endless: true
            case .cut, .silence: false
            }
        if isTaken { state.withLock { if $0.ids.insert(request.id).inserted { $0.taken.append(request) } } }
        return reaction
    }

    fileprivate func answered() { state.withLock { $0.underWay -= 1 } }

    fileprivate final class Box: Sendable { let server = Mutex<ScriptedServer?>(nil) }

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
                request = Request(method: head.method.rawValue, headers: .init(headers) { first, _ in first }, body: [])
            case .body(let bytes): request?.body += bytes.readableBytesView
            case .end:
                guard let request, let server = box.server.withLock({ $0 }) else { return context.close(promise: nil) }
                switch server.react(to: request) {
                case .answer(let status, let headers, let wait):
                    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                    context.eventLoop.scheduleTask(in: .init(wait)) {
                        let (handler, context) = bound.value
                        server.answered()
                        handler.answer(status, headers, context)
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

        /// The body stands for what receivers say of a record: none of it may be seen anywhere.
        private func answer(_ status: Int, _ headers: [String: String], _ context: ChannelHandlerContext) {
            let body = status == 204 ? "" : "ada@example.com is not known"
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
            for (name, value) in headers { head.headers.add(name: name, value: value) }
            if status != 204 { head.headers.add(name: "content-length", value: "\(body.utf8.count)") }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
