import Connectors
import EventModel
import Foundation

/// What is known of an archive after reading it to its end.
public struct ArchiveReport: Sendable {
    /// The path as it was given; `-` is standard input.
    public var file: String
    /// `tessera` (our own archive), `segment` (lines that look like JSON), or `text`.
    public var format: String
    /// What the bytes of the file were.
    public var encoding: InflatingReader.Encoding
    /// Bytes of the file; nil for a pipe.
    public var fileBytes: Int?
    /// Bytes of text that came out of the file, inflated and decrypted.
    public var textBytes: Int
    /// Intact gzip members; 0 for a file that is not compressed.
    public var members: Int
    /// Lines of the text; a last line without its end counts.
    public var lines: Int
    /// Of a `tessera` archive: its first line.
    public var header: ArchiveHeader?
    /// Of a `tessera` archive: what was counted, with the SHA-256 of the text before the last line where that line was there.
    public var summary: ArchiveSummary?
    /// What is wrong with it, as sentences. Empty: it is whole.
    public var problems: [String]

    /// Whether nothing is wrong with it.
    public var isWhole: Bool { problems.isEmpty }
}

/// Reads archives without importing them.
public enum ArchiveInspector {
    /// Reads a file to its end: every gzip member is inflated and checked; of a `tessera` archive also the header, the sort of every line,
    /// the counts and the hash.
    ///
    /// - Returns: What was found, problems included; reading goes past damage, so that all of it is told.
    /// - Throws: Where the file cannot be opened at all, or passes a limit of `options`.
    public static func inspect(
        _ path: String, options: InflateOptions = InflateOptions(), isCancelled: @Sendable () -> Bool = { false }
    ) throws(ArchiveError) -> ArchiveReport {
        var options = ImportOptions(inflate: options, limits: FormatLimits(longestLine: 1 << 30))
        options.inflate.keepGoing = true
        let feed = try FileFeed(path: path, format: AnyLines(), options: options, doneLines: 0)
        var problems: [String] = []
        var refused = 0
        while let batch = try feed.next() {
            if isCancelled() { throw ArchiveError(.interrupted, "\(path): reading was stopped. Run the command again.") }
            refused += batch.rejects.count
            if refused <= 10 { problems += batch.rejects.map { "\(path): \($0.reason)" } }
        }
        if refused > 10 { problems.append("\(path): \(refused) lines are no lines of an archive.") }
        let reader = feed.reader as? AnyLines.Reader
        let tessera = reader?.tessera
        problems += feed.inflater.damages.map(\.description) + (tessera?.notes ?? []).map { "\(path): \($0)" }
        return ArchiveReport(
            file: path, format: tessera != nil ? "tessera" : reader?.looksLikeJSON == true ? "segment" : "text",
            encoding: feed.inflater.encoding,
            fileBytes: feed.inflater.size, textBytes: feed.inflater.textBytes, members: feed.inflater.members, lines: feed.lines,
            header: tessera?.header, summary: tessera?.counted, problems: problems)
    }
}

/// Reads lines of any sort, and those of our own archives as such.
private struct AnyLines: EventFormat {
    static let name = "any"
    static let summary = "Any lines."

    init(settings: String?, settingsName: String) throws(FormatError) {}
    init() {}

    func makeReader(limits: FormatLimits) -> any EventReader { Reader(limits: limits) }

    final class Reader: EventReader {
        private(set) var tessera: TesseraReader?
        private(set) var looksLikeJSON = false
        private let limits: FormatLimits
        private var isFirst = true
        private var endsInLine = false

        init(limits: FormatLimits) { self.limits = limits }

        func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
            if isFirst && !bytes.isEmpty {
                isFirst = false
                looksLikeJSON = bytes[0] == UInt8(ascii: "{")
                if bytes.starts(with: "{\"archive\":\"tessera\"".utf8) { tessera = TesseraReader(limits: limits, toleratesGaps: true) }
            }
            if let tessera { return try tessera.read(bytes, atEnd: atEnd) }
            var batch = MessageBatch()
            for byte in bytes where byte == 10 { batch.sourceLines += 1 }
            if let last = bytes.last { endsInLine = last != 10 }
            if atEnd && endsInLine {
                batch.sourceLines += 1
                endsInLine = false
            }
            return (batch, bytes.count)
        }

        func drain() throws(FormatError) -> MessageBatch? { try tessera?.drain() }
    }
}
