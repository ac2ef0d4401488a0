import Connectors
import EventModel
import WebClient

extension RecordLot {
    /// What an answer means for the records of its request.
    ///
    /// - Parameter status: Of the answer; nothing else of it but `retryAfter` is looked at, since it may repeat the record.
    /// - Parameter retryAfter: The header `Retry-After`.
    /// - Throws: Where trying again, or other settings, may help.
    init(status: Int, retryAfter: String?, from place: String, now: Instant) throws(ConnectorError) {
        let problem = "the receiver answered \(status)"
        switch status {
        case 200..<300: self = .arrived
        case 300..<400:
            throw ConnectorError(
                .mendSettings, at: place, "\(problem), which sends elsewhere", remedy: "Write the address it leads to: none is followed.")
        case 401, 403, 407:
            throw ConnectorError(.mendSettings, at: place, "\(problem): it does not let us in", remedy: "Look at secret and headers.")
        case 404, 405:
            throw ConnectorError(.mendSettings, at: place, "\(problem): nobody takes records there", remedy: "Look at url.")
        case 410:
            throw ConnectorError(
                .mendSettings, at: place, "\(problem): it wants no more",
                remedy: "Take the connector out, or ask the receiver for another address.")
        case 408, 425, 429, 500...:
            throw ConnectorError(
                .retry(after: retryAfter.flatMap { RetryAfter.wait($0, now: now) }), at: place, problem,
                remedy: "Where that goes on, ask the receiver.")
        default: self = .refused("The receiver answered \(status).")
        }
    }
}
