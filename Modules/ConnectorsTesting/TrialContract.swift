public import Connectors
import EventModel
public import EventModelTesting

/// The promises of a destination that can be tried with marked records against a real other side. Only what the destination says is seen:
/// that repeats have no effect there, `DestinationContract` shows.
public enum TrialContract: CaseIterable, Sendable {
    /// Marked records are taken, or refused by their place with a reason.
    case takesRecords
    /// The same again, whole, in other pieces, and by a destination that was made anew, is answered as before.
    case takesRepeats
    /// A task that is cancelled ends, and what it was delivering can be delivered again.
    case endsWhenCancelled
    /// Who leaves a segment can be delivered, too; where the destination can say who is in which segment (`AudienceReporting`), it names
    /// those who entered, and nobody once they left.
    case followsMemberships

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<TrialContract>

    /// How much the other side is given.
    public struct Pace: Sendable {
        /// Records at once, at most.
        public var atOnce: Int
        /// Records a second; nil: as fast as they go.
        public var rate: Double?

        /// Joins the parts.
        public init(atOnce: Int, rate: Double?) { (self.atOnce, self.rate) = (max(1, atOnce), rate) }
    }

    /// Gives records to a destination and throws `Broken` where it breaks this promise; an error of the destination as it is, but for waits
    /// that are asked for: these are kept.
    ///
    /// - Parameter make: Makes the destination, each time the same one.
    /// - Parameter records: The same for every promise of one trial.
    /// - Returns: Reasons of what the other side refused.
    @discardableResult
    public func verify(_ make: () async throws -> any Destination, records: TrialRecords, pace: Pace) async throws -> [String] {
        let destination = try await make()
        let trial = Trial(promise: self, destination: destination, pace: pace)
        let refused: [String: String]
        switch self {
        case .takesRecords: refused = try await trial.give(records.entering, pace.atOnce)
        case .takesRepeats:
            refused = try await trial.give(records.entering, pace.atOnce)
            for atOnce in [pace.atOnce, 7, 1] {
                try trial.expect(try await trial.give(records.entering, min(atOnce, pace.atOnce)), refused, "\(atOnce) at once")
            }
            let next = try await make()
            let anew = Trial(promise: self, destination: next, pace: pace)
            try trial.expect(try await anew.give(records.entering, pace.atOnce), refused, "by one made anew")
            await next.close()
        case .endsWhenCancelled:
            let batch = Trial.batch(records.entering.prefix(pace.atOnce))
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try? await destination.deliver(batch)
            }.value
            refused = try await trial.give(records.entering, pace.atOnce)
        case .followsMemberships:
            let entering = records.entering.filter { $0.kind == .membership }
            let found = try await trial.give(entering, pace.atOnce)
            try await trial.expect(Set(entering.filter { found[$0.key] == nil }.map(\.profile)), "everybody entered")
            let left = try await trial.give(records.leaving, pace.atOnce)
            let stay = records.leaving.filter { left[$0.key] != nil }.map(\.profile)
            try await trial.expect(Set(entering.filter { found[$0.key] == nil }.map(\.profile)).intersection(stay), "everybody left")
            refused = found.merging(left) { first, _ in first }
        }
        await destination.close()
        return refused.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// One destination that is given trial records.
private struct Trial {
    let promise: TrialContract
    let destination: any Destination
    let pace: TrialContract.Pace

    /// Waits that are kept for one batch.
    private static let mostWaits = 5

    static func batch(_ records: some Sequence<TrialRecords.Record>) -> DeliveryBatch {
        var batch = DeliveryBatch()
        for record in records { batch.append(record.kind, key: record.key, profile: record.profile, json: record.json.text.utf8) }
        return batch
    }

    /// Gives records in pieces.
    ///
    /// - Returns: Why some were refused, by their keys.
    func give(_ records: [TrialRecords.Record], _ atOnce: Int) async throws -> [String: String] {
        var refused: [String: String] = [:]
        for start in stride(from: 0, to: records.count, by: atOnce) {
            var rest = Array(records[start..<min(records.count, start + atOnce)])
            var waits = 0
            while true {
                if let rate = pace.rate { try await Task.sleep(for: .seconds(Double(rest.count) / rate)) }
                let receipt: DeliveryReceipt
                do throws(ConnectorError) { receipt = try await destination.deliver(Self.batch(rest)) } catch {
                    receipt = DeliveryReceipt(later: .init(Array(rest.indices), because: error))
                }
                for places in [receipt.refused.map(\.record), receipt.later?.records ?? []] {
                    guard places == Set(places).sorted(), places.allSatisfy(rest.indices.contains) else {
                        throw broken("it speaks of the places \(places) of \(rest.count) records")
                    }
                }
                for refusal in receipt.refused {
                    if refusal.reason.isEmpty { throw broken("it refuses a record without a reason") }
                    refused[rest[refusal.record].key] = refusal.reason
                }
                guard let later = receipt.later else { break }
                guard case .retry(after: .some(let wait)) = later.error.recovery, waits < Self.mostWaits else { throw later.error }
                waits += 1
                try await Task.sleep(for: wait)
                rest = later.records.map { rest[$0] }
            }
        }
        return refused
    }

    func expect(_ again: [String: String], _ first: [String: String], _ how: String) throws {
        if Set(again.keys) != Set(first.keys) {
            throw broken("given again, \(how), \(again.count) records are refused, and \(first.count) were before")
        }
    }

    /// Holds what the destination says of the segment, where it can, against who should be in it.
    func expect(_ people: Set<String>, _ when: String) async throws {
        guard let reporting = destination as? any AudienceReporting else { return }
        let found = Set(try await reporting.audiences().first { $0.segment == TrialRecords.mark }?.members ?? [])
        if found != people { throw broken("when \(when), it says that \(found.count) are in the segment, of \(people.count)") }
    }

    private func broken(_ place: String) -> TrialContract.Broken { .init(promise: promise, place: place) }
}
