public import Connectors
import EventModel
public import EventModelTesting

/// The promises of a source that makes its messages itself. One that carries records of others (a stream, a bucket) cannot promise them.
public enum MessageContract: CaseIterable, Sendable {
    /// Every message is one that the store takes.
    case givesGoodMessages

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<MessageContract>

    /// Reads a source that has an end, and throws `Broken` where the store would put messages in quarantine, with the first reason; `NothingGiven`
    /// where nothing came.
    public func verify(_ source: some Source) async throws {
        var (count, rejects, refused, first) = (0, 0, 0, "")
        for try await batch in source.batches(after: nil) {
            rejects += batch.messages.rejects.count
            for line in batch.messages.text.prefix(batch.messages.count).split(separator: 10) {
                count += 1
                do throws(MessageError) {
                    // Without an id of its own a message is given one that is made of its text.
                    _ = try ContiguousArray(line).withUnsafeBufferPointer { bytes throws(MessageError) in
                        try Message(parsing: bytes, derivedID: "derived")
                    }
                } catch {
                    if refused == 0 { first = error.description }
                    refused += 1
                }
            }
        }
        if count + rejects == 0 { throw SourceContract.NothingGiven() }
        if refused > 0 { throw Broken(promise: self, place: "\(refused) of \(count) messages would be quarantined: \(first)") }
    }
}
