import Connectors
import ConnectorsTesting
import EventModel
import Synchronization
import Testing

/// Another side that takes each key once, where it is not told otherwise.
private final class FailingSide: Sendable {
    typealias Fault = DestinationFaultContract.Fault
    let state = Mutex<(fault: Fault, arrived: [String], taken: Set<String>)>((.none, [], []))

    func take(_ key: String, again: Bool) {
        state.withLock { if $0.taken.insert(key).inserted || again { $0.arrived.append(key) } }
    }
}

/// Gives records to it one by one.
private struct OneByOne: Destination {
    /// What it does wrong.
    enum Wrong {
        case nothing, passesRefusedInSilence, failsForOneRefused, mistakesThePlace, givesNoReason, leavesWhatFollows, hidesFailures, givesUp
        case refusesWhatFails, sendsTwice, forgetsWait, waitsLess, losesWhatWaited
    }
    let side: FailingSide
    let wrong: Wrong

    func probe() async throws(ConnectorError) -> String { "It is there." }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        var refused: [DeliveryReceipt.Refusal] = []
        for place in batch.records.indices {
            let key = batch.key(place)
            func failure(_ recovery: ConnectorError.Recovery) throws(ConnectorError) -> DeliveryReceipt {
                let error = ConnectorError(recovery, at: "here", "it failed", remedy: "Wait.")
                let rest = batch.records.indices.filter { $0 >= (wrong == .losesWhatWaited ? place + 1 : place) }
                switch wrong {
                case .hidesFailures: return DeliveryReceipt(refused: refused)
                case .givesUp: throw ConnectorError(.stop, at: "here", "it failed", remedy: "Nothing helps.")
                case .refusesWhatFails: return DeliveryReceipt(refused: [.init(record: place, reason: "It failed.")])
                default: return DeliveryReceipt(refused: refused, later: .init(rest, because: error))
                }
            }
            switch side.state.withLock({ $0.fault }) {
            case .refuses(let keys) where keys.contains(key):
                if wrong == .failsForOneRefused { throw ConnectorError(.retry(after: nil), at: "here", "it is refused", remedy: "Wait.") }
                if wrong == .passesRefusedInSilence { continue }
                refused.append(
                    .init(
                        record: wrong == .mistakesThePlace ? place + 1 : place, reason: wrong == .givesNoReason ? "" : "It is not wanted."))
                if wrong == .leavesWhatFollows { return DeliveryReceipt(refused: refused) }
            case .fails(at: key): return try failure(.retry(after: nil))
            case .asksToWait(let wait, at: key):
                return try failure(.retry(after: wrong == .forgetsWait ? nil : wrong == .waitsLess ? wait / 7 : wait))
            default: side.take(key, again: wrong == .sendsTwice)
            }
        }
        return DeliveryReceipt(refused: refused)
    }
}

/// Gives records to it all at once: where one fails, all do.
private struct AllAtOnce: Destination {
    let side: FailingSide

    func probe() async throws(ConnectorError) -> String { "It is there." }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let keys = batch.records.indices.map { batch.key($0) }
        switch side.state.withLock({ $0.fault }) {
        case .fails(at: let key) where keys.contains(key):
            for key in keys.prefix(while: { $0 != key }) { side.take(key, again: false) }
            throw ConnectorError(.retry(after: nil), at: "here", "it failed", remedy: "Wait.")
        case .asksToWait(let wait, at: let key) where keys.contains(key):
            throw ConnectorError(.retry(after: wait), at: "here", "it is busy", remedy: "Wait.")
        default: for key in keys { side.take(key, again: false) }
        }
        return DeliveryReceipt()
    }
}

@Suite struct DestinationFaultContractTests {
    private typealias Contract = DestinationFaultContract
    private let side = FailingSide()

    private func verify(_ promise: Contract, _ destination: some Destination) async throws {
        try await promise.verify(
            { destination }, fault: { fault in side.state.withLock { $0.fault = fault } }, arrived: { side.state.withLock { $0.arrived } })
    }

    @Test(arguments: DestinationFaultContract.allCases)
    func `a destination that is right keeps every promise`(promise: DestinationFaultContract) async throws {
        try await verify(promise, OneByOne(side: side, wrong: .nothing))
    }

    @Test(arguments: [DestinationFaultContract.arrivesWholeAfterAFailure, .tellsAskedWaits])
    func `one that only fails as a whole keeps those that it can`(promise: DestinationFaultContract) async throws {
        try await verify(promise, AllAtOnce(side: side))
    }

    @Test(arguments: [
        (Contract.refusesByPlace, OneByOne.Wrong.passesRefusedInSilence, "the places [] are refused"),
        (.refusesByPlace, .failsForOneRefused, "the batch failed as a whole"),
        (.refusesByPlace, .mistakesThePlace, "the places [1, 5, 6, 10]"),
        (.refusesByPlace, .givesNoReason, "no reason for the place 0"), (.refusesByPlace, .leavesWhatFollows, "the places [0] are refused"),
        (.arrivesWholeAfterAFailure, .hidesFailures, "it says that everything arrived"),
        (.arrivesWholeAfterAFailure, .givesUp, "it gives up"),
        (.arrivesWholeAfterAFailure, .refusesWhatFails, "it refuses for good what another try mends"),
        (.arrivesWholeAfterAFailure, .sendsTwice, "some more than once"),
        (.arrivesWholeAfterAFailure, .losesWhatWaited, "it says that everything arrived"),
        (.tellsAskedWaits, .forgetsWait, "the wait is not told"), (.tellsAskedWaits, .waitsLess, "the wait is 1.0 seconds"),
        (.tellsAskedWaits, .givesUp, "it gives up"), (.tellsAskedWaits, .hidesFailures, "it says that everything arrived"),
        (.tellsAskedWaits, .losesWhatWaited, "key-4 did not arrive"),
    ])
    private func `one that is wrong is found`(promise: DestinationFaultContract, wrong: OneByOne.Wrong, place: String) async throws {
        let broken = await #expect(throws: DestinationFaultContract.Broken.self) {
            try await verify(promise, OneByOne(side: side, wrong: wrong))
        }
        #expect(
            String(describing: broken).contains("\(promise)") && String(describing: broken).contains(place), "\(String(describing: broken))"
        )
    }
}
