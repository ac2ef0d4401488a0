public import EventModel
import Storage

/// What changed who is who.
public struct MergesResult: CommandResult, Equatable {
    /// One record of the log of people.
    public struct Entry: Sendable, Equatable {
        /// Number of the record, from 1.
        public var number: Int
        /// When it happened.
        public var at: Instant
        /// The word of the cause: `merge`, `order`, `unmerge`, `rejoin` or `rules`.
        public var because: String
        /// The message that merged them; nil where somebody decided.
        public var messageID: String?
        /// The number of the unmerge that was decided or taken back.
        public var unmerge: Int?
        /// Canonical ids of the profiles before and afterwards.
        public var before, after: [String]
        /// Who decided, and why; nil where a message did.
        public var by, reason: String?

        init(_ record: PeopleRecord, id: (UInt32) throws -> String) rethrows {
            (number, at, because) = (record.number, record.at, record.cause.word)
            before = try record.before.map(id)
            after = try record.after.map(id)
            switch record.cause {
            case .merge(let id), .order(let id): messageID = id
            case .unmerge(let number), .rejoin(let number):
                unmerge = number
                (by, reason) = (record.by, record.reason)
            case .rules: (by, reason) = (record.by, record.reason)
            }
        }
    }

    /// In the order in which they happened; the latest, when there was a limit.
    public var merges: [Entry]
    /// How many records there are, those that are not shown included.
    public var total: Int

    public var json: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        let entries = merges.map { entry in
            JSONValue.object(
                JSONObject([
                    "number": .integer(Int64(entry.number)), "at": .string(entry.at.text), "because": .string(entry.because),
                    "message_id": text(entry.messageID), "unmerge": entry.unmerge.map { .integer(Int64($0)) } ?? .null,
                    "before": .list(entry.before), "after": .list(entry.after), "by": text(entry.by), "reason": text(entry.reason),
                ]))
        }
        return JSONObject(["merges": .array(entries), "total": .integer(Int64(total))])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("number", numeric: true), .init("at"), .init("because"), .init("before"), .init("after"), .init("said_by")],
            rows: merges.map { entry in
                let told = entry.messageID.map { "message \($0)" } ?? [entry.by, entry.reason].compactMap { $0 }.joined(separator: ": ")
                let cause = entry.because + (entry.unmerge.map { " \($0)" } ?? "")
                return [
                    .count(entry.number), .instant(entry.at), .text(cause), .text(entry.before.joined(separator: ", ")),
                    .text(entry.after.joined(separator: ", ")), .prose(told),
                ]
            })
    }
    public var notes: [String] { merges.isEmpty ? ["No profiles became one, and none was parted."] : [] }
}

/// Links that messages gave and that join nobody.
public struct RefusedMergesResult: CommandResult, Equatable {
    /// One link.
    public struct Entry: Sendable, Equatable {
        /// The two, as commands name them: `user_id:u-1`.
        public var identifiers: [String]
        /// `unmerged`, `blocked value`, `limit of user_id`.
        public var because: String
    }

    /// In the order in which they were first given; the latest, when there was a limit.
    public var refused: [Entry]
    /// How many links are refused, those that are not shown included.
    public var total: Int

    public var json: JSONObject {
        let entries = refused.map {
            JSONValue.object(JSONObject(["identifiers": .list($0.identifiers), "because": .string($0.because)]))
        }
        return JSONObject(["refused": .array(entries), "total": .integer(Int64(total))])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("identifier"), .init("and"), .init("because")],
            rows: refused.map { [.text($0.identifiers[0]), .text($0.identifiers[1]), .text($0.because)] })
    }
    public var notes: [String] { refused.isEmpty ? ["Every link that a message gave is in force."] : [] }
}

/// What an unmerge, or taking one back, did.
public struct PeopleChangeResult: CommandResult, Equatable {
    /// Of the unmerge.
    public var number: Int
    /// It was taken back.
    public var isRejoin: Bool
    /// Canonical ids of the profiles before and afterwards.
    public var before, after: [String]

    /// - Throws: Where nothing was changed: `.name` where somebody or something is named that is not there, else `.data`, with the reason.
    init(_ outcome: PeopleOutcome, id: (UInt32) throws -> String) throws {
        switch outcome {
        case .unknown(let reason): throw CommandError(.name, reason)
        case .refused(let reason): throw CommandError(.data, reason)
        case .done(let number, let record):
            self.number = number
            if case .rejoin = record.cause { isRejoin = true } else { isRejoin = false }
            before = try record.before.map(id)
            after = try record.after.map(id)
        }
    }

    private var sentence: String {
        let words = "\(Figures.count(before.count, "profile")) became \(Figures.grouped(after.count)): \(after.joined(separator: ", "))."
        return isRejoin ? "Took back unmerge \(number). " + words : "Unmerge \(number): \(words) Take it back with: rejoin \(number)"
    }

    public var json: JSONObject {
        JSONObject([
            "done": .string(sentence), "unmerge": .integer(Int64(number)), "before": .list(before), "after": .list(after),
        ])
    }
    public var table: ResultTable { ResultTable([.init("done")], rows: [[.prose(sentence)]]) }
    public func text(on canvas: Canvas) -> String { TerminalText.safe(sentence) + "\n" }
}
