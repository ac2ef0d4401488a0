public import EventModel

/// What a value of a column is. Raw values are bytes of a decoded column, never stored.
public enum ValueTag {
    /// The row has no value there: its message lacks the path.
    /// A text; its number is in `Column.texts`.
    /// The truth false.
    /// A number; its value is in `Column.numbers`.
    /// The truth true.
    @inlinable public static var absent: UInt8 { 0 }
    @inlinable public static var no: UInt8 { 1 }
    @inlinable public static var yes: UInt8 { 2 }
    @inlinable public static var number: UInt8 { 3 }
    @inlinable public static var text: UInt8 { 4 }
    /// JSON null: present, and missing to every operator of the segment language.
    @inlinable public static var null: UInt8 { 5 }
    /// An array: present, and missing to every operator.
    @inlinable public static var array: UInt8 { 6 }
    /// An object, empty or not: present, and missing to every operator.
    @inlinable public static var object: UInt8 { 7 }
}

/// Distinct texts by dense number; immutable once published, shared by every column that uses the same numbers.
public final class TextDictionary: Sendable {
    /// The UTF-8 of all texts, end to end.
    public let bytes: ContiguousArray<UInt8>
    /// Where text `i` starts; shape `[count + 1]`.
    public let offsets: ContiguousArray<UInt32>

    /// Takes the texts as they lie; `offsets` ascends from 0 to `bytes.count`.
    public init(bytes: ContiguousArray<UInt8>, offsets: ContiguousArray<UInt32>) {
        precondition(offsets.first == 0 && Int(offsets.last ?? 0) == bytes.count, "offsets must cover the bytes")
        (self.bytes, self.offsets) = (bytes, offsets)
    }

    /// Makes a dictionary of the given texts, in their order.
    public convenience init(_ texts: [String]) {
        var bytes = ContiguousArray<UInt8>()
        var offsets: ContiguousArray<UInt32> = [0]
        for text in texts {
            bytes.append(contentsOf: text.utf8)
            offsets.append(UInt32(bytes.count))
        }
        self.init(bytes: bytes, offsets: offsets)
    }

    /// How many texts there are.
    public var count: Int { offsets.count - 1 }

    /// Text number `i`.
    public subscript(i: Int) -> String {
        String(decoding: bytes[Int(offsets[i])..<Int(offsets[i + 1])], as: UTF8.self)
    }
}

/// One property of the rows of a block, decoded into flat arrays.
public struct Column: Sendable {
    /// `ValueTag` of each row; shape `[rows]`.
    public var tags: ContiguousArray<UInt8>
    /// The numbers, at the rows tagged `number` (undefined elsewhere); shape `[rows]`, or empty when no row is a number.
    public var numbers: ContiguousArray<Double>
    /// When not empty, shape `[rows]`: `numbers[i]` is exactly the decimal `mantissas[i] * 10^-scale` for every number of the column,
    /// and that decimal is the shortest that reads back as it. |mantissa| < 10^15. Lets exact sums stay in integers.
    public var mantissas: ContiguousArray<Int64>
    /// Digits behind the decimal point of the mantissas; 0 where `mantissas` is empty.
    public var scale: Int
    /// Numbers of texts in `dictionary`, at the rows tagged `text`; shape `[rows]`, or empty when no row is a text.
    public var texts: ContiguousArray<UInt32>
    /// The texts; nil when no row is a text. Columns of the same path often share one dictionary object across blocks.
    public var dictionary: TextDictionary?
    /// The tag that all rows have, when they all have the same.
    public var uniformTag: UInt8?

    /// Takes arrays of the shapes that the properties name, unchecked. `uniformTag` may stay nil even where all tags agree.
    public init(
        tags: ContiguousArray<UInt8>, numbers: ContiguousArray<Double> = [], mantissas: ContiguousArray<Int64> = [], scale: Int = 0,
        texts: ContiguousArray<UInt32> = [], dictionary: TextDictionary? = nil, uniformTag: UInt8? = nil
    ) {
        self.tags = tags
        self.numbers = numbers
        self.mantissas = mantissas
        self.scale = scale
        self.texts = texts
        self.dictionary = dictionary
        self.uniformTag = uniformTag
    }

