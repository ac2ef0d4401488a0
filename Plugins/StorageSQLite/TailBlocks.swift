import Identity
import Storage

/// The tail as a reader sees it: its messages as blocks in memory, and everyone once they are counted in.
struct TailBlocks {
    let texts: IdentifierTexts
    let people: SnapshotPeople
    /// Identifiers that are committed; the tail's own follow.
    let committedIdentifiers: Int
    let dictionaries: StoreDictionaries.Image
    /// What the tail adds to the log of people; without numbers.
    let records: [PeopleRecord]
    let refused: [RefusedLink]
    /// Blocks by their ids, which are below zero: columns of these are not worth keeping between snapshots.
    private(set) var blocks: [Int64: EncodedBlock] = [:]

    init(
        texts: IdentifierTexts, people: SnapshotPeople, committedIdentifiers: Int, dictionaries: StoreDictionaries.Image,
        records: [PeopleRecord], refused: [RefusedLink], encoded: [EncodedBlock]
    ) {
        (self.texts, self.people, self.committedIdentifiers) = (texts, people, committedIdentifiers)
        (self.dictionaries, self.records, self.refused) = (dictionaries, records, refused)
        for block in encoded {
            let id = -Int64(blocks.count + 1)
            var block = block
            block.summary.id = id
            blocks[id] = block
        }
    }

    func column(_ block: Int64, code: Int) -> ContiguousArray<UInt8>? { blocks[block]?.columns.first { $0.code == code }?.bytes }
}
