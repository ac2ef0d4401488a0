import Connectors
import Crypto
import EventModel
import Foundation
import SourceWebhook
import Synchronization
import Testing

/// A source that is sent to, and a reader of it that a test lets go on.
final class Receiving: Sendable {
    let source: any ReceivingSource
    private let read = Mutex((batches: [SourceBatch](), held: false))
    private let task: Mutex<Task<Void, Never>?> = Mutex(nil)

    /// When requests of tests come.
    static let now = Instant(milliseconds: 1_614_265_330_000)
    static let secret = "the secret of the shop"

    /// - Parameter settings: JSON; the secret is `env:SECRET`.
    init(_ settings: String, secret: String = Receiving.secret, isRead: Bool = true) throws {
        let object = try #require(try JSONValue(parsing: settings).asObject)
        let made = try SourceRegistry([WebhookSourceSettings.self]).make(
            "webhook", settings: object, environment: ["SECRET": secret, "OLD": "the secret before", "TOKEN": "a token of tokens"],
            context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
        source = try #require(made as? any ReceivingSource)
        if isRead { start() }
    }

    deinit { task.withLock { $0?.cancel() } }

    /// Begins to read. A batch counts as durable unless it is held.
    func start() {
        let source = source
        task.withLock { $0 = Task { [weak self] in await Self.follow(source) { [weak self] in await self?.take($0) ?? false } } }
    }

    private static func follow(_ source: some ReceivingSource, _ take: @Sendable (SourceBatch) async -> Bool) async {
        do throws(ConnectorError) { for try await batch in source.batches(after: nil) { guard await take(batch) else { return } } } catch {
            Issue.record("the source failed: \(error)")
        }
    }

    /// Whether it is durable: asking for the next batch says so.
    private func take(_ batch: SourceBatch) async -> Bool {
        read.withLock { $0.batches.append(batch) }
        while read.withLock({ $0.held }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
        return !Task.isCancelled
    }

    /// Nobody reads any more.
    func stop() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    func hold(_ isHeld: Bool) { read.withLock { $0.held = isHeld } }

    var batches: [SourceBatch] { read.withLock { $0.batches } }
    var messages: [JSONObject] {
        batches.flatMap { batch in
            batch.messages.text.prefix(batch.messages.count).split(separator: 10).compactMap { try? JSONValue(parsing: $0).asObject }
        }
    }
    var rejects: [Reject] { batches.flatMap(\.messages.rejects) }

    /// Sends a body, signed in the header `X-Sign`.
    func send(_ body: String, _ headers: [String: String] = [:], secret: String = Receiving.secret) async -> RequestAnswer {
        var headers = headers
        headers["x-sign"] = code(body, secret)
        return await request(body, headers)
    }

    /// Sends a body with headers as they are.
    func request(_ body: String, _ headers: [String: String], at instant: Instant = Receiving.now) async -> RequestAnswer {
        await source.receive(ReceivedRequest(isSent: true, headers: headers, query: [:], body: Array(body.utf8), receivedAt: instant))
    }

    /// Asks for something.
    func ask(_ query: [String: String]) async -> RequestAnswer {
        await source.receive(ReceivedRequest(isSent: false, headers: [:], query: query, body: [], receivedAt: Self.now))
    }
}

/// HMAC-SHA256 in hexadecimal digits.
func code(_ text: String, _ secret: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
    return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Waits for something that must come to hold.
func waitUntil(_ what: String, _ holds: () -> Bool) async throws {
    for _ in 0..<6_000 {
        if holds() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it never came to hold that \(what)")
}