    /// A column of rows that do not have the property.
    public static func absent(rows: Int) -> Column {
        Column(tags: ContiguousArray(repeating: ValueTag.absent, count: rows), uniformTag: ValueTag.absent)
    }
}

/// What is known of a block before it is read.
public struct BlockSummary: Sendable, Hashable {
    /// Names the block in its snapshot.
    public var id: Int64
    /// The kind of message that all rows share.
    public var kind: Message.Kind
    /// The event name that all rows share; nil for kinds other than track, and for a block that rare event names share
    /// (then the column at path `["event"]` tells).
    public var event: String?
    /// How many rows it has, `BlockFormat.rows` at most.
    public var rows: Int
    /// Event time of the earliest and the latest row, in milliseconds.
    public var minTime, maxTime: Int64
    /// Least and greatest identifier ordinal.
    public var minOrdinal, maxOrdinal: UInt32

    /// Takes the bounds as given; each must hold for every row of the block.
    public init(
        id: Int64, kind: Message.Kind, event: String?, rows: Int, minTime: Int64, maxTime: Int64, minOrdinal: UInt32, maxOrdinal: UInt32
    ) {
        self.id = id
        self.kind = kind
        self.event = event
        self.rows = rows
        (self.minTime, self.maxTime) = (minTime, maxTime)
        (self.minOrdinal, self.maxOrdinal) = (minOrdinal, maxOrdinal)
    }
}

/// Rows of one block, sorted by (identifier ordinal, timestamp, messageId), with the columns that were asked for.
public struct ColumnarBlock: Sendable {
    /// The block that the rows were read from.
    public var summary: BlockSummary
    /// Ordinal of the identifier that each row came with; ascending; shape `[rows]`.
    public var ordinals: ContiguousArray<UInt32>
    /// Event time in milliseconds; shape `[rows]`.
    public var times: ContiguousArray<Int64>
    /// One for each path asked for, in that order; shape `[paths]`.
    public var columns: [Column]

    /// Takes arrays that lie in the block's order and have the shapes above, unchecked.
    public init(summary: BlockSummary, ordinals: ContiguousArray<UInt32>, times: ContiguousArray<Int64>, columns: [Column]) {
        self.summary = summary
        self.ordinals = ordinals
        self.times = times
        self.columns = columns
    }
}

/// Where a value stands in a message, from its root: `["properties", "price"]`, `["context", "device", "type"]`, `["traits", "age"]`, `["name"]`.
public typealias ColumnPath = [String]

