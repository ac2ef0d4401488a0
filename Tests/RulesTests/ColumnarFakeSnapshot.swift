import EventModel
import Storage
import Synchronization

/// A snapshot made of messages in memory, laid out in any of the ways that a store may choose.
final class ColumnarFakeSnapshot: ProfileColumnKeeping {
    /// How the rows are laid out.
    struct Layout: Sendable {
        var blockRows = 1_000
        /// Track messages of names with fewer rows than this share blocks.
        var rareRows = 0
        enum Dictionaries: Sendable, CaseIterable {
            /// Each block has its own, where a text may come twice.
            case ownWithRepeats
            case own
            /// One for each path.
            case shared
        }
        var dictionaries = Dictionaries.own
        var hasMantissas = true
        var hasUniformTags = true
        /// Cuts rows by time first, as a store does, or as they come.
        var cutsByTime = true
        /// Keeps columns by profile for later questions.
        var keepsColumns = false
    }
    private let kept = Mutex<[[String]: Column]>([:])
    let version: UInt64 = 1
    let identifierCount: Int
    let profileCount: Int
    let profileOfIdentifier: ContiguousArray<UInt32>
    let blocks: [BlockSummary]
    let latestTime: Int64?
    private let identifiers: [(kind: IdentifierKind, text: String)]
    private let rows: [[(ordinal: UInt32, message: Message)]]
    private let layout: Layout
    private let shared: [[String]: TextDictionary]

    func keptColumn(_ path: ColumnPath) -> Column? { kept.withLock { $0[path] } }
    func keep(_ column: Column, for path: ColumnPath) { if layout.keepsColumns { kept.withLock { $0[path] = column } } }

