import EventModel
import Storage

/// Some profiles of a snapshot, as if nobody else were in it: their rows and no others, their identifiers and profiles numbered anew.
///
/// What is asked of it costs what their rows cost, and a look at the ordinals of each block.
struct CandidateSnapshot: StoreSnapshot {
    private let base: any StoreSnapshot
    /// The profiles' identifiers, ascending: place is ordinal here, value is ordinal there.
    private let ordinals: [UInt32]
    /// The rows that are theirs, by block.
    private let rows: [Int64: [Int]]
    private let whole: [Int64: BlockSummary]
    let profileOfIdentifier: ContiguousArray<UInt32>
    let profileCount: Int
    let blocks: [BlockSummary]

    /// - Parameter profiles: Numbers of profiles of `base`, each once; they are numbered here in this order.
    init(_ base: any StoreSnapshot, _ profiles: [Int]) throws {
        self.base = base
        profileCount = profiles.count
        let owned = profiles.enumerated().flatMap { place, profile in base.identifiers(of: profile).map { (ordinal: $0, place: place) } }
            .sorted { $0.ordinal < $1.ordinal }
        ordinals = owned.map(\.ordinal)
        profileOfIdentifier = ContiguousArray(owned.map { UInt32($0.place) })
        var (rows, whole, blocks) = ([Int64: [Int]](), [Int64: BlockSummary](), [BlockSummary]())
        for block in base.blocks {
            let own = try base.rows(block, of: ordinals)
            guard !own.isEmpty else { continue }
            var part = block
            part.rows = own.count
            (part.minOrdinal, part.maxOrdinal) = (0, UInt32(ordinals.count - 1))
            (rows[block.id], whole[block.id]) = (own, block)
            blocks.append(part)
        }
        (self.rows, self.whole, self.blocks) = (rows, whole, blocks)
    }

    var version: UInt64 { base.version }
    var latestTime: Int64? { base.latestTime }
    var identifierCount: Int { ordinals.count }

    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        guard let whole = whole[block.id], let own = rows[block.id] else {
            throw StoreError(.damaged, "Block \(block.id) is not one of the snapshot's.")
        }
        let read = try base.read(whole, paths: paths)
        let numbered = own.map { row in
            // The row is theirs, so its ordinal is among them.
            UInt32(ordinals.partitioningPlace { $0 >= read.ordinals[row] })
        }
        return ColumnarBlock(
            summary: block, ordinals: ContiguousArray(numbered), times: ContiguousArray(own.map { read.times[$0] }),
            columns: read.columns.map { $0.taking(own) })
    }

    func messageIDs(_ block: BlockSummary) throws -> [String] {
        let ids = try base.messageIDs(whole[block.id] ?? block)
        return (rows[block.id] ?? []).map { ids[$0] }
    }

    func messages(_ block: BlockSummary, rows wanted: [Int]) throws -> [Message] {
        let own = rows[block.id] ?? []
        return try base.messages(whole[block.id] ?? block, rows: wanted.map { own[$0] })
    }

    func eventNames() throws -> [(name: String, rows: Int)] { try base.eventNames() }
    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] { try base.paths(kind: kind, event: event) }
    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) { try base.identifier(Int(ordinals[ordinal])) }
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? {
        try base.ordinal(of: text, kind: kind).flatMap { ordinals.firstIndex(of: UInt32($0)) }
    }
    func canonicalIDs() throws -> [String] { try canonicalOrdinals().map { try identifier(Int($0)).text } }
    func definitions() throws -> [Definition] { try base.definitions() }
}

extension Column {
    /// The column of some of its rows.
    fileprivate func taking(_ rows: [Int]) -> Column {
        func taken<T>(_ values: ContiguousArray<T>) -> ContiguousArray<T> {
            values.isEmpty ? [] : ContiguousArray(rows.map { values[$0] })
        }
        return Column(
            tags: taken(tags), numbers: taken(numbers), mantissas: taken(mantissas), scale: scale, texts: taken(texts),
            dictionary: dictionary, uniformTag: uniformTag)
    }
}
