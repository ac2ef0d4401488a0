public import Connectors
import EventModel
public import EventModelTesting

/// The promises that every destination keeps.
public enum DestinationContract: CaseIterable, Sendable {
    /// Every record that is not refused arrives, the first one first.
    case takesEveryRecordInOrder
    /// A batch that comes again, whole or with others behind it, has no further effect.
    case repeatsAreHarmless
    /// The same, where the destination was made anew between the two, as after a crash.
    case repeatsAfterACrashAreHarmless
    /// No record is well, and a batch of one.
    case takesAnySize
    /// Looking at the other side gives a sentence and changes nothing.
    case probesQuietly
    /// A task that is cancelled ends soon, and what it was delivering can be delivered again.
    case endsWhenCancelled

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<DestinationContract>

    /// Delivers to a destination, and throws `Broken` where it breaks this promise; an error of the destination as it is.
    ///
    /// - Parameter make: Makes the destination, each time the same one.
    /// - Parameter arrived: Keys of the records that the other side has, in its order, with whatever repeats have an effect there. Asked when
    ///   nothing is under way; before the first delivery it must be empty.
    public func verify(
        _ make: () async throws -> any Destination, arrived: () async throws -> [String]
    ) async throws {
        let destination = try await make()
        let before = try await arrived()
        if !before.isEmpty { throw Broken(promise: self, place: "\(before.count) records were there before the first was delivered") }
        let keys = (0..<30).map { "key-\($0)" }
        func expect(_ keys: some Sequence<String>, _ place: String) async throws {
            let (wanted, found) = (Array(keys), try await arrived())
            if found != wanted {
                throw Broken(promise: self, place: "\(place): \(found.count) records arrived, not the \(wanted.count) in their order")
            }
        }
        switch self {
        case .takesEveryRecordInOrder:
            for start in stride(from: 0, to: 30, by: 10) { try await deliver(keys[start..<(start + 10)], to: destination) }
            try await expect(keys, "three batches")
        case .repeatsAreHarmless:
            try await deliver(keys[..<10], to: destination)
            try await deliver(keys[..<10], to: destination)
            try await deliver(keys[..<20], to: destination)
            try await expect(keys[..<20], "a batch, again, and again with more")
        case .repeatsAfterACrashAreHarmless:
            try await deliver(keys[..<10], to: destination)
            let next = try await make()
            try await deliver(keys[..<15], to: next)
            try await expect(keys[..<15], "a batch again, by another one")
            await next.close()
        case .takesAnySize:
            try await deliver([], to: destination)
            try await deliver(keys[..<1], to: destination)
            try await expect(keys[..<1], "a batch of one")
        case .probesQuietly:
            if try await destination.probe().isEmpty { throw Broken(promise: self, place: "it says nothing") }
            try await expect([], "a probe")
        case .endsWhenCancelled:
            let task = Task { [keys] in
                withUnsafeCurrentTask { $0?.cancel() }
                try? await self.deliver(keys[..<10], to: destination)
            }
            await task.value
            try await deliver(keys[..<10], to: destination)
            try await expect(keys[..<10], "a batch that was cut off, again")
        }
        await destination.close()
    }

    private func deliver(_ keys: ArraySlice<String>, to destination: any Destination) async throws {
        let receipt = try await destination.deliver(Self.batch(keys))
        if let later = receipt.later { throw later.error }
        if !receipt.refused.isEmpty { throw Broken(promise: self, place: "refused: \(receipt.refused)") }
    }

    /// One message for each key, of three people in turn.
    public static func batch(_ keys: ArraySlice<String>) -> DeliveryBatch {
        var batch = DeliveryBatch()
        for (index, key) in zip(keys.indices, keys) {
            let json =
                #"{"type":"track","event":"Sold","userId":"u\#(index % 3)","messageId":\#(JSONValue.string(key).text),"#
                + #""timestamp":"2026-06-01T00:00:00.000Z","#
                + #""properties":{"n":\#(index)}}"#
            batch.append(.message, key: key, profile: "u\(index % 3)", json: json.utf8)
        }
        return batch
    }
}
