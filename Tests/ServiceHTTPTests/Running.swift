import EventModel
import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

@testable import ServiceHTTP

let testData: URL? = ProcessInfo.processInfo.environment["TESSERA_TESTDATA"].map { URL(fileURLWithPath: $0) }

/// 2026-06-30T12:00:00.000Z
let noon = Instant(milliseconds: 1_782_820_800_000)

let writeSecret = "write-secret-1"
let readSecret = "read-secret-22"
let adminSecret = "admin-secret-3"

/// The keys of most tests.
let usualKeys = [
    AccessKey(name: "web", role: .write, secret: writeSecret), AccessKey(name: "desk", role: .read, secret: readSecret),
    AccessKey(name: "boss", role: .admin, secret: adminSecret),
]

func basic(_ user: String) -> String { "Basic \(Data("\(user):".utf8).base64EncodedString())" }

/// Runs a real server on a free port of the loopback while `body` runs.
func withServer(
    keys: [AccessKey] = usualKeys, now: @escaping @Sendable () -> Instant = { noon },
    settings change: (inout HTTPSettings) -> Void = { _ in }, _ body: (RecordingService, Client) async throws -> Void
) async throws {
    let service = RecordingService()
    var settings = HTTPSettings()
    settings.port = 0
    change(&settings)
    let (ports, told) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let counter = Counter()
    let server = try HTTPServer(
        settings: settings, keys: keys, service: service, logger: logger, now: now, makeID: { "made-\(counter.next())" },
        onListening: { told.yield($0) })
    let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
    let running = Task {
        defer { told.finish() }
        try await group.run()
    }
    defer { running.cancel() }
    guard let port = await ports.first(where: { _ in true }) else { return try await running.value }
    try await body(service, Client(port: port, shutDown: { await group.triggerGracefulShutdown() }))
    await group.triggerGracefulShutdown()
    try await running.value
}

/// What a server answered.
struct Reply {
    var status = 0
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSONObject { (try? JSONValue(parsing: body))?.asObject ?? JSONObject() }
    /// `error.code` of the one error shape; nil where the body has another.
    var code: String? {
        guard let error = json["error"]?.asObject, error["message"]?.asString?.isEmpty == false, error["remedy"]?.asString?.isEmpty == false
        else { return nil }
        return error["code"]?.asString
    }

    /// Reads the last answer of `bytes`; answers 100 in front of it are passed over.
    init(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        body = Array(bytes[end.upperBound...])
        if status == 100 { self = Reply(body) }
    }
}

/// The whole answers in `bytes`, each of a length that its head tells.
func replies(_ bytes: [UInt8]) -> [Reply] {
    var rest = bytes[...]
    var found: [Reply] = []
    while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
        let head = Reply(Array(rest[..<end.upperBound]))
        let length = Int(head.headers["content-length"] ?? "") ?? 0
        guard end.upperBound + length <= rest.endIndex else { break }
        found.append(Reply(Array(rest[..<(end.upperBound + length)])))
        rest = rest[(end.upperBound + length)...]
    }
    return found
}

/// Speaks HTTP/1.1 by hand, one connection a request.
struct Client: Sendable {
    let port: Int
    let shutDown: @Sendable () async -> Void

    func get(_ path: String, key: String? = nil, headers: [(String, String)] = []) async throws -> Reply {
        try await send("GET", path, key: key, headers: headers)
    }

    func post(_ path: String, _ body: String, key: String? = writeSecret, headers: [(String, String)] = []) async throws -> Reply {
        try await send("POST", path, key: key, headers: headers, body: Array(body.utf8))
    }

    func send(_ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: [UInt8] = []) async throws
        -> Reply
    {
        let headers = headers + [("Connection", "close")]
        return Reply(try await raw(request(method, path, key: key, headers: headers, body: body)))
    }

    /// The bytes of a request.
    func request(_ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: [UInt8] = []) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let key { head += "Authorization: \(basic(key))\r\n" }
        if method == "POST" { head += "Content-Length: \(body.count)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }

    /// Sends bytes and gives all that comes back until the server closes, or until `enough` of it came.
    func raw(
        _ bytes: [UInt8], halfClose: Bool = false, within limit: Duration = .seconds(20),
        until enough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async throws -> [UInt8] {
        let connection = try await Connection(port: port)
        try await connection.write(bytes)
        if halfClose { try await connection.closeOutput() }
        let all = try await connection.read(within: limit, until: enough)
        try? await connection.close()
        return all
    }
}

/// One connection to a server on the loopback.
struct Connection: Sendable {
    private let channel: any Channel
    private let received: Received

    /// - Parameter reads: Whether what comes is taken from the socket.
    init(port: Int, isSecure: Bool = false, reads: Bool = true) async throws {
        let received = Received()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            // Small, so that what is not read fills the server's side soon.
            .channelOption(.socketOption(.so_rcvbuf), value: reads ? 1 << 20 : 1 << 14)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isSecure {
                        var settings = TLSConfiguration.makeClientConfiguration()
                        settings.certificateVerification = .none
                        let handler = try NIOSSLClientHandler(context: NIOSSLContext(configuration: settings), serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(Receiving(received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        self.received = received
    }

    func write(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }
    func closeOutput() async throws { try await channel.close(mode: .output) }
    func close() async throws { try await channel.close() }
    var isOpen: Bool { !received.isDone }

    /// All that came so far, once the server has closed, `enough` has come or the time is over.
    func read(within limit: Duration, until enough: @Sendable ([UInt8]) -> Bool = { _ in false }) async throws -> [UInt8] {
        let start = ContinuousClock.now
        while true {
            let (bytes, isDone) = received.all
            if isDone || enough(bytes) || ContinuousClock.now - start > limit { return bytes }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
