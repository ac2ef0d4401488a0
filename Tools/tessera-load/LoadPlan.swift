import Foundation

/// What is sent, how often and for how long; every request has a moment at which it is due, whatever became of those before it.
struct LoadPlan: Sendable {
    /// A question that is asked at a rate of its own.
    enum Ask: String, CaseIterable, Sendable {
        case decide, profile
    }

    /// Messages a second.
    var rate: Double
    /// Messages a request.
    var batch: Int
    /// Seconds that are measured, after `warmup` seconds that are not.
    var seconds: Double
    var warmup: Double
    /// People who send messages; each of them once before anybody twice.
    var people: Int
    /// Requests a second.
    var asks: [Ask: Double]
    /// Messages a second that are some new person's first event; 0: none.
    var markers: Double
    /// Connections for messages, and as many again for questions.
    var connections: Int
    var events: [String]
    /// Batches say when they were sent, as Segment's clients do.
    var tellsSentAt: Bool

    /// From the first moment to the last, in nanoseconds.
    var span: Int64 { Int64((warmup + seconds) * 1e9) }
    /// Where measuring begins.
    var measuredFrom: Int64 { Int64(warmup * 1e9) }
    /// Requests with messages in all.
    var batches: Int { rate > 0 ? Int(((warmup + seconds) * rate / Double(batch)).rounded(.up)) : 0 }
    /// A batch with a marker, then so many less one without.
    var markersEvery: Int { markers > 0 ? max(1, Int((rate / Double(batch) / markers).rounded())) : 0 }

    /// Whether a batch begins with the first event of somebody new.
    func isMarked(_ batch: Int) -> Bool { markersEvery > 0 && batch % markersEvery == 0 }

    /// When a batch is due, in nanoseconds from the beginning.
    func due(_ number: Int) -> Int64 { Int64(Double(number) * Double(batch) / rate * 1e9) }

    /// Who sends a message; neighbours are people who have nothing to do with each other.
    func person(_ message: Int) -> Int { Int(UInt64(message) &* 2_654_435_761 % UInt64(people)) }
}
