/// The records of a batch that failed for too long, each by itself: one that the other side stumbles over keeps no others back.
///
/// It goes in rounds. What fails is put off to the next one, and what comes after it for the same person with it. A record dies when it is
/// refused, or when its own tries have lasted for the maximum age; a wait that the other side asks for is no reason while others get
/// through.
struct SingleDelivery {
    private let batch: DeliveryBatch
    /// The last of the whole batch.
    private let failure: ConnectorError
    private let maximumAge: Duration
    /// Places that are still to come in this round, and those of the next one.
    private var round: ArraySlice<Int>, next: [Int] = []
    /// People whose records wait for the next round.
    private var held: Set<String> = []
    /// Of each record that failed: when it first did, and how many others had arrived when it last did.
    private var failed: [Int: (since: Duration, arrived: Int)] = [:]
    private var arrived = 0
    private var died = 0
    private var refusals: [DeliveryReceipt.Refusal] = []

    /// So many records fail by themselves before the other side is taken for one that is down.
    private static let mostFailures = 3

    init(_ batch: DeliveryBatch, after failure: ConnectorError, maximumAge: Duration) {
        (self.batch, self.failure, self.maximumAge) = (batch, failure, maximumAge)
        round = Array(batch.records.indices)[...]
    }

    /// What did not arrive and never will.
    var dead: [DeadLetter] { batch.deadLetters(refusals.sorted { $0.record < $1.record }) }

    /// The place of the record to be tried; nil where the lot of each is known.
    mutating func nextPlace() -> Int? {
        while true {
            if round.isEmpty { (round, next, held) = (next[...], [], []) }
            guard let place = round.popFirst() else { return nil }
            if !held.contains(batch.profile(place)) { return place }
            next.append(place)
        }
    }

    /// Takes what became of a record.
    mutating func settle(_ place: Int, _ receipt: DeliveryReceipt, at now: Duration) {
        if let error = receipt.later?.error {
            if isOver(place, error, at: now) { die(place, of: error) } else { putOff(place) }
        } else if let refusal = receipt.refused.first {
            refusals.append(.init(record: place, reason: refusal.reason))
        } else {
            arrived += 1
        }
    }

    private mutating func isOver(_ place: Int, _ error: ConnectorError, at now: Duration) -> Bool {
        guard let before = failed[place] else {
            failed[place] = (now, arrived)
            // Where nothing gets through, the tries of the batch were those of each record.
            return arrived == 0 && !error.asksForWait
        }
        failed[place]?.arrived = arrived
        return now - before.since >= maximumAge && !(error.asksForWait && arrived > before.arrived)
    }

    private mutating func putOff(_ place: Int) {
        next.append(place)
        let profile = batch.profile(place)
        if !profile.isEmpty { held.insert(profile) }
    }

    private mutating func die(_ place: Int, of error: ConnectorError) {
        refusals.append(.init(record: place, reason: error.reason))
        died += 1
        guard arrived == 0, died == Self.mostFailures else { return }
        refusals += (round + next).map { .init(record: $0, reason: failure.reason) }
        (round, next) = ([], [])
    }
}
