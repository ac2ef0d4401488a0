import Archive
public import EventModel

/// What is known of archives after reading them to their ends.
public struct InspectionResult: CommandResult {
    /// One archive.
    public struct Entry: Sendable, Equatable {
        /// The path as it was given.
        public var file: String
        /// `tessera`, `segment` or `text`.
        public var format: String
        /// `gzip`, `plain` or `encrypted`.
        public var encoding: String
        /// Bytes of the file; nil for a pipe.
        public var fileBytes: Int?
        /// Bytes of text that came out of it, inflated and decrypted.
        public var textBytes: Int
        /// Intact gzip members.
        public var members: Int
        /// Lines of the text.
        public var lines: Int
        /// Of Tessera's own archives.
        public var profiles: Int?
        /// Lines that hold a message, of Tessera's own archives.
        public var messages: Int?
        /// `all`, `profiles`, `events` or `memberships`, of Tessera's own archives.
        public var contents: String?
        /// SHA-256 of the text before the last line, as 64 hexadecimal digits; of Tessera's own archives.
        public var sha256: String?
        /// What is wrong with it; empty: it is whole.
        public var problems: [String]
    }

    /// One for each archive that could be opened, in the order given.
    public var entries: [Entry]
    /// Only whether each is whole, as `verify` says it.
    public var verdictOnly: Bool

    /// Every archive is whole.
    public var isWhole: Bool { entries.allSatisfy(\.problems.isEmpty) }

    public var json: JSONObject {
        let files = entries.map { JSONValue.object(verdictOnly ? Self.verdict($0) : Self.json($0)) }
        return JSONObject(["files": .array(files)])
    }
    public var table: ResultTable {
        if verdictOnly {
            return ResultTable(
                [.init("file"), .init("whole"), .init("lines", numeric: true)],
                rows: entries.map { [.text($0.file), .text($0.problems.isEmpty ? "yes" : "no"), .count($0.lines)] })
        }
        let numbers = ["members", "lines", "profiles", "messages", "bytes", "text_bytes"].map { ResultTable.Column($0, numeric: true) }
        return ResultTable(
            [.init("file"), .init("format"), .init("encoding")] + numbers,
            rows: entries.map {
                [
                    .text($0.file), .text($0.format), .text($0.encoding), .count($0.members), .count($0.lines), Self.cell($0.profiles),
                    Self.cell($0.messages), Self.cell($0.fileBytes), .count($0.textBytes),
                ]
            })
    }
    public var notes: [String] { entries.flatMap(\.problems) }

    private static func cell(_ count: Int?) -> ResultTable.Cell { count.map { .count($0) } ?? .missing }
    private static func value(_ count: Int?) -> JSONValue { count.map { .integer(Int64($0)) } ?? .null }

    private static func verdict(_ entry: Entry) -> JSONObject {
        JSONObject([
            "file": .string(entry.file), "ok": .bool(entry.problems.isEmpty), "lines": .integer(Int64(entry.lines)),
            "problems": .list(entry.problems),
        ])
    }

    private static func json(_ entry: Entry) -> JSONObject {
        JSONObject([
            "file": .string(entry.file), "format": .string(entry.format), "encoding": .string(entry.encoding),
            "bytes": value(entry.fileBytes), "text_bytes": .integer(Int64(entry.textBytes)), "members": .integer(Int64(entry.members)),
            "lines": .integer(Int64(entry.lines)), "what": entry.contents.map { .string($0) } ?? .null, "profiles": value(entry.profiles),
            "messages": value(entry.messages), "sha256": entry.sha256.map { .string($0) } ?? .null, "problems": .list(entry.problems),
        ])
    }
}

extension Tessera {
    /// Reads archives to their ends: every member is inflated and checked, of Tessera's own also every line, the counts and the hash.
    ///
    /// - Returns: What was found, damage included, and the error to end with when one is damaged or cannot be read.
    public static func inspect(
        _ files: [String], keyFile: String?, verdictOnly: Bool, interruption: Interruption
    ) throws(CommandError) -> (result: InspectionResult, failure: CommandError?) {
        var options = InflateOptions()
        options.key = try key(keyFile)
        var entries: [InspectionResult.Entry] = []
        var failures: [CommandError] = []
        for file in files {
            do {
                let report = try ArchiveInspector.inspect(file, options: options, isCancelled: { interruption.isInterrupted })
                entries.append(
                    InspectionResult.Entry(
                        file: file, format: report.format, encoding: report.encoding.rawValue, fileBytes: report.fileBytes,
                        textBytes: report.textBytes, members: report.members, lines: report.lines, profiles: report.summary?.profiles,
                        messages: report.summary?.messages, contents: report.header?.contents.rawValue, sha256: report.summary?.sha256,
                        problems: report.problems))
                if let first = report.problems.first {
                    let more = report.problems.count > 1 ? " (and \(report.problems.count - 1) more)" : ""
                    failures.append(CommandError(.damaged, first + more))
                }
            } catch {
                let failure = CommandError(any: error)
                if failure.code == .interrupted { throw failure }
                failures.append(failure)
            }
        }
        let failure = failures.first.map { CommandError($0.code, failures.map(\.message).joined(separator: "\n")) }
        return (InspectionResult(entries: entries, verdictOnly: verdictOnly), failure)
    }
}
