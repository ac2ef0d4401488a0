import Connectors
import EventModel
import Secrets

/// Takes requests that others send, and gives what they bring to whoever reads it.
struct WebhookSource: ReceivingSource {
    let signature: RequestSignature
    let mapping: RequestMapping
    /// What those who set up a webhook prove by asking for; nil: nothing can be asked for.
    let verification: Secret?
    /// Whether it is run by hand: nobody can send anything then.
    let isRunOnce: Bool
    let queue: RequestQueue

    /// How it is told to look.
    static let remedy = "Start the worker with its http section; requests go to /v1/webhooks/ and the connector's name."

    func probe() async throws(ConnectorError) -> String {
        let count = signature.keys.count == 1 ? "one secret" : "two secrets"
        return "it is sent to: a worker takes requests signed as \(signature.scheme.name), with \(count), at /v1/webhooks/ and its name."
    }

    func receive(_ request: ReceivedRequest) async -> RequestAnswer {
        guard request.isSent else { return answer(to: request) }
        if let refusal = signature.refusal(of: request) { return .stranger(refusal) }
        let brought = mapping.read(request)
        if brought.records == 0 { return .taken }
        switch await queue.add(brought) {
        case .durable: return .taken
        case .full: return .busy
        case .gone: return .unavailable
        }
    }

    /// Who sets up a webhook asks for a text that only its owner's side gives back: `hub.challenge`, as WebSub has it (W3C, section 5.3).
    private func answer(to request: ReceivedRequest) -> RequestAnswer {
        guard let verification, let challenge = request.query["hub.challenge"] else { return .nothing }
        guard request.query["hub.mode"] == "subscribe", let token = request.query["hub.verify_token"],
            verification.matches(token)
        else { return .stranger("The verification names another token.") }
        return .text(challenge)
    }

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self) }

    struct Batches: AsyncSequence {
        typealias Failure = ConnectorError
        let source: WebhookSource

        func makeAsyncIterator() -> Iterator { Iterator(source: source, reader: Reader(queue: source.queue)) }
    }

    /// Lets requests go when nobody reads any more.
    final class Reader: Sendable {
        let queue: RequestQueue
        init(queue: RequestQueue) { self.queue = queue }
        deinit { queue.leave() }
    }

    struct Iterator: AsyncIteratorProtocol {
        let source: WebhookSource
        let reader: Reader

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            guard !source.isRunOnce else {
                throw ConnectorError(
                    .stop, at: "webhook", "it is sent to, and there is nothing to read by hand", remedy: WebhookSource.remedy)
            }
            guard let brought = await reader.queue.next() else { return nil }
            return SourceBatch(
                MessageBatch(joining: brought), then: Checkpoint(version: 1, position: ""), newest: brought.compactMap(\.newest).max())
        }
    }
}

extension Secret {
    /// Whether a text is this secret; no time tells how near it came.
    fileprivate func matches(_ text: String) -> Bool {
        let (own, given) = (Array(value.utf8), Array(text.utf8))
        var difference = own.count ^ given.count
        for (place, byte) in given.enumerated() { difference |= Int(byte ^ own[place % max(own.count, 1)]) }
        return difference == 0
    }
}

extension MessageBatch {
    /// The messages of several requests, in their order.
    fileprivate init(joining requests: [RequestMapping.Brought]) {
        self.init(firstLine: requests.first?.lineNumbers.first ?? 1)
        for request in requests {
            text += request.text
            lineNumbers += request.lineNumbers
            rejects += request.rejects
            sourceLines += request.records
            skippedLines += request.skipped
        }
        count = text.count
        text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
    }
}
