import Connectors
import EventModel
import Records

/// Rows in, batches of messages out.
struct RowReader: Sendable {
    /// What the rows are called, for the rules.
    let stream: String
    let mapping: RecordMapping
    /// Columns that place a row.
    let columns: [String]
    let now: @Sendable () -> Instant
    /// Rows so far.
    private var number = 0

    init(stream: String, mapping: RecordMapping, columns: [String], now: @escaping @Sendable () -> Instant) {
        (self.stream, self.mapping, self.columns, self.now) = (stream, mapping, columns, now)
    }

    /// What is being put together.
    private struct Draft {
        var batch: MessageBatch
        var newest: Instant?

        init(firstLine: Int) { batch = MessageBatch(firstLine: firstLine) }

        mutating func finish(then checkpoint: Checkpoint) -> SourceBatch {
            batch.count = batch.text.count
            batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
            return SourceBatch(batch, then: checkpoint, newest: newest)
        }
    }

    /// The messages of rows. A batch that ends among rows of one place has the position before them.
    ///
    /// - Parameter place: Of the last row before these; nil: there is none.
    mutating func batches(of rows: [CursorQuery.Row], after place: [String]?) -> [SourceBatch] {
        var batches: [SourceBatch] = []
        var (covered, last) = (place, place)
        var draft = Draft(firstLine: number + 1)
        for row in rows {
            if row.place != last { covered = last }
            number += 1
            let (text, messages, reason) = messages(of: row, newest: &draft.newest)
            if draft.batch.text.count + text.count > SourceBatch.mostBytes {
                batches.append(draft.finish(then: checkpoint(covered)))
                draft = Draft(firstLine: number)
            }
            draft.batch.text += text
            draft.batch.lineNumbers += repeatElement(number, count: messages)
            draft.batch.sourceLines += 1
            if let reason {
                let kept = String(decoding: row.json.utf8.prefix(Reject.longestText), as: UTF8.self)
                draft.batch.rejects.append(Reject(line: number, reason: reason, text: kept))
            } else if messages == 0 {
                draft.batch.skippedLines += 1
            }
            last = row.place
        }
        if !rows.isEmpty { batches.append(draft.finish(then: checkpoint(last))) }
        return batches
    }

    /// Lines of the messages that a row becomes, how many they are, and why it becomes none.
    private func messages(of row: CursorQuery.Row, newest: inout Instant?) -> (ContiguousArray<UInt8>, Int, String?) {
        let fields: JSONObject
        do throws(JSONError) { fields = try JSONValue(parsing: Array(row.json.utf8)).asObject ?? JSONObject() } catch {
            return ([], 0, "the row cannot be read: \(error)")
        }
        let time = fields[columns[0]]?.asString.flatMap { Instant(text: $0) }
        if let time { newest = max(newest ?? time, time) }
        let record = Record(stream: stream, fields: fields, keys: Array(columns.dropFirst()), timestamp: time ?? now())
        var text = ContiguousArray<UInt8>()
        let messages: [JSONObject]
        do throws(RecordRefusal) { messages = try mapping.messages(of: record) } catch { return ([], 0, error.reason) }
        for message in messages {
            message.append(to: &text)
            text.append(UInt8(ascii: "\n"))
        }
        if text.count > SourceBatch.mostBytes {
            return ([], 0, "its messages have more than \(SourceBatch.mostBytes) bytes. Map less of it.")
        }
        return (text, messages.count, nil)
    }

    // MARK: - checkpoints

    /// A place with the columns it is told by: under other columns it means nothing.
    private func checkpoint(_ place: [String]?) -> Checkpoint {
        guard let place else { return Checkpoint(version: 1, position: "") }
        let position = JSONObject([
            .init("columns", .array(columns.map { .string($0) })), .init("after", .array(place.map { .string($0) })),
        ])
        return Checkpoint(version: 1, position: position.text)
    }

    /// The place that a checkpoint says; nil: the first row comes next.
    func place(_ checkpoint: Checkpoint?) throws(ConnectorError) -> [String]? {
        guard let checkpoint, checkpoint != self.checkpoint(nil) else { return nil }
        let position = (try? JSONValue(parsing: Array(checkpoint.position.utf8)))?.asObject
        let place = position?["after"]?.asArray?.compactMap(\.asString)
        guard checkpoint.version == 1, let place, place.count == columns.count,
            position?["columns"] == .array(columns.map { .string($0) })
        else {
            throw ConnectorError(
                .stop, at: stream, "the kept position is of other columns",
                remedy: "Reset the connector: what is read again is stored once.")
        }
        return place
    }
}
