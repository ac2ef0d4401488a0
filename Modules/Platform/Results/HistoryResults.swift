public import EventModel
public import Storage

/// The recorded changes of one segment.
public struct SegmentHistoryResult: CommandResult, Equatable {
    /// The segment's name.
    public var segment: String
    /// In the order in which they were made.
    public var records: [MembershipRecord]

    public var json: JSONObject {
        var members = 0
        let entries = records.map { record in
            members += record.enteredCount - record.exitedCount
            return JSONValue.object(
                JSONObject([
                    "at": .string(record.at.text), "because": .string(record.cause.word), "entered": .integer(Int64(record.enteredCount)),
                    "exited": .integer(Int64(record.exitedCount)), "members": .integer(Int64(members)),
                    "expression": record.expression.map { .string($0) } ?? .null,
                ]))
        }
        return JSONObject(["history": .array(entries), "segment": .string(segment)])
    }
    public var table: ResultTable {
        var members = 0
        let columns: [ResultTable.Column] = [
            .init("at"), .init("because"), .init("entered", numeric: true), .init("exited", numeric: true), .init("members", numeric: true),
            .init("expression"),
        ]
        return ResultTable(
            columns,
            rows: records.map { record in
                members += record.enteredCount - record.exitedCount
                return [
                    .instant(record.at), .text(record.cause.word), .count(record.enteredCount), .count(record.exitedCount), .count(members),
                    record.expression.map { .text($0.replacing("\n", with: " ")) } ?? .missing,
                ]
            })
    }
}

/// What was recorded of one person: the segments entered and exited.
public struct PersonHistoryResult: CommandResult, Equatable {
    /// One change.
    public struct Change: Sendable, Equatable {
        /// The instant that was answered for.
        public var at: Instant
        /// The segment entered or exited.
        public var segment: String
        /// `entered` or `exited`.
        public var change: String
        /// The word of the cause.
        public var because: String

        init(_ record: MembershipRecord, _ change: String) {
            (at, segment, self.change, because) = (record.at, record.segment, change, record.cause.word)
        }
    }

    /// The person's canonical id.
    public var id: String
    /// In the order in which they were recorded.
    public var changes: [Change]

    public var json: JSONObject {
        let entries = changes.map { change in
            JSONValue.object(
                JSONObject([
                    "at": .string(change.at.text), "segment": .string(change.segment), "change": .string(change.change),
                    "because": .string(change.because),
                ]))
        }
        return JSONObject(["history": .array(entries), "id": .string(id)])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("at"), .init("segment"), .init("change"), .init("because")],
            rows: changes.map { [.instant($0.at), .text($0.segment), .text($0.change), .text($0.because)] })
    }
    public var notes: [String] { changes.isEmpty ? ["Nothing was recorded of \(id)."] : [] }
}

/// The values that a trait had, each from the instant it was set.
public struct TraitHistoryResult: CommandResult, Equatable {
    /// One value.
    public struct Entry: Sendable, Equatable {
        /// The timestamp of the identify that set it.
        public var at: Instant
        /// Null where the trait was removed.
        public var value: JSONValue
        /// Of the identify that set it.
        public var messageID: String
    }

    /// The person's canonical id.
    public var id: String
    /// As the language writes it: `trait.plan`.
    public var trait: String
    /// Earliest first; a value said again is not listed again.
    public var values: [Entry]

    public var json: JSONObject {
        let entries = values.map {
            JSONValue.object(JSONObject(["at": .string($0.at.text), "value": $0.value, "message_id": .string($0.messageID)]))
        }
        return JSONObject(["history": .array(entries), "id": .string(id), "trait": .string(trait)])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("at"), .init("value"), .init("message_id")],
            rows: values.map { [.instant($0.at), .text($0.value.asString ?? $0.value.text), .text($0.messageID)] })
    }
    public var notes: [String] { values.isEmpty ? ["\(id) never had \(trait)."] : [] }
}

/// Who was answered for a segment when it was recorded.
public struct RecordedResult: CommandResult, Equatable {
    /// The segment's name.
    public var segment: String
    /// When the record was made.
    public var at: Instant
    /// What was answered; nil where the segment had been dropped.
    public var expression: String?
    /// Ids ascending by scalars; the first ones, when there was a limit.
    public var members: [String]
    /// How many members there were, those beyond the limit included.
    public var total: Int

    public var json: JSONObject {
        JSONObject([
            "members": .list(members), "total": .integer(Int64(total)), "segment": .string(segment), "recorded_at": .string(at.text),
            "expression": expression.map { .string($0) } ?? .null,
        ])
    }
    public var records: [JSONObject] { members.map { JSONObject(["id": .string($0)]) } }
    public var table: ResultTable { ResultTable([.init("id")], rows: members.map { [.text($0)] }) }
    public var notes: [String] { ["\(Figures.count(total, "profile")), recorded at \(at.text)."] }
}
