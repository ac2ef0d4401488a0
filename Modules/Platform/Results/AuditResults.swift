public import EventModel

/// What is stored, field by field.
public struct DataAuditResult: CommandResult, Equatable {
    /// Messages of one name, or one field of them.
    public struct Entry: Sendable, Equatable {
        /// The event's name, or the kind of message: `identify`, `page`.
        public var of: String
        /// As the segment language writes it; nil: the messages themselves.
        public var field: String?
        /// Messages.
        public var rows: Int
        /// Share of them that lack the field.
        public var missing: Double?
        /// Share of them that have it as null.
        public var null: Double?
        /// `text`, `number`, `truth`, `array`, `object`: those that occur.
        public var kinds: [String] = []
        /// Distinct texts, numbers and truths, exactly.
        public var distinct: Int?
        /// The least of the numbers, where there are any, else of the texts.
        public var least: JSONValue?
        /// The greatest of the same.
        public var greatest: JSONValue?
        /// The share of texts, numbers and truths that the tracking plan does not allow; nil: it says nothing of them.
        public var outside: Double?
        /// The population stability index of the last seven days against the seven before; nil where one of them holds nothing.
        public var drift: Double?
        /// Messages of the last seven days; nil of fields.
        public var week: Int?
        /// Messages of the seven days before those; nil of fields.
        public var weekBefore: Int?
        /// When the latest of them happened.
        public var lastSeen: Instant?
        /// Segments, features and offers that read it.
        public var usedBy: [String] = []
        /// Who sent it: `context.source`, else the library; by scalars.
        public var sources: [String] = []
        /// What for: `context.purpose`, and what its sources have agreed to; by scalars.
        public var purposes: [String] = []

        init(of: String, field: String?, rows: Int) { (self.of, self.field, self.rows) = (of, field, rows) }
    }
    /// Events by name, then other kinds; the messages before their fields.
    public var entries: [Entry]
    /// The instant it is asked as of.
    public var now: Instant
    /// Whether there is a tracking plan to hold values against.
    public var hasPlan: Bool

    public var json: JSONObject {
        func count(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
        let list = entries.map { entry in
            JSONValue.object(
                JSONObject([
                    "of": .string(entry.of), "field": entry.field.map { .string($0) } ?? .null, "rows": count(entry.rows),
                    "missing": .finite(entry.missing), "null": .finite(entry.null), "kinds": .list(entry.kinds),
                    "distinct": count(entry.distinct), "least": entry.least ?? .null, "greatest": entry.greatest ?? .null,
                    "outside": .finite(entry.outside), "drift": .finite(entry.drift), "week": count(entry.week),
                    "week_before": count(entry.weekBefore), "last_seen": entry.lastSeen.map { .string($0.text) } ?? .null,
                    "used_by": .list(entry.usedBy), "sources": .list(entry.sources), "purposes": .list(entry.purposes),
                ]))
        }
        return JSONObject(["data": .array(list), "now": .string(now.text)])
    }
    public var table: ResultTable {
        func shown(_ value: JSONValue?) -> ResultTable.Cell {
            switch value {
            case .number(let number): .number(number, digits: number == number.rounded() ? 0 : 2)
            case .string(let text): .text(text)
            default: .missing
            }
        }
        return ResultTable(
            [
                .init("of"), .init("field"), .init("rows", numeric: true), .init("missing", numeric: true), .init("null", numeric: true),
                .init("kinds"), .init("distinct", numeric: true), .init("least"), .init("greatest"), .init("outside", numeric: true),
                .init("drift", numeric: true), .init("last_seen"), .init("used_by"), .init("sources"), .init("purposes"),
            ],
            rows: entries.map { entry in
                [
                    .text(entry.of), entry.field.map { .text($0) } ?? .missing, .count(entry.rows),
                    entry.missing.map { .share($0) } ?? .missing, entry.null.map { .share($0) } ?? .missing,
                    .text(entry.kinds.joined(separator: " ")), entry.distinct.map { .count($0) } ?? .missing, shown(entry.least),
                    shown(entry.greatest), entry.outside.map { .share($0) } ?? .missing,
                    entry.drift.map { .number($0, digits: 2) } ?? .missing, entry.lastSeen.map { .instant($0) } ?? .missing,
                    .text(entry.usedBy.joined(separator: ", ")), .text(entry.sources.joined(separator: ", ")),
                    .text(entry.purposes.joined(separator: ", ")),
                ]
            })
    }
    public var notes: [String] {
        if entries.isEmpty { return ["No message is stored by then."] }
        let unused = entries.filter { $0.field != nil && $0.usedBy.isEmpty }.count
        return ["\(Figures.count(unused, "field")) of \(Figures.grouped(entries.count { $0.field != nil })) used by no segment or feature."]
            + (hasPlan ? [] : ["No tracking plan: `outside` needs a workspace whose tessera.yaml has one."])
    }
}

/// Where messages come from.
public struct SourceAuditResult: CommandResult, Equatable {
    /// One source.
    public struct Entry: Sendable, Equatable {
        /// `context.source`, else `context.library.name`; empty where messages say neither.
        public var source: String
        /// The name that people see, where it has agreed to one.
        public var title: String?
        /// Messages in all.
        public var messages: Int
        /// Messages of the last seven days.
        public var week: Int
        /// Messages of the seven days before those.
        public var weekBefore: Int
        /// When the latest of them happened.
        public var lastSeen: Instant?
        /// Messages that say when they arrived.
        public var timed: Int
        /// Milliseconds within which half of those arrived.
        public var p50: Int64?
        /// Milliseconds within which 95 of a hundred arrived.
        public var p95: Int64?
        /// Milliseconds within which 99 of a hundred arrived.
        public var p99: Int64?
        /// Messages in quarantine that were kept whole.
        public var refused: Int
        /// How often it has agreed to bring something new; nil: it has not.
        public var every: Duration?
        /// Whether its latest message is older than that; nil where it has not agreed to anything.
        public var isLate: Bool?
        /// What it says it sent; nil: it said nothing.
        public var sent: Sent?

