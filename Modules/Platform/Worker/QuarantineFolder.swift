import Archive
public import EventModel
import Foundation

/// What was refused beside a store and waits to be mended: `STORE.rejected/*.ndjson`, the worker's and those of imports.
public struct QuarantineFolder: Sendable {
    /// One record of a file, as it stands there.
    struct Record {
        /// `{"line","reason","text","file"}`, and `at` where the worker wrote it.
        var json: JSONObject
        var reason: String { json["reason"]?.asString ?? "" }
        /// The message where it is whole and on one line: what can be sent again. Of what the plan rejects nothing is kept.
        var message: String? {
            guard let text = json["text"]?.asString, text.utf8.first == UInt8(ascii: "{"), text.utf8.count < Reject.longestText,
                !text.utf8.contains(10)
            else { return nil }
            return text
        }
        /// What the reasons of one cause share: the rule of the plan, else the sentence without its figures.
        var cause: String {
            if let rule { return rule }
            return reason.split(omittingEmptySubsequences: false) { $0.isASCII && $0.isNumber }.joined(separator: "#")
                .replacing(/#+/, with: "#")
        }
        /// Identifier of the plan's rule; nil where another check refused it.
        var rule: String? {
            guard let start = reason.range(of: " (rule "), let end = reason.range(of: "). ", range: start.upperBound..<reason.endIndex)
            else { return nil }
            return String(reason[start.upperBound..<end.lowerBound])
        }
        /// Whether one of these rules of the plan refused it.
        func isRefused(byOneOf rules: Set<String>) -> Bool { rule.map { rules.contains($0) } ?? false }
    }
    let path: String

    /// That of the store at a path; it need not be there.
    public init(store path: String) { self.path = path + ".rejected" }

    /// Names of the files that hold records, sorted.
    var files: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".ndjson") }.sorted { $0.precedesByScalars($1) }
    }

    /// Reads the records of a file, in their order. A line that is no record (the end of a disk that was full) is passed over.
    ///
    /// - Parameter count: Only so many bytes; nil: to the end.
    func read(_ file: String, upTo count: Int? = nil, _ take: (Record) throws(CommandError) -> Void) throws(CommandError) {
        let name = path + "/" + file
        guard let handle = FileHandle(forReadingAtPath: name) else { throw CommandError(.missing, "\(name) cannot be read.") }
        var (rest, left) = (Data(), count ?? .max)
        while left > 0 {
            let piece: Data
            do { piece = try handle.read(upToCount: min(left, 1 << 20)) ?? Data() } catch { throw CommandError(any: error) }
            if piece.isEmpty { break }
            left -= piece.count
            rest.append(piece)
            var start = rest.startIndex
            while let end = rest[start...].firstIndex(of: 10) {
                if let json = (try? JSONValue(parsing: Array(rest[start..<end])))?.asObject { try take(Record(json: json)) }
                start = end + 1
            }
            rest = Data(rest[start...])
        }
    }

    /// How many records there are of each cause, file by file, most first.
    public func summary() throws(CommandError) -> QuarantineSummary {
        var entries: [QuarantineSummary.Entry] = []
        for file in files {
            var found: [String: QuarantineSummary.Entry] = [:]
            try read(file) { record throws(CommandError) in
                var entry =
                    found[record.cause] ?? .init(file: file, rule: record.rule, reason: record.reason, messages: 0, replayable: 0)
                entry.messages += 1
                if record.message != nil { entry.replayable += 1 }
                if let at = record.json["at"]?.asString {
                    entry.first = entry.first ?? at
                    entry.last = at
                }
                found[record.cause] = entry
            }
            entries += found.values.sorted { ($1.messages, $0.reason) < ($0.messages, $1.reason) }
        }
        return QuarantineSummary(entries: entries)
    }

    /// Records in the order in which they were refused.
    ///
    /// - Parameter reason: Only those whose reason contains this text; nil: all.
    /// - Parameter limit: The latest so many of each file.
    public func records(reason: String?, limit: Int) throws(CommandError) -> QuarantineRecords {
        var records: [JSONObject] = []
        for file in files {
            var own: [JSONObject] = []
            try read(file) { record throws(CommandError) in
                guard reason.map({ record.reason.contains($0) }) ?? true else { return }
                own.append(record.json)
                if own.count >= 2 * limit + 64 { own.removeFirst(own.count - limit) }
            }
            records += own.suffix(limit)
        }
        return QuarantineRecords(records: records)
    }
}

/// What is in quarantine, by file and cause.
public struct QuarantineSummary: CommandResult, Equatable {
    /// Records of one file that share a cause.
    public struct Entry: Sendable, Equatable {
        /// Name of the file.
        public var file: String
        /// The rule of the tracking plan that was broken; nil where another check refused them.
        public var rule: String?
        /// The reason of the first of them.
        public var reason: String
        /// How many messages it is.
        public var messages: Int
        /// Those that were kept whole, so that a replay can judge them again.
        public var replayable: Int
        /// When the first and the last were refused, where that is known.
        public var first, last: String?
    }
    /// By file and rule.
    public var entries: [Entry]

    public var json: JSONObject {
        JSONObject([
            "quarantine": .array(
                entries.map { entry in
                    .object(
                        JSONObject([
                            "file": .string(entry.file), "rule": entry.rule.map { .string($0) } ?? .null, "reason": .string(entry.reason),
                            "messages": .integer(Int64(entry.messages)), "replayable": .integer(Int64(entry.replayable)),
                            "first": entry.first.map { .string($0) } ?? .null, "last": entry.last.map { .string($0) } ?? .null,
                        ]))
                }), "total": .integer(Int64(entries.reduce(0) { $0 + $1.messages })),
        ])
    }
    public var table: ResultTable {
        ResultTable(
            [
                .init("file"), .init("rule"), .init("messages", numeric: true), .init("replayable", numeric: true), .init("last"),
                .init("reason"),
            ],
            rows: entries.map { entry in
                [
                    .text(entry.file), entry.rule.map { .text($0) } ?? .missing, .count(entry.messages), .count(entry.replayable),
                    entry.last.map { .text($0) } ?? .missing, .text(entry.reason),
                ]
            })
    }
    public var notes: [String] { entries.isEmpty ? ["Nothing is in quarantine."] : [] }
}

/// Records of the quarantine, as the files hold them.
public struct QuarantineRecords: CommandResult, Equatable {
    public var records: [JSONObject]

    public var json: JSONObject { JSONObject(["records": .array(records.map { .object($0) })]) }
    public var table: ResultTable {
        ResultTable(
            [.init("at"), .init("file"), .init("reason"), .init("text")],
            rows: records.map { record in
                ["at", "file", "reason", "text"].map { name in record[name]?.asString.map { .text($0) } ?? .missing }
            })
    }
    public var notes: [String] { records.isEmpty ? ["Nothing is in quarantine."] : [] }
}