/// One state of a store, unchanging while it is held. Safe to use from several threads at once.
///
/// People are dense numbers: every identifier has an ordinal (`0 ..< identifierCount`), every profile a number (`0 ..< profileCount`).
/// Ordinals never change hands between snapshots; profile numbers hold for one snapshot only.
public protocol StoreSnapshot: Sendable {
    /// Grows with every commit; two snapshots of one store with equal versions hold the same data.
    var version: UInt64 { get }
    /// How many identifiers there are; ordinals run from 0 to one less.
    var identifierCount: Int { get }
    /// How many profiles there are; their numbers run from 0 to one less.
    var profileCount: Int { get }
    /// Profile number of each identifier, `IdentifierKind.nobody` for a trait's value that names nobody; shape `[identifierCount]`.
    var profileOfIdentifier: ContiguousArray<UInt32> { get }
    /// Every block, in no promised order.
    var blocks: [BlockSummary] { get }
    /// Ordinals of a profile's identifiers, ascending.
    func identifiers(of profile: Int) -> [UInt32]
    /// Event name to number of rows, over all track messages; sorted by scalars.
    func eventNames() throws -> [(name: String, rows: Int)]
    /// Every path that some message of that kind (and event name, when given) has a value at, leaves and objects alike; sorted.
    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath]
    /// Reads a block with the columns at `paths`; a path that no row has gives an absent column.
    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock
    /// The rows of a block that came with one of these identifiers, ascending.
    ///
    /// - Parameter ordinals: Ascending.
    func rows(_ block: BlockSummary, of ordinals: [UInt32]) throws -> [Int]
    /// The messageId of each row; for ties of equal instants and for showing events. Slower than `read`.
    func messageIDs(_ block: BlockSummary) throws -> [String]
    /// The messages of a block as they are stored, with the ordinal of each one's identifier, in the order of the rows; nil where the store
    /// does not keep them decoded.
    func decodedMessages(_ block: BlockSummary) throws -> [(ordinal: UInt32, message: DecodedMessage)]?
    /// Whole messages, for those rows of a block, in that order.
    func messages(_ block: BlockSummary, rows: [Int]) throws -> [Message]
    /// The text of identifier `ordinal` and its namespace.
    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String)
    /// The ordinal of an identifier, nil when it was never seen.
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int?
    /// The indexes of traits that there are.
    func traitIndexes() throws -> [TraitIndex]
    /// Identifiers that some identify message, whatever its time, gave one of these values of a trait, each once; perhaps a few more. nil: no
    /// index says.
    ///
    /// - Parameter trait: The trait's path below `traits`.
    func identifiers(given values: [TraitValue], of trait: ColumnPath) throws -> [UInt32]?
    /// Canonical id of each profile (its least user id, else its least anonymous id, by scalars); shape `[profileCount]`.
    func canonicalIDs() throws -> [String]
    /// What a writer calls each profile: the least ordinal of its identifiers, those of traits aside; shape `[profileCount]`.
    func leastOrdinals() throws -> ContiguousArray<UInt32>
    /// Ordinal of the identifier that each profile is called by; shape `[profileCount]`.
    func canonicalOrdinals() throws -> ContiguousArray<UInt32>
    /// Every definition saved in the store.
    func definitions() throws -> [Definition]
    /// Who was recorded as a member of a segment at `instant`, whatever arrived later; nil when nothing was recorded by then.
    ///
    /// - Parameter instant: Nil asks for the latest record.
    func recordedMembers(of segment: String, at instant: Instant?) throws -> RecordedMembers?
    /// The latest instant at which a segment was recorded, dropped ones included; nil where none was.
    func lastRecorded() throws -> Instant?
    /// Recorded changes in the order in which they were made.
    ///
    /// - Parameter segment: Only this one's; nil: every segment's.
    /// - Parameter ordinals: Only records that moved one of these (a person's identifiers, say), with those that entered and exited; nil: all
    ///   records, with their counts.
    func membershipRecords(of segment: String?, touching ordinals: OrdinalSet?) throws -> [MembershipRecord]
    /// The log of people: merges and what else changed who is who, in the order in which it happened.
    ///
    /// - Parameter ordinals: Only records that name one of these; nil: all.
    func peopleRecords(touching ordinals: OrdinalSet?) throws -> [PeopleRecord]
    /// Links that messages gave and that join nobody, in the order in which they were first given.
    func refusedLinks() throws -> [RefusedLink]
    /// Event time of the latest message, nil when there is none.
    var latestTime: Int64? { get }
}

extension StoreSnapshot {
    /// Found by binary search in the block's ordinals, read with its times.
    public func rows(_ block: BlockSummary, of ordinals: [UInt32]) throws -> [Int] {
        guard ordinals.contains(where: { $0 >= block.minOrdinal && $0 <= block.maxOrdinal }) else { return [] }
        return try read(block, paths: []).ordinals.places(of: ordinals)
    }

