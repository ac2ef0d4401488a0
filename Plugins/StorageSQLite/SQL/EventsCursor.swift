import EventModel
import Storage

/// Goes through the messages of a scan, block after block; what a column needs is read when its first value is asked for.
final class EventsCursor: VirtualCursor {
    private let table: EventsTable
    private var run: ViewRun { table.run }
    private var scan: EventsScan?
    /// Place of the present block among the table's.
    private var place = -1
    private var block: ColumnarBlock?
    private var rows: ContiguousArray<Int32> = []
    /// Place of the present row among `rows`.
    private var at = 0
    private var names: Column?
    private var ids: [String]?
    /// Whole messages of the rows from `firstMessage` on.
    private var messages: [Message] = []
    private var firstMessage = 0
    /// Rows whose messages are read at once: they are large, and every reading goes through the block anew.
    private static let messagesAtOnce = 8_192

    init(_ table: EventsTable) { self.table = table }

    func start(_ constraints: [(constraint: ScanConstraint, value: ScanValue)]) throws {
        scan = try EventsScan(constraints, now: run.views.now, people: run.people)
        (place, at, rows, block) = (-1, 0, [], nil)
        if scan?.isEmpty ?? true { place = table.blocks.count } else { try nextBlock() }
    }

    var isAtEnd: Bool { place >= table.blocks.count }

    func advance() throws {
        at += 1
        if at >= rows.count { try nextBlock() }
    }

    var rowID: Int64 { Int64(table.blocks[place].before) + Int64(rows[at]) }

    private func nextBlock() throws {
        (names, ids, messages, firstMessage, at) = (nil, nil, [], 0, 0)
        guard let scan else { return }
        repeat {
            place += 1
            guard place < table.blocks.count else { return }
            let summary = table.blocks[place].summary
            guard scan.mayHold(summary) else { continue }
            try run.check()
            let needsNames = scan.needsNames(summary)
            let read = try run.views.snapshot.read(summary, paths: needsNames ? [["event"]] : [])
            if needsNames { names = read.columns.first }
            rows = scan.rows(of: read)
            block = read
            if !rows.isEmpty { return }
            names = nil
        } while true
    }

    // MARK: Columns

    func write(_ column: Int, to cell: ResultCell) throws {
        guard let block, let name = EventsTable.Name(rawValue: column) else { return cell.setNull() }
        let row = Int(rows[at])
        switch name {
        case .time:
            var text = ContiguousArray<UInt8>()
            Instant(milliseconds: block.times[row]).append(to: &text)
            text.withUnsafeBufferPointer { cell.set($0) }
        case .timeMilliseconds: cell.set(block.times[row])
        case .type: cell.set(block.summary.kind.word)
        case .event: try writeEvent(row, block, cell)
        case .profile: try run.people.writeName(run.people.profileOfIdentifier[Int(block.ordinals[row])], to: cell)
        case .userID:
            // A message with a user id counts for the user.
            let owner = try run.views.snapshot.identifier(Int(block.ordinals[row]))
            cell.set(owner.kind == .user ? owner.text : nil)
        case .anonymousID:
            let owner = try run.views.snapshot.identifier(Int(block.ordinals[row]))
            cell.set(owner.kind == .anonymous ? owner.text : try message().anonymousID)
        case .messageID:
            let known = try ids ?? run.views.snapshot.messageIDs(block.summary)
            ids = known
            cell.set(known[row])
        case .properties: try write("properties", to: cell)
        case .context: try write("context", to: cell)
        case .traits: try write("traits", to: cell)
        case .message:
            var text = ContiguousArray<UInt8>()
            try message().json.append(to: &text)
            text.withUnsafeBufferPointer { cell.set($0) }
        }
    }

    private func writeEvent(_ row: Int, _ block: ColumnarBlock, _ cell: ResultCell) throws {
        guard block.summary.kind == .track else { return cell.setNull() }
        if let own = block.summary.event { return cell.set(own) }
        let names = try names ?? run.views.snapshot.read(block.summary, paths: [["event"]]).columns[0]
        self.names = names
        guard names.tags[row] == ValueTag.text, let dictionary = names.dictionary else { return cell.setNull() }
        let text = Int(names.texts[row])
        dictionary.bytes.withUnsafeBufferPointer {
            cell.set(UnsafeBufferPointer(rebasing: $0[Int(dictionary.offsets[text])..<Int(dictionary.offsets[text + 1])]))
        }
    }

    private func write(_ name: String, to cell: ResultCell) throws {
        guard let value = try message().json[name], value != .null else { return cell.setNull() }
        var text = ContiguousArray<UInt8>()
        value.append(to: &text)
        text.withUnsafeBufferPointer { cell.set($0) }
    }

    /// The present row's message.
    private func message() throws -> Message {
        if !(firstMessage..<firstMessage + messages.count).contains(at) {
            try run.check()
            let wanted = rows[at..<min(rows.count, at + Self.messagesAtOnce)].map { Int($0) }
            messages = try run.views.snapshot.messages(table.blocks[place].summary, rows: wanted)
            firstMessage = at
        }
        return messages[at - firstMessage]
    }
}
