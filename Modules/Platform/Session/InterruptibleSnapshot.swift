import EventModel
import Storage

/// A snapshot that stops working when its command is stopped: every read asks first, so a scan ends within a block.
struct InterruptibleSnapshot: ProfileColumnKeeping {
    let base: any StoreSnapshot
    let interruption: Interruption

    var version: UInt64 { base.version }
    var identifierCount: Int { base.identifierCount }
    var profileCount: Int { base.profileCount }
    var profileOfIdentifier: ContiguousArray<UInt32> { base.profileOfIdentifier }
    var blocks: [BlockSummary] { base.blocks }
    var latestTime: Int64? { base.latestTime }

    func keptColumn(_ path: ColumnPath) -> Column? { (base as? any ProfileColumnKeeping)?.keptColumn(path) }
    func keep(_ column: Column, for path: ColumnPath) { (base as? any ProfileColumnKeeping)?.keep(column, for: path) }

    func eventNames() throws -> [(name: String, rows: Int)] { try base.eventNames() }
    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] { try base.paths(kind: kind, event: event) }
    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        try interruption.check()
        return try base.read(block, paths: paths)
    }
    func rows(_ block: BlockSummary, of ordinals: [UInt32]) throws -> [Int] {
        try interruption.check()
        return try base.rows(block, of: ordinals)
    }
    func messageIDs(_ block: BlockSummary) throws -> [String] {
        try interruption.check()
        return try base.messageIDs(block)
    }
    func decodedMessages(_ block: BlockSummary) throws -> [(ordinal: UInt32, message: DecodedMessage)]? {
        try interruption.check()
        return try base.decodedMessages(block)
    }
    func messages(_ block: BlockSummary, rows: [Int]) throws -> [Message] {
        try interruption.check()
        return try base.messages(block, rows: rows)
    }
    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) { try base.identifier(ordinal) }
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? { try base.ordinal(of: text, kind: kind) }
    func canonicalIDs() throws -> [String] { try base.canonicalIDs() }
    func identifiers(of profile: Int) -> [UInt32] { base.identifiers(of: profile) }
    func traitIndexes() throws -> [TraitIndex] { try base.traitIndexes() }
    func identifiers(given values: [TraitValue], of trait: ColumnPath) throws -> [UInt32]? {
        try base.identifiers(given: values, of: trait)
    }
    func leastOrdinals() throws -> ContiguousArray<UInt32> { try base.leastOrdinals() }
    func canonicalOrdinals() throws -> ContiguousArray<UInt32> { try base.canonicalOrdinals() }
    func definitions() throws -> [Definition] { try base.definitions() }
    func peopleRecords(touching ordinals: OrdinalSet?) throws -> [PeopleRecord] { try base.peopleRecords(touching: ordinals) }
    func refusedLinks() throws -> [RefusedLink] { try base.refusedLinks() }
    func recordedMembers(of segment: String, at instant: Instant?) throws -> RecordedMembers? {
        try interruption.check()
        return try base.recordedMembers(of: segment, at: instant)
    }
    func lastRecorded() throws -> Instant? { try base.lastRecorded() }
    func membershipRecords(of segment: String?, touching ordinals: OrdinalSet?) throws -> [MembershipRecord] {
        try interruption.check()
        return try base.membershipRecords(of: segment, touching: ordinals)
    }
}
