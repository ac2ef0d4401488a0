import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Listens at `/v1/changes` for the markers of a run: how long it took from the moment when somebody's first event was due until the notice
/// that they entered the segment was here.
final class MembershipWatch {
    private let plan: LoadPlan
    private let target: Target
    private let loop: any EventLoop
    private let elapsed: () -> Int64
    private let profile: [UInt8]
    private let segment = Array(#""segment":"\#(BatchTemplate.markerSegment)""#.utf8)
    private var isNoticed: [Bool]
    /// Where the stream is gone on from after a break.
    private var lastID = ""
    private var isClosed = false
    private var channel: (any Channel)?
    private(set) var latencies = Latencies()
    private(set) var noticed = 0
    /// Notices of all segments.
    private(set) var notices = 0
    /// How often the stream broke.
    private(set) var breaks = 0

    init(_ plan: LoadPlan, ids: RunIDs, target: Target, on loop: any EventLoop, elapsed: @escaping () -> Int64) {
        (self.plan, self.target, self.loop, self.elapsed) = (plan, target, loop, elapsed)
        profile = Array(#""profile":"load-\#(ids.word)-"#.utf8)
        isNoticed = Array(repeating: false, count: plan.batches)
    }

    /// Listens; succeeds once the worker has begun to answer.
    func begin() -> EventLoopFuture<Void> {
        let begun = loop.makePromise(of: Void.self)
        let box = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(EventLines(box.value, begun))
            }
        }.connect(host: target.host, port: target.port).assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error): begun.fail(error)
            case .success(let channel):
                self.channel = channel
                var headers = HTTPHeaders([("Host", "\(self.target.host):\(self.target.port)"), ("Accept", "text/event-stream")])
                headers.add(name: "Authorization", value: Target.authorization(self.target.readKey))
                if !self.lastID.isEmpty { headers.add(name: "Last-Event-ID", value: self.lastID) }
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/v1/changes", headers: headers)
                channel.write(HTTPClientRequestPart.head(head), promise: nil)
                channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            }
        }
        return begun.futureResult
    }

    func close() {
        isClosed = true
        channel?.close(promise: nil)
    }

    /// The stream ended; it is gone on where it broke.
    fileprivate func broke() {
        guard !isClosed else { return }
        breaks += 1
        loop.assumeIsolated().scheduleTask(in: .milliseconds(100)) {
            guard !self.isClosed else { return }
            self.begin().assumeIsolated().whenFailure { _ in self.broke() }
        }
    }

    /// Reads one line of the stream.
    fileprivate func read(_ line: UnsafeRawBufferPointer) {
        if line.starts(with: "id: ".utf8) {
            lastID = String(decoding: line.dropFirst(4), as: UTF8.self)
            return
        }
        guard line.starts(with: "data: ".utf8) else { return }
        notices += 1
        guard let found = line.place(of: profile), line.place(of: segment) != nil else { return }
        let digits = line[found..<min(line.count, found + BatchTemplate.markerDigits)]
        let batch = digits.reduce(0) { $0 * 10 + Int($1 &- 48) }
        guard isNoticed.indices.contains(batch), !isNoticed[batch] else { return }
        isNoticed[batch] = true
        noticed += 1
        let due = plan.due(batch)
        if due >= plan.measuredFrom { latencies.record(elapsed() - due) }
    }

    /// Markers of batches with that fate that nobody was told of.
    func missing(_ fates: [Generator.Fate]) -> Int {
        fates.indices.count { plan.isMarked($0) && fates[$0] == .acknowledged && !isNoticed[$0] }
    }
}

extension UnsafeRawBufferPointer {
    /// Where the bytes after `wanted` begin; nil where it does not occur.
    fileprivate func place(of wanted: [UInt8]) -> Int? {
        guard let first = wanted.first, count >= wanted.count else { return nil }
        for start in 0...count - wanted.count where self[start] == first {
            var length = 1
            while length < wanted.count, self[start + length] == wanted[length] { length += 1 }
            if length == wanted.count { return start + length }
        }
        return nil
    }
}

/// Cuts a stream of server-sent events into lines.
private final class EventLines: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    private let watch: MembershipWatch
    private let begun: EventLoopPromise<Void>
    private var rest = ByteBuffer()
    private var hasBegun = false

    struct Refused: Error, CustomStringConvertible {
        var status: Int
        var description: String { "/v1/changes answered with \(status). Give --read-key a key that may read" }
    }

    init(_ watch: MembershipWatch, _ begun: EventLoopPromise<Void>) { (self.watch, self.begun) = (watch, begun) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            hasBegun = head.status == .ok
            if hasBegun { begun.succeed() } else { begun.fail(Refused(status: Int(head.status.code))) }
        case .body(var part):
            rest.writeBuffer(&part)
            while let end = rest.readableBytesView.firstIndex(of: 10) {
                let length = end - rest.readerIndex
                rest.withUnsafeReadableBytes { watch.read(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
                rest.moveReaderIndex(forwardBy: length + 1)
            }
            rest.discardReadBytes()
        case .end: context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) {
        if hasBegun { watch.broke() } else { begun.fail(ChannelError.eof) }
    }
}
