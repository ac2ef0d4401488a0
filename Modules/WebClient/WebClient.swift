import AsyncHTTPClient
public import Connectors
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A request of a connector.
public struct WebRequest: Sendable {
    /// `GET`, `POST`, ...
    public var method: String
    /// Where it goes, whole.
    public var url: String
    /// In their order.
    public var headers: [(name: String, value: String)]
    /// nil: none.
    public var body: [UInt8]?

    /// Joins the parts.
    public init(_ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil) {
        (self.method, self.url, self.headers, self.body) = (method, url, headers, body)
    }
}

/// What came back.
public struct WebAnswer: Sendable {
    /// The status.
    public var status: Int
    /// In their order.
    public var headers: [(name: String, value: String)]
    /// As much of the body as was asked for.
    public var body: [UInt8]
    /// Whether there was more of it.
    public var isCut: Bool

    /// The first header of a name, in whatever case.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}

/// Requests of connectors to servers elsewhere.
///
/// One client for the whole process: connections close when they were idle for a while, and it needs no end. It follows no redirects, uses no
/// proxy, and logs nothing; what fails is the platform's to try again.
public enum WebClient {
    /// Connections to one host at once.
    public static let mostConnections = 64
    /// Bytes of a body that nobody asked for which are read all the same, so that its connection can be used again.
    private static let mostIgnored = 65_536

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: .seconds(10))
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = mostConnections
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(configuration: configuration)
    }()

    /// Sends a request; its connection can be used again when this returns, or is closed.
    ///
    /// - Parameter shown: How errors call the other side.
    /// - Parameter timeout: For the request and its whole answer.
    /// - Parameter most: Bytes of the answer's body that are kept; 0: only the status counts, however the rest of the answer fares.
    /// - Throws: Where no answer came, or it broke off: trying again may help.
    public static func send(
        _ request: WebRequest, to shown: String, timeout: Duration, keeping most: Int = 0
    ) async throws(ConnectorError) -> WebAnswer {
        var sent = HTTPClientRequest(url: request.url)
        sent.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { sent.headers.add(name: header.name, value: header.value) }
        if !sent.headers.contains(name: "user-agent") { sent.headers.add(name: "user-agent", value: "Tessera") }
        if let body = request.body { sent.body = .bytes(ByteBuffer(bytes: body)) }
        let deadline = ContinuousClock.now + timeout
        do {
            let response = try await client.execute(sent, timeout: .init(timeout))
            let headers = response.headers.map { (name: $0.name, value: $0.value) }
            let read = try await body(of: response, keeping: most, until: deadline)
            return WebAnswer(status: Int(response.status.code), headers: headers, body: read.bytes, isCut: read.isCut)
        } catch { throw failure(error, shown) }
    }

    private static func body(
        of response: HTTPClientResponse, keeping most: Int, until deadline: ContinuousClock.Instant
    ) async throws -> (bytes: [UInt8], isCut: Bool) {
        try await withThrowingTaskGroup(of: (bytes: [UInt8], isCut: Bool)?.self) { group in
            group.addTask {
                var bytes: [UInt8] = []
                var count = 0
                do {
                    for try await buffer in response.body {
                        bytes.append(contentsOf: buffer.readableBytesView.prefix(most - bytes.count))
                        count += buffer.readableBytes
                        if count > max(most, mostIgnored) { break }
                    }
                } catch { if most > 0 { throw error } }
                return (bytes, count > most)
            }
            group.addTask {
                try? await Task.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            if case .some(.some(let read)) = try await group.next() { return read }
            if most > 0 { throw HTTPClientError.deadlineExceeded }
            return ([], true)
        }
    }

    /// What went wrong on the way, without what libraries say of it: that may name more than it should.
    private static func failure(_ error: any Error, _ shown: String) -> ConnectorError {
        let problem =
            switch error {
            case is CancellationError: "the request was given up"
            case let error as HTTPClientError: self.problem(error)
            case let error as NIOConnectionError where error.connectionErrors.isEmpty: "the name of the host is not known"
            case is NIOConnectionError: "nobody takes connections there"
            case let error as IOError where error.errnoCode == ECONNREFUSED: "nobody takes connections there"
            case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: "TLS could not be agreed on, or the certificate is not trusted"
            default: "the connection broke"
            }
        return ConnectorError(
            .retry(after: nil), at: shown, problem, remedy: "It is tried again; where that goes on, look at the address and the network.")
    }

    private static func problem(_ error: HTTPClientError) -> String {
        switch error {
        case .cancelled: "the request was given up"
        case .deadlineExceeded, .readTimeout: "no answer came within the setting `timeout`"
        case .connectTimeout, .tlsHandshakeTimeout: "no connection could be made in time"
        case .remoteConnectionClosed: "the connection was closed before an answer came"
        default: "the connection broke"
        }
    }
}
