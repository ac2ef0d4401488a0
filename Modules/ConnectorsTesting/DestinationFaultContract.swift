public import Connectors
public import EventModelTesting

/// The promises of a destination whose other side refuses, fails or wants to be left alone: for tests that can make it do so. Whose other
/// side cannot do one of these does not try that promise.
public enum DestinationFaultContract: CaseIterable, Sendable {
    /// What the other side will never take is refused by its place, and everything else arrives.
    case refusesByPlace
    /// A batch that failed in the middle comes again, by the same destination or by one that was made anew, and is then there whole, each
    /// record once.
    case arrivesWholeAfterAFailure
    /// The wait that the other side asks for is told, and nothing is lost to it.
    case tellsAskedWaits

    /// What the other side does, until something else is wanted of it.
    public enum Fault: Sendable, Hashable {
        /// It takes every record.
        case none
        /// It takes every record but those with these keys, which it will never take.
        case refuses([String])
        /// It takes what comes before the record with this key, and fails there, however often it comes. One that can only fail as a whole
        /// takes nothing.
        case fails(at: String)
        /// It takes what comes before the record with this key, and asks there to be left alone for so long.
        case asksToWait(Duration, at: String)
    }

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<DestinationFaultContract>

    /// Delivers to a destination whose other side fails, and throws `Broken` where it breaks this promise.
    ///
    /// - Parameter make: Makes the destination, each time the same one.
    /// - Parameter fault: Makes the other side do something from now on; it begins with `none`.
    /// - Parameter arrived: Keys of the records that the other side has, with whatever repeats have an effect there. Asked when it is well
    ///   and nothing is under way; before the first delivery it must be empty.
    public func verify(
        _ make: () async throws -> any Destination, fault: (Fault) async throws -> Void, arrived: () async throws -> [String]
    ) async throws {
        let keys = (0..<30).map { "key-\($0)" }
        let before = try await arrived()
        if !before.isEmpty { throw broken("\(before.count) records were there before the first was delivered") }
        let destination = try await make()
        switch self {
        case .refusesByPlace:
            // The first, two in a row, and the last.
            let unwanted = [0, 4, 5, 9]
            try await fault(.refuses(unwanted.map { keys[$0] }))
            let receipt = try await delivered(keys[..<10], to: destination)
            if let later = receipt.later { throw broken("what is refused for good is to come again: \(later.error)") }
            if receipt.refused.map(\.record) != unwanted {
                throw broken("the places \(receipt.refused.map(\.record)) are refused, not \(unwanted)")
            }
            if let silent = receipt.refused.first(where: { $0.reason.isEmpty }) { throw broken("no reason for the place \(silent.record)") }
            try await fault(.none)
            try await finish(keys[10..<20], to: destination)
            let wanted = keys.indices.prefix(20).filter { !unwanted.contains($0) }.map { keys[$0] }
            try await expect(wanted, arrived, "what was not refused, and a batch behind it")
        case .arrivesWholeAfterAFailure:
            for (start, isMadeAnew) in [(0, false), (10, true)] {
                let batch = keys[start..<(start + 10)]
                try await fault(.fails(at: keys[start + 4]))
                let rest = try await failed(batch, destination)
                // The other side goes on failing, as it does on most days.
                let left = try await failed(rest, destination)
                try await fault(.none)
                // What a destination was told before a crash nobody knows: everything comes again.
                let next = isMadeAnew ? try await make() : destination
                try await finish(isMadeAnew ? batch : left, to: next)
                try await expect(keys[..<(start + 10)], arrived, "a batch that failed" + (isMadeAnew ? ", by one made anew" : ""))
                if isMadeAnew { await next.close() }
            }
        case .tellsAskedWaits:
            let asked = Duration.seconds(7)
            try await fault(.asksToWait(asked, at: keys[4]))
            let (error, rest) = try await failure(of: keys[..<10], destination)
            guard case .retry(after: let after) = error.recovery else { throw broken("it gives up: \(error)") }
            // Where the other side names an instant, some of the wait has passed.
            guard let after, after > asked - .seconds(2), after <= asked else {
                throw broken("the wait is \(after.map { "\($0)" } ?? "not told"), not \(asked): \(error)")
            }
            try await fault(.none)
            try await finish(rest, to: destination)
            try await expect(keys[..<10], arrived, "a batch in which a wait was asked for")
        }
        await destination.close()
    }

    private func broken(_ place: String) -> Broken { Broken(promise: self, place: place) }

    /// Delivers what has to arrive, or to be refused, whatever is left for later.
    private func delivered(_ keys: ArraySlice<String>, to destination: any Destination) async throws -> DeliveryReceipt {
        do throws(ConnectorError) { return try await destination.deliver(DestinationContract.batch(keys)) } catch {
            throw broken("the batch failed as a whole: \(error)")
        }
    }

    /// Delivers to another side that is well again.
    private func finish(_ keys: ArraySlice<String>, to destination: any Destination) async throws {
        let receipt = try await delivered(keys, to: destination)
        if let later = receipt.later { throw broken("the other side is well again, and it still waits: \(later.error)") }
        if !receipt.refused.isEmpty { throw broken("it refuses what the other side would take: \(receipt.refused)") }
    }

    /// Delivers to another side that fails.
    ///
    /// - Returns: What is to come again.
    private func failed(_ keys: ArraySlice<String>, _ destination: any Destination) async throws -> ArraySlice<String> {
        let (error, rest) = try await failure(of: keys, destination)
        guard case .retry = error.recovery else { throw broken("it gives up what another try mends: \(error)") }
        return rest
    }

    private func failure(
        of keys: ArraySlice<String>, _ destination: any Destination
    ) async throws -> (error: ConnectorError, rest: ArraySlice<String>) {
        let receipt: DeliveryReceipt
        do throws(ConnectorError) { receipt = try await destination.deliver(DestinationContract.batch(keys)) } catch {
            return (error, keys)
        }
        if !receipt.refused.isEmpty { throw broken("it refuses for good what another try mends: \(receipt.refused)") }
        guard let later = receipt.later else { throw broken("it says that everything arrived, and the other side failed") }
        let all = Array(keys)
        guard later.records.allSatisfy(all.indices.contains) else { throw broken("places that it was not given are to come again") }
        return (later.error, later.records.map { all[$0] }[...])
    }

    /// Each once, and those of each person in their order.
    private func expect(_ keys: some Sequence<String>, _ arrived: () async throws -> [String], _ what: String) async throws {
        let (wanted, found) = (Array(keys), try await arrived())
        let (once, there) = (Set(wanted), Set(found))
        if let lost = wanted.first(where: { !there.contains($0) }) { throw broken("\(what): \(lost) did not arrive") }
        if let strange = found.first(where: { !once.contains($0) }) { throw broken("\(what): \(strange) arrived") }
        if found.count != wanted.count { throw broken("\(what): \(found.count) records arrived of \(wanted.count), some more than once") }
        for person in 0..<3 {
            func own(_ keys: [String]) -> [String] { keys.filter { (Int($0.drop { !$0.isNumber }) ?? 0) % 3 == person } }
            if own(found) != own(wanted) { throw broken("\(what): records of one person did not arrive in their order") }
        }
    }
}