    /// - Parameter arrivals: In the order of arrival; the first of each messageId counts.
    init(_ arrivals: [Message], layout: Layout = Layout()) {
        self.layout = layout
        var seen: Set<[UInt8]> = []
        let messages = arrivals.filter { seen.insert(Array($0.messageID.utf8)).inserted }
        var people = People()
        let owned = messages.compactMap { message in people.enter(message).map { (ordinal: UInt32($0), message: message) } }
        let (profiles, count) = people.profiles()
        (identifiers, profileOfIdentifier, profileCount) = (people.identifiers, profiles, count)
        identifierCount = identifiers.count
        latestTime = messages.map(\.timestamp.milliseconds).max()

        var groups: [(kind: Message.Kind, event: String?, rows: [(ordinal: UInt32, message: Message)])] = []
        for kind in Message.Kind.allCases where kind != .track {
            groups.append((kind, nil, owned.filter { $0.message.kind == kind }))
        }
        var byName: [[UInt8]: [(ordinal: UInt32, message: Message)]] = [:]
        for row in owned where row.message.kind == .track { byName[Array((row.message.event ?? "").utf8), default: []].append(row) }
        var rare: [(ordinal: UInt32, message: Message)] = []
        for (name, named) in byName.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            if named.count < layout.rareRows {
                rare += named
            } else {
                // A name that became frequent late: its first rows still lie with the rare ones.
                let early = layout.rareRows > 0 ? 1 : 0
                rare += named.prefix(early)
                groups.append((.track, String(decoding: name, as: UTF8.self), Array(named.dropFirst(early))))
            }
        }
        groups.append((.track, nil, rare))
        var (blocks, rows): ([BlockSummary], [[(ordinal: UInt32, message: Message)]]) = ([], [])
        for group in groups {
            let ordered = layout.cutsByTime ? group.rows.sorted { $0.message.timestamp < $1.message.timestamp } : group.rows
            for start in stride(from: 0, to: ordered.count, by: layout.blockRows) {
                let part = ordered[start..<min(start + layout.blockRows, ordered.count)].sorted(by: Self.precedes)
                let times = part.map(\.message.timestamp.milliseconds)
                blocks.append(
                    BlockSummary(
                        id: Int64(blocks.count * 7 + 3), kind: group.kind, event: group.event, rows: part.count, minTime: times.min()!,
                        maxTime: times.max()!, minOrdinal: part.first!.ordinal, maxOrdinal: part.last!.ordinal))
                rows.append(part)
            }
        }
        (self.blocks, self.rows) = (blocks, rows)
        var texts: [[String]: [String]] = [:]
        if layout.dictionaries == .shared {
            for row in owned { Self.collect(.object(row.message.json), [], &texts) }
        }
        shared = texts.mapValues { TextDictionary($0) }
    }

    private static func precedes(_ a: (ordinal: UInt32, message: Message), _ b: (ordinal: UInt32, message: Message)) -> Bool {
        if a.ordinal != b.ordinal { return a.ordinal < b.ordinal }
        if a.message.timestamp != b.message.timestamp { return a.message.timestamp < b.message.timestamp }
        return a.message.messageID.precedesByScalars(b.message.messageID)
    }

    private static func collect(_ value: JSONValue, _ path: [String], _ texts: inout [[String]: [String]]) {
        switch value {
        case .string(let text):
            if !texts[path, default: []].contains(where: { $0.sameScalars(as: text) }) { texts[path, default: []].append(text) }
        case .object(let object): for member in object.members { collect(member.value, path + [member.name], &texts) }
        default: break
        }
    }

    // MARK: Reading

    private func place(_ block: BlockSummary) -> Int { blocks.firstIndex { $0.id == block.id }! }

    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        let own = rows[place(block)]
        return ColumnarBlock(
            summary: block, ordinals: ContiguousArray(own.map(\.ordinal)),
            times: ContiguousArray(own.map(\.message.timestamp.milliseconds)),
            columns: paths.map { path in column(own.map { $0.message.json.value(at: path) }, path) })
    }

    private func column(_ values: [JSONValue?], _ path: ColumnPath) -> Column {
        var column = Column(tags: ContiguousArray(repeating: ValueTag.absent, count: values.count))
        var texts: [String] = []
        if layout.dictionaries == .shared, let dictionary = shared[path] { texts = (0..<dictionary.count).map { dictionary[$0] } }
        for (row, value) in values.enumerated() {
            switch value {
            case nil: break
            case .null: column.tags[row] = ValueTag.null
            case .bool(let truth): column.tags[row] = truth ? ValueTag.yes : ValueTag.no
            case .array: column.tags[row] = ValueTag.array
            case .object: column.tags[row] = ValueTag.object
            case .integer, .unsigned, .number:
                column.tags[row] = ValueTag.number
                if column.numbers.isEmpty { column.numbers = ContiguousArray(repeating: .nan, count: values.count) }
                column.numbers[row] = value!.asDouble!
            case .string(let text):
                column.tags[row] = ValueTag.text
                if column.texts.isEmpty { column.texts = ContiguousArray(repeating: .max, count: values.count) }
                let known = layout.dictionaries == .ownWithRepeats ? nil : texts.firstIndex { $0.sameScalars(as: text) }
                if known == nil { texts.append(text) }
                column.texts[row] = UInt32(known ?? texts.count - 1)
            }
        }
        if !column.texts.isEmpty { column.dictionary = layout.dictionaries == .shared ? shared[path] : TextDictionary(texts) }
        if layout.hasMantissas { Self.addMantissas(&column) }
        if layout.hasUniformTags, Set(column.tags).count == 1 { column.uniformTag = column.tags[0] }
        return column
    }

    /// Numbers as whole numbers of one power of ten, where all of them are.
    private static func addMantissas(_ column: inout Column) {
        let powers: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000]
        let rows = column.tags.indices.filter { column.tags[$0] == ValueTag.number }
        guard !rows.isEmpty else { return }
        for scale in 0...9 {
            let wholes = rows.map { row -> Int64? in
                let whole = (column.numbers[row] * powers[scale]).rounded(.toNearestOrEven)
                return whole.magnitude < 1e15 && whole / powers[scale] == column.numbers[row] ? Int64(whole) : nil
            }
            guard !wholes.contains(nil) else { continue }
            column.mantissas = ContiguousArray(repeating: .max, count: column.tags.count)
            for (row, whole) in zip(rows, wholes) { column.mantissas[row] = whole! }
            column.scale = scale
            return
        }
    }

    func messageIDs(_ block: BlockSummary) throws -> [String] { rows[place(block)].map(\.message.messageID) }

    func messages(_ block: BlockSummary, rows wanted: [Int]) throws -> [Message] { wanted.map { rows[place(block)][$0].message } }

    // MARK: Names and people

    func eventNames() throws -> [(name: String, rows: Int)] {
        var counts: [[UInt8]: Int] = [:]
        for row in rows.joined() where row.message.kind == .track { counts[Array((row.message.event ?? "").utf8), default: 0] += 1 }
        return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    }

    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] { [] }

    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) { identifiers[ordinal] }

    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? {
        identifiers.firstIndex { $0.kind == kind && $0.text.sameScalars(as: text) }
    }

    func canonicalIDs() throws -> [String] {
        (0..<profileCount).map { profile in
            let own = identifiers.indices.filter { profileOfIdentifier[$0] == UInt32(profile) }.map { identifiers[$0] }
            let users = own.filter { $0.kind == .user }
            return (users.isEmpty ? own : users).map(\.text).min { $0.precedesByScalars($1) }!
        }
    }

    func definitions() throws -> [Definition] { [] }
}

/// Who is who, by joining whatever a message names together.
private struct People {
    var identifiers: [(kind: IdentifierKind, text: String)] = []
    private var roots: [Int] = []

    /// The ordinal that a message's row carries; nil for a message of nobody.
    mutating func enter(_ message: Message) -> Int? {
        let user = message.userID.map { ordinal($0, .user) }
        let device = message.anonymousID.map { ordinal($0, .anonymous) }
        if let user, let device {
            let (kept, gone) = (roots[user], roots[device])
            for index in roots.indices where roots[index] == gone { roots[index] = kept }
        }
        return user ?? device
    }

    private mutating func ordinal(_ text: String, _ kind: IdentifierKind) -> Int {
        if let known = identifiers.firstIndex(where: { $0.kind == kind && $0.text.sameScalars(as: text) }) { return known }
        identifiers.append((kind, text))
        roots.append(roots.count)
        return roots.count - 1
    }

    /// Numbered backwards, so that nothing leans on an order of profile numbers.
    func profiles() -> (ContiguousArray<UInt32>, Int) {
        let distinct = Set(roots).sorted(by: >)
        return (ContiguousArray(roots.map { UInt32(distinct.firstIndex(of: $0)!) }), distinct.count)
    }
}
