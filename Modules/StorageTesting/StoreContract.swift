import EventModel
public import Storage

/// The promises every store keeps.
public enum StoreContract: String, CaseIterable, Sendable {
    /// What was accepted comes back as the same JSON value, in order of identifier, time and messageId; columns and names agree with it.
    case givesBackEveryMessage
    /// The first message of an id counts, over all time, and no other does.
    case countsTheFirstOfAnID
    /// People are the connected components over all messages, whatever their order.
    case joinsPeopleInAnyOrder
    /// Closing, reopening and rebuilding change nothing that a reader can see.
    case closingAndRebuildingChangeNothing
    /// A snapshot says the same for as long as it is held.
    case snapshotsStandStill
    /// What was not committed is neither visible nor there later; identifiers of it neither.
    case showsOnlyWhatIsCommitted
    /// A position is there exactly when the batch before it is.
    case keepsPositionsWithTheirBatches
    /// There is one writer at a time, and the next one is told who it is.
    case hasOneWriter
    /// Definitions are kept, replaced and removed, whoever writes events.
    case keepsDefinitions
    /// What is appended durably is visible at once, and there after the writer is gone.
    case showsDurableMessagesAtOnce

    /// A promise that was not kept.
    public struct Broken: Error, CustomStringConvertible {
        /// The promise that was not kept.
        public let promise: StoreContract
        /// What the messages were made from.
        public let seed: UInt64
        /// Where it broke: the check that failed, or the error that was thrown.
        public let place: String
        public var description: String { "\(promise) (seed \(seed)): \(place)" }
    }

    /// Checks this promise of one store.
    ///
    /// - Parameter seed: What the messages are made from.
    /// - Parameter open: Opens the store, always the same one, empty at first; called several times, while earlier ones are still open too.
    /// - Throws: `Broken` where the promise is.
    public func verify(seed: UInt64, _ open: () throws -> any EventStore) throws {
        do {
            switch self {
            case .givesBackEveryMessage: try givesBack(seed, open)
            case .countsTheFirstOfAnID: try countsFirst(seed, open)
            case .joinsPeopleInAnyOrder: try joins(seed, open)
            case .closingAndRebuildingChangeNothing: try changesNothing(seed, open)
            case .snapshotsStandStill: try standsStill(seed, open)
            case .showsOnlyWhatIsCommitted: try showsCommitted(seed, open)
            case .keepsPositionsWithTheirBatches: try keepsPositions(seed, open)
            case .hasOneWriter: try hasOneWriter(open)
            case .keepsDefinitions: try keepsDefinitions(open)
            case .showsDurableMessagesAtOnce: try showsDurable(seed, open)
            }
        } catch {
            throw Broken(promise: self, seed: seed, place: "\(error)")
        }
    }
}

/// A store beside what it must hold.
struct Trial {
    var expected = ExpectedStore()
    var odd: OddMessages

    init(seed: UInt64) { odd = OddMessages(seed: seed) }

    /// Appends a batch to both and compares the outcomes.
    mutating func append(_ batch: MessageBatch, to writer: any StoreWriter, _ decoder: any BatchDecoder) throws {
        let outcome = expected.take(batch)
        let decoded = decoder.decode(batch)
        try expect(
            decoded.rejects.map(\.line) == outcome.refusedLines,
            "lines \(decoded.rejects.map(\.line)) are refused, not \(outcome.refusedLines)")
        try expect(decoded.rejects.allSatisfy { !$0.reason.isEmpty }, "a line is refused without a reason")
        try expect(decoded.messageCount == outcome.accepted + outcome.duplicates, "\(decoded.messageCount) messages were decoded")
        let told = try writer.append(decoded)
        try expect(
            told == AppendOutcome(accepted: outcome.accepted, duplicates: outcome.duplicates),
            "append says \(told), and it is \(outcome.accepted) accepted and \(outcome.duplicates) duplicates")
    }

    /// Appends `batches` batches of `count` lines and commits.
    mutating func fill(_ writer: any StoreWriter, batches: Int, of count: Int) throws {
        let decoders = [writer.makeDecoder(), writer.makeDecoder()]
        for index in 0..<batches { try append(odd.batch(count, firstLine: 1 + index), to: writer, decoders[index % 2]) }
        try writer.commit(source: nil, position: nil)
    }
}
