import AsyncHTTPClient
import Connectors
import EventModel
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The other side: requests to it, and what its answers mean.
struct Receiver: Sendable {
    let address: WebhookAddress
    let keys: [SigningKey]
    let headers: [(name: String, value: String)]
    /// For a request and its answer.
    let timeout: Duration
    let now: @Sendable () -> Instant

    /// Requests at once, at most.
    static let mostRequests = 64
    /// Bytes of an answer that are read, so that its connection can be used again; what it says is not looked at.
    private static let mostAnswer = 65_536

    /// One for all webhooks of the process: connections close when they were idle for a while, and it needs no end. It follows no
    /// redirects, uses no proxy, and logs nothing; failed connections are the platform's to try again.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: .seconds(10))
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = mostRequests
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(configuration: configuration)
    }()

    /// Posts a body, signed.
    ///
    /// - Throws: Where trying again, or other settings, may help.
    func post(_ body: [UInt8], id: String) async throws(ConnectorError) -> Answer {
        let now = now()
        let seconds = now.milliseconds / 1_000
        var request = request(.POST)
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "webhook-id", value: id)
        request.headers.add(name: "webhook-timestamp", value: "\(seconds)")
        request.headers.add(
            name: "webhook-signature",
            value: keys.map { $0.signature(id: id, seconds: seconds, body: body) }.joined(separator: " "))
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await answer(to: request)
        return try Answer(
            status: Int(response.status.code), retryAfter: response.headers["retry-after"].first, from: address.shown, now: now)
    }

    /// Asks what can be done there, which changes nothing (RFC 9110, section 9.3.7).
    ///
    /// - Returns: The status of the answer, whatever that is.
    func probe() async throws(ConnectorError) -> Int { Int(try await answer(to: request(.OPTIONS)).status.code) }

    private func request(_ method: HTTPMethod) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address.url)
        request.method = method
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        if !request.headers.contains(name: "user-agent") { request.headers.add(name: "user-agent", value: "Tessera") }
        return request
    }

    /// Sends a request; its connection can be used again when this returns, or is closed.
    private func answer(to request: HTTPClientRequest) async throws(ConnectorError) -> HTTPClientResponse {
        let response: HTTPClientResponse
        let deadline = ContinuousClock.now + timeout
        do { response = try await Self.client.execute(request, timeout: .init(timeout)) } catch { throw failure(error) }
        // The status says all: how the rest of the answer fares changes nothing.
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var count = 0
                do {
                    for try await bytes in response.body {
                        count += bytes.readableBytes
                        if count > Self.mostAnswer { return }
                    }
                } catch {}
            }
            group.addTask { try? await Task.sleep(until: deadline) }
            await group.next()
            group.cancelAll()
        }
        return response
    }

    /// What went wrong on the way, without what libraries say of it: that may name more than it should.
    private func failure(_ error: any Error) -> ConnectorError {
        let problem =
            switch error {
            case is CancellationError: "the request was given up"
            case let error as HTTPClientError: Self.problem(error)
            case let error as NIOConnectionError where error.connectionErrors.isEmpty: "the name of the host is not known"
            case is NIOConnectionError: "nobody takes connections there"
            case let error as IOError where error.errnoCode == ECONNREFUSED: "nobody takes connections there"
            case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: "TLS could not be agreed on, or the certificate is not trusted"
            default: "the connection broke"
            }
        return ConnectorError(
            .retry(after: nil), at: address.shown, problem, remedy: "It is tried again; where that goes on, look at url and the network.")
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
