import NIOCore

/// Requests of one kind: when each is due, what it is, and what became of those that were sent.
final class RequestStream {
    /// Requests in all, and when each is due, in nanoseconds from the beginning.
    let total: Int
    private let due: (Int) -> Int64
    /// Makes a request; `finished` gets what `make` gave with it once it is answered.
    private let make: (Int) -> (request: ByteBuffer, slot: Int)
    private let finished: (_ number: Int, _ slot: Int, _ status: Int?) -> Void
    private let measuredFrom: Int64
    private let isReady: () -> Bool
    /// The next that will be sent.
    private(set) var next = 0
    private(set) var latencies = Latencies()
    /// From when it was due to when it was sent: what waiting for a connection, and the generator itself, add.
    private(set) var delays = Latencies()
    /// Answers by status, and requests whose connection ended before the answer.
    private(set) var statuses: [Int: Int] = [:]
    private(set) var broken = 0
    /// Answers of 200 to what was due in the measured time, and when the last of them came.
    private(set) var measured = 0
    private(set) var lastAnswer: Int64 = 0

    /// - Parameter isReady: Whether anything can be sent yet; until then what is due waits, and is late.
    init(
        total: Int, measuredFrom: Int64, due: @escaping (Int) -> Int64, isReady: @escaping () -> Bool = { true },
        make: @escaping (Int) -> (request: ByteBuffer, slot: Int),
        finished: @escaping (_ number: Int, _ slot: Int, _ status: Int?) -> Void = { _, _, _ in }
    ) {
        (self.total, self.measuredFrom, self.due, self.make, self.finished) = (total, measuredFrom, due, make, finished)
        self.isReady = isReady
    }

    /// When the next request is due; nil after the last, and while nothing can be sent.
    var nextDue: Int64? { next < total && isReady() ? due(next) : nil }

    /// A request under way.
    struct Sent {
        let stream: RequestStream
        var number: Int
        var slot: Int
        var due: Int64
    }

    /// Takes the next request.
    func take(at now: Int64) -> (request: ByteBuffer, sent: Sent) {
        let (number, due) = (next, due(next))
        next += 1
        if due >= measuredFrom { delays.record(now - due) }
        let (request, slot) = make(number)
        return (request, Sent(stream: self, number: number, slot: slot, due: due))
    }

    /// Notes an answer; nil where none will come.
    func end(_ sent: Sent, status: Int?, at now: Int64) {
        if let status { statuses[status, default: 0] += 1 } else { broken += 1 }
        if status == 200, sent.due >= measuredFrom {
            latencies.record(now - sent.due)
            measured += 1
            lastAnswer = now
        }
        finished(sent.number, sent.slot, status)
    }
}
