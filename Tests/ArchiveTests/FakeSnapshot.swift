import EventModel
import Storage

/// One state of a `FakeStore`: messages grouped into blocks by kind and event, profiles by joining until nothing changes.
struct FakeSnapshot: MessageScanning {
    struct Row {
        var ordinal: UInt32
        var message: Message
    }
    let version: UInt64 = 1
    private(set) var identifiers: [(kind: IdentifierKind, text: String)] = []
    private(set) var profileOfIdentifier: ContiguousArray<UInt32> = []
    private(set) var profileCount = 0
    private(set) var blocks: [BlockSummary] = []
    private var rows: [[Row]] = []
    private let kept: [Definition]

    init(_ messages: [Message], definitions: [Definition], blockRows: Int) {
        kept = definitions
        var ordinals: [String: Int] = [:]
        func ordinal(_ kind: IdentifierKind, _ text: String) -> Int {
            let key = "\(kind.rawValue)" + text.utf8.map { String($0) }.joined(separator: ",")
            if let known = ordinals[key] { return known }
            ordinals[key] = identifiers.count
            identifiers.append((kind, text))
            return identifiers.count - 1
        }
        var links: [(Int, Int)] = []
        var groups: [String: [Row]] = [:]
        for message in messages {
            let user = message.userID.map { ordinal(.user, $0) }
            let anonymous = message.anonymousID.map { ordinal(.anonymous, $0) }
            if let user, let anonymous { links.append((user, anonymous)) }
            guard let own = user ?? anonymous else { continue }
            groups["\(message.kind.rawValue)\(message.event ?? "")", default: []].append(Row(ordinal: UInt32(own), message: message))
        }
        for message in messages where message.kind == .alias {
            guard let own = message.userID.map({ ordinal(.user, $0) }) ?? message.anonymousID.map({ ordinal(.anonymous, $0) }) else {
                continue
            }
            for (index, identifier) in identifiers.enumerated() where identifier.text.sameScalars(as: message.previousID ?? "") {
                links.append((own, index))
            }
        }
        var root = Array(identifiers.indices)
        var changed = true
        while changed {
            changed = false
            for (a, b) in links where root[a] != root[b] {
                let (from, to) = (max(root[a], root[b]), min(root[a], root[b]))
                for index in root.indices where root[index] == from { root[index] = to }
                changed = true
            }
        }
        // Numbered backwards, so that nothing can lean on profile numbers being in any order.
        let roots = Set(root).sorted(by: >)
        profileCount = roots.count
        profileOfIdentifier = ContiguousArray(root.map { UInt32(roots.firstIndex(of: $0) ?? 0) })
        for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: group.count, by: blockRows) {
                let part = group[start..<min(start + blockRows, group.count)].sorted {
                    ($0.ordinal, $0.message.timestamp) != ($1.ordinal, $1.message.timestamp)
                        ? ($0.ordinal, $0.message.timestamp) < ($1.ordinal, $1.message.timestamp)
                        : $0.message.messageID.precedesByScalars($1.message.messageID)
                }
                let times = part.map(\.message.timestamp.milliseconds)
                blocks.append(
                    BlockSummary(
                        id: Int64(rows.count), kind: part[0].message.kind, event: part[0].message.event, rows: part.count,
                        minTime: times.min() ?? 0, maxTime: times.max() ?? 0, minOrdinal: part[0].ordinal,
                        maxOrdinal: part[part.count - 1].ordinal))
                rows.append(part)
            }
        }
        blocks.reverse()
    }

    var identifierCount: Int { identifiers.count }
    var latestTime: Int64? { blocks.map(\.maxTime).max() }
    func eventNames() throws -> [(name: String, rows: Int)] { [] }
    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] { [] }
    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        let rows = rows[Int(block.id)]
        return ColumnarBlock(
            summary: block, ordinals: ContiguousArray(rows.map(\.ordinal)),
            times: ContiguousArray(rows.map(\.message.timestamp.milliseconds)), columns: paths.map { _ in Column.absent(rows: rows.count) })
    }
    func messageIDs(_ block: BlockSummary) throws -> [String] { rows[Int(block.id)].map(\.message.messageID) }
    func messages(_ block: BlockSummary, rows wanted: [Int]) throws -> [Message] { wanted.map { rows[Int(block.id)][$0].message } }
    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) { identifiers[ordinal] }
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? {
        identifiers.firstIndex { $0.kind == kind && $0.text.sameScalars(as: text) }
    }
    func canonicalIDs() throws -> [String] {
        (0..<profileCount).map { profile in
            let own = identifiers.indices.filter { Int(profileOfIdentifier[$0]) == profile }.map { identifiers[$0] }
            let users = own.filter { $0.kind == .user }
            return (users.isEmpty ? own : users).map(\.text).min { $0.precedesByScalars($1) } ?? ""
        }
    }
    func definitions() throws -> [Definition] { kept }

    func eachMessage(
        _ block: BlockSummary,
        _ body: (_ row: Int, _ ordinal: UInt32, _ time: Int64, _ messageID: UnsafeBufferPointer<UInt8>, _ json: UnsafeBufferPointer<UInt8>)
            throws -> Void
    ) throws {
        for (index, row) in rows[Int(block.id)].enumerated() {
            var json = ContiguousArray<UInt8>()
            row.message.json.append(to: &json)
            let id = ContiguousArray(row.message.messageID.utf8)
            try id.withUnsafeBufferPointer { id in
                try json.withUnsafeBufferPointer { json in
                    try body(index, row.ordinal, row.message.timestamp.milliseconds, id, json)
                }
            }
        }
    }
}