        /// What is wrong with it, in sentences.
        public var alarms: [String] {
            var alarms: [String] = []
            let source = title.map { "\($0) (\(self.source))" } ?? self.source
            if isLate == true, let every {
                let last = lastSeen.map { "its latest message is of \($0.text)" } ?? "nothing came from it"
                alarms.append("\(source) is late: \(last), and it has agreed to bring something new every \(every.text).")
            }
            if let sent, sent.isOff {
                let said = "\(source) says it sent \(Figures.count(sent.messages, "message"))"
                if sent.missing > 0 { alarms.append("\(said), and \(Figures.grouped(sent.missing)) of them are not here.") }
                if sent.surplus > 0 { alarms.append("\(said), and \(Figures.grouped(sent.surplus)) more are here.") }
            }
            return alarms
        }
    }
    /// What a source says it sent beside what is here.
    public struct Sent: Sendable, Equatable {
        /// Messages that it says it sent.
        public var messages: Int
        /// Messages of the same times that are stored or in quarantine.
        public var here: Int
        /// Over each span of time, those that are not here.
        public var missing: Int
        /// Over each span of time, those that are here beyond what it says.
        public var surplus: Int
        /// Whether that is more than its tolerance.
        public var isOff: Bool
    }
    /// Most messages first.
    public var entries: [Entry]
    /// The instant it is asked as of.
    public var now: Instant
    /// Saved agreements that cannot be read.
    public var problems: [String] = []

    /// What is wrong, source by source.
    public var alarms: [String] { entries.flatMap(\.alarms) }

    public var json: JSONObject {
        func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        let list = entries.map { entry in
            JSONValue.object(
                JSONObject([
                    "source": .string(entry.source), "title": entry.title.map { .string($0) } ?? .null,
                    "messages": .integer(Int64(entry.messages)), "week": .integer(Int64(entry.week)),
                    "week_before": .integer(Int64(entry.weekBefore)), "last_seen": entry.lastSeen.map { .string($0.text) } ?? .null,
                    "timed": .integer(Int64(entry.timed)),
                    "lag_ms": .object(JSONObject(["p50": number(entry.p50), "p95": number(entry.p95), "p99": number(entry.p99)])),
                    "refused": .integer(Int64(entry.refused)), "every": entry.every.map { .string($0.text) } ?? .null,
                    "late": entry.isLate.map { .bool($0) } ?? .null, "sent": entry.sent.map { .object($0.json) } ?? .null,
                ]))
        }
        return JSONObject(["sources": .array(list), "alarms": .list(alarms), "now": .string(now.text)])
    }
    public var table: ResultTable {
        func lag(_ value: Int64?) -> ResultTable.Cell { value.map { .count(Int($0)) } ?? .missing }
        return ResultTable(
            [
                .init("source"), .init("title"), .init("messages", numeric: true), .init("week", numeric: true),
                .init("week_before", numeric: true),
                .init("last_seen"), .init("lag_p50_ms", numeric: true), .init("lag_p95_ms", numeric: true),
                .init("lag_p99_ms", numeric: true), .init("refused", numeric: true), .init("every"),
                .init("late"), .init("sent", numeric: true), .init("missing", numeric: true),
            ],
            rows: entries.map { entry in
                [
                    entry.source.isEmpty ? .missing : .text(entry.source), entry.title.map { .text($0) } ?? .missing,
                    .count(entry.messages), .count(entry.week),
                    .count(entry.weekBefore),
                    entry.lastSeen.map { .instant($0) } ?? .missing, lag(entry.p50), lag(entry.p95), lag(entry.p99), .count(entry.refused),
                    entry.every.map { .text($0.text) } ?? .missing, entry.isLate.map { .text($0 ? "yes" : "no") } ?? .missing,
                    entry.sent.map { .count($0.messages) } ?? .missing, entry.sent.map { .count($0.missing) } ?? .missing,
                ]
            })
    }
    public var notes: [String] { (entries.isEmpty ? ["No message is stored by then."] : alarms) + problems }
}

extension SourceAuditResult.Sent {
    var json: JSONObject {
        JSONObject([
            "messages": .integer(Int64(messages)), "here": .integer(Int64(here)), "missing": .integer(Int64(missing)),
            "surplus": .integer(Int64(surplus)), "off": .bool(isOff),
        ])
    }
}