    /// Found by looking at all identifiers, one by one.
    public func identifiers(of profile: Int) -> [UInt32] {
        profileOfIdentifier.indices.lazy.filter { [profileOfIdentifier] in profileOfIdentifier[$0] == UInt32(profile) }.map(UInt32.init)
    }

    /// Found by looking at all identifiers, one by one.
    public func leastOrdinals() throws -> ContiguousArray<UInt32> {
        let profiles = profileOfIdentifier
        var least = ContiguousArray<UInt32>(repeating: .max, count: profileCount)
        for ordinal in 0..<identifierCount where profiles[ordinal] != IdentifierKind.nobody {
            guard least[Int(profiles[ordinal])] == .max, try identifier(ordinal).kind.trait == nil else { continue }
            least[Int(profiles[ordinal])] = UInt32(ordinal)
        }
        return least
    }

    /// Found by comparing all identifiers, one by one.
    public func canonicalOrdinals() throws -> ContiguousArray<UInt32> {
        let profiles = profileOfIdentifier
        var least = [(ordinal: UInt32, kind: IdentifierKind, text: String)?](repeating: nil, count: profileCount)
        for ordinal in 0..<identifierCount where profiles[ordinal] != IdentifierKind.nobody {
            let (kind, text) = try identifier(ordinal)
            if let held = least[Int(profiles[ordinal])] {
                guard kind == held.kind ? text.precedesByScalars(held.text) : kind.rawValue < held.kind.rawValue else { continue }
            }
            least[Int(profiles[ordinal])] = (UInt32(ordinal), kind, text)
        }
        return ContiguousArray(least.map { $0?.ordinal ?? 0 })
    }

    /// None: a store that keeps no indexes.
    public func traitIndexes() throws -> [TraitIndex] { [] }

    /// Nothing is known: a store that keeps no indexes.
    public func identifiers(given values: [TraitValue], of trait: ColumnPath) throws -> [UInt32]? { nil }

    /// None: a store that keeps no log of people.
    public func peopleRecords(touching ordinals: OrdinalSet?) throws -> [PeopleRecord] { [] }

    /// None: a store without rules.
    public func refusedLinks() throws -> [RefusedLink] { [] }

    /// Nobody: a store that keeps no history.
    public func recordedMembers(of segment: String, at instant: Instant?) throws -> RecordedMembers? { nil }
    /// None: a store that keeps no history.
    public func lastRecorded() throws -> Instant? { nil }

    /// None: a store that keeps no history.
    public func membershipRecords(of segment: String?, touching ordinals: OrdinalSet?) throws -> [MembershipRecord] { [] }
    /// Not kept decoded.
    public func decodedMessages(_ block: BlockSummary) throws -> [(ordinal: UInt32, message: DecodedMessage)]? { nil }
}

/// A named thing that people define and the store keeps: a segment, a computed trait, a model, an offer, what a source has agreed to.
public struct Definition: Sendable, Hashable {
    /// What is defined. Raw values are stored and never change. `identity` is the rules of who is who and `unmerge` a decision about people:
    /// those two are changed through the store's writer only.
    public enum Kind: String, Sendable, CaseIterable { case segment, feature, model, offer, source, identity, unmerge }
    /// What is defined.
    public var kind: Kind
    /// The name that expressions and commands use; unique within its kind.
    public var name: String
    /// The expression of a segment, the value of a feature, or the JSON of anything else.
    public var body: String

    /// Joins the parts; `body` is not checked here.
    public init(kind: Kind, name: String, body: String) { (self.kind, self.name, self.body) = (kind, name, body) }
}

extension ContiguousArray<UInt32> {
    /// Where each of some numbers stands in an array that ascends; numbers may repeat there.
    public func places(of wanted: [UInt32]) -> [Int] {
        var places: [Int] = []
        for number in wanted {
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                if self[middle] < number { low = middle + 1 } else { high = middle }
            }
            while low < count, self[low] == number {
                places.append(low)
                low += 1
            }
        }
        return places
    }
}
