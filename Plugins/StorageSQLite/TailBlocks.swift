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

    init(
        texts: IdentifierTexts, people: (profileOfIdentifier: ContiguousArray<UInt32>, count: Int), dictionaries: StoreDictionaries.Image,
        records: [PeopleRecord], refused: [RefusedLink], encoded: [EncodedBlock]
    ) {
        (self.texts, self.dictionaries, self.records, self.refused) = (texts, dictionaries, records, refused)
        (profileOfIdentifier, profileCount) = people
        for block in encoded {
            let id = -Int64(blocks.count + 1)
            var block = block
            block.summary.id = id
            blocks[id] = block
        }
    }

    func column(_ block: Int64, code: Int) -> ContiguousArray<UInt8>? { blocks[block]?.columns.first { $0.code == code }?.bytes }
}
