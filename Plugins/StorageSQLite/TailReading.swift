import EventModel
import Foundation
import GRDB
import Identity
import Storage
import Synchronization

/// The tail as snapshots of one process read it: what was read stays, and each snapshot reads on from where the one before it stopped.
final class TailReading: Sendable {
    private let state = Mutex<State?>(nil)

    /// The tail in these logs; nil when nothing is in them.
    ///
    /// - Parameter logs: Those that belong to the state that `database` reads.
    func blocks(_ logs: [FileHandle], _ database: Database) throws -> TailBlocks? {
        if logs.isEmpty { return nil }
        let place = try Place(database)
        return try state.withLock { state in
            if state?.place != place { state = try State(place, database) }
            return state?.read(logs)
        }
    }

    /// What a tail's messages are told by besides its logs: where any of it is another, all is read anew.
    private struct Place: Equatable {
        let numbers: [Int64]

        init(_ database: Database) throws {
            let told: [Schema.Number] = [.tail, .rows, .links, .aliases, .refusals, .peopleRecords, .unmerges]
            numbers = try told.map { try Schema.number($0, database) }
        }
    }

    // Safe: only ever touched within the lock.
    private final class State: @unchecked Sendable {
        let place: Place
        private let dictionaries: StoreDictionaries
        private let decoder: MessageDecoder
        private var settlement: Settlement
        /// By log: bytes that were read.
        private var offsets: [UInt64] = []
        private var batches: [ColumnarBatch] = []
        /// How many batches each part holds, and its blocks. Each holds more than twice as many as the next: there are few, and a batch is
        /// encoded anew as seldom as a tail has doubled.
        private var parts: [(batches: Int, blocks: [EncodedBlock])] = []
        private var people: SnapshotPeople
        private let committedIdentifiers: Int

        init(_ place: Place, _ database: Database) throws {
            let key = try Schema.key(database)
            self.place = place
            dictionaries = StoreDictionaries(try DictionaryTables.image(database))
            decoder = MessageDecoder(dictionaries: dictionaries, key: key)
            let held = try PeopleTables.Held(database)
            committedIdentifiers = held.texts.count
            settlement = Settlement(key: key, graph: held.graph(key: key), dictionaries: dictionaries)
            people = Self.people(of: &settlement)
        }

        private static func people(of settlement: inout Settlement) -> SnapshotPeople {
            let profiles = settlement.graph.profiles()
            return SnapshotPeople(profiles.profileOfIdentifier, count: profiles.count, kinds: settlement.graph.texts.kinds)
        }

        func read(_ logs: [FileHandle]) -> TailBlocks? {
            let before = batches.count
            let known = (settlement.graph.count, settlement.graph.links.count)
            for (index, log) in logs.enumerated() {
                if offsets.count == index { offsets.append(0) }
                let (found, end) = TailLog.read(log, from: offsets[index])
                offsets[index] = end
                for batch in found {
                    guard let decoded = decoder.decode(batch) as? ColumnarBatch else { continue }
                    // What stands in the log was accepted: nothing of it is in a block.
                    _ = settlement.settle(decoded, stored: [])
                    batches.append(decoded)
                }
            }
            if batches.isEmpty { return nil }
            if (settlement.graph.count, settlement.graph.links.count) != known || !settlement.graph.decisions.isEmpty {
                people = Self.people(of: &settlement)
            }
            let image = dictionaries.image
            if batches.count > before { encode(from: before, image) }
            return TailBlocks(
                texts: settlement.graph.texts, people: people, committedIdentifiers: committedIdentifiers, dictionaries: image,
                records: settlement.records, refused: settlement.graph.refusedLinks, encoded: parts.flatMap(\.blocks))
        }

        private func encode(from first: Int, _ image: StoreDictionaries.Image) {
            var first = first
            while let last = parts.last, last.batches <= 2 * (batches.count - first) {
                first -= last.batches
                parts.removeLast()
            }
            let plan = BlockPlan(batches: Array(batches[first...]), image: image, ownNames: [])
            var blocks: [EncodedBlock] = []
            for index in 0..<plan.count { plan.encode(index) { blocks.append($0) } }
            parts.append((batches.count - first, blocks))
        }
    }
}
