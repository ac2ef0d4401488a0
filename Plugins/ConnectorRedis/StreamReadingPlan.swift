import Connectors
import EventModel

/// What a source reads, and how.
struct StreamReadingPlan: Sendable {
    /// As one of a group that shares the entries.
    struct Membership: Sendable {
        var group: String
        var consumer: String
        /// How long an entry is with a consumer that does not acknowledge it, before it is taken over; nil: it is not.
        var claimAfter: Duration?
    }
    /// What an entry holds.
    enum Content: Sendable {
        /// A record, in this field.
        case field(String)
        /// The record's members are the fields themselves.
        case flat
    }
    let address: RedisAddress
    let streams: [String]
    let content: Content
    let membership: Membership?
    /// Whether a first reading leaves out what is there already.
    let startsLatest: Bool
    /// Entries, and bytes of them, that are stored together, about.
    let batchRecords, batchBytes: Int
    /// Whether it ends where the streams end now.
    let isRunOnce: Bool
    let decoder: RecordDecoder
    /// Takes sentences for the log.
    let report: @Sendable (String) -> Void
}

extension StreamReadingPlan {
    /// Adds an entry to a batch; false where there is no room for it: it comes with the next.
    func add(_ entry: StreamEntry, to batch: inout RecordBatch) -> Bool {
        let number = Int(clamping: entry.id.milliseconds)
        func place() -> String { "\(streams[entry.stream]), entry \(entry.id.text)" }
        if entry.isDeleted {
            batch.refuse([], number: number, place: place(), "It was deleted on the server before it was stored.")
            return true
        }
        switch content {
        case .field(let name):
            guard let bytes = entry.value(of: name) else {
                batch.refuse(
                    entry.object.text.utf8, number: number, place: place(),
                    "It has no field \"\(name)\". Write the name of one in `field`, or `flat: true` where the fields are the record.")
                return true
            }
            return withExtendedLifetime(entry) { add(bytes, number, place, to: &batch) }
        case .flat:
            if entry.size > SourceBatch.mostBytes {
                batch.refuse([], number: number, place: place(), Self.tooLarge)
                return true
            }
            return Array(entry.object.text.utf8).withUnsafeBytes { add($0, number, place, to: &batch) }
        }
    }

    private func add(_ bytes: UnsafeRawBufferPointer, _ number: Int, _ place: () -> String, to batch: inout RecordBatch) -> Bool {
        if bytes.count > SourceBatch.mostBytes {
            batch.refuse(bytes.prefix(Reject.longestText), number: number, place: place(), Self.tooLarge)
            return true
        }
        return batch.append(bytes, number: number, place: place)
    }

    private static let tooLarge = "It has more than \(SourceBatch.mostBytes) bytes. Send less at once."
}
