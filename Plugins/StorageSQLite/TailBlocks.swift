import EventModel
import Foundation
import GRDB
import Identity
import Storage

/// The tail as a reader sees it: its messages as blocks in memory, and everyone once they are counted in.
struct TailBlocks {
    let texts: IdentifierTexts
    let profileOfIdentifier: ContiguousArray<UInt32>
    let profileCount: Int
    let dictionaries: StoreDictionaries.Image
    /// What the tail adds to the log of people; without numbers.
    let records: [PeopleRecord]
    let refused: [RefusedLink]
    /// Blocks by their ids, which are below zero: columns of these are not worth keeping between snapshots.
    private(set) var blocks: [Int64: EncodedBlock] = [:]

    /// Reads the log behind `descriptor`; nil when nothing is in it.
    init?(descriptor: Int32, image: StoreDictionaries.Image, _ database: Database) throws {
        let log = TailLog.read(descriptor)
        guard !log.isEmpty else { return nil }
        let key = try Schema.key(database)
        let dictionaries = StoreDictionaries(image)
        let decoder = MessageDecoder(dictionaries: dictionaries, key: key)
        var settlement = Settlement(key: key, graph: try PeopleTables.Held(database).graph(key: key))
        var batches: [ColumnarBatch] = []
        for batch in log {
            guard let decoded = decoder.decode(batch) as? ColumnarBatch else { continue }
            // What stands in the log was accepted: nothing of it is in a block.
            _ = settlement.settle(decoded, stored: [])
            batches.append(decoded)
        }
        (profileOfIdentifier, profileCount) = settlement.graph.profiles()
        texts = settlement.graph.texts
        records = settlement.records
        refused = settlement.graph.refusedLinks
        self.dictionaries = dictionaries.image
        let plan = BlockPlan(batches: batches, image: self.dictionaries, ownNames: [])
        for index in 0..<plan.count {
            plan.encode(index) { block in
                let id = -Int64(blocks.count + 1)
                var block = block
                block.summary.id = id
                blocks[id] = block
            }
        }
    }

    func column(_ block: Int64, code: Int) -> ContiguousArray<UInt8>? { blocks[block]?.columns.first { $0.code == code }?.bytes }
}
