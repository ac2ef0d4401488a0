import Archive
import Connectors
public import EventModel

/// What `tessera-archive export` is asked.
public struct ExportRequest: Sendable {
    /// The archive to write; `-` is standard output.
    public var file: String
    /// `all`, `profiles`, `events` or `memberships`.
    public var contents = "all"
    /// `tessera` for an archive, else the name of a format that events are written in.
    public var format = TesseraFormat.name
    /// Only profiles that an expression holds for.
    public var filter: String?
    /// A file with the key to encrypt with.
    public var keyFile: String?
    /// Effort of compression, 1 (fast) to 9 (small).
    public var level = 6
    /// The instant that expressions are asked at.
    public var now: Instant
    /// Threads that scan and compress.
    public var threads = 2

    /// A request for everything.
    public init(file: String, now: Instant) { (self.file, self.now) = (file, now) }

    /// The words of `contents`.
    public static let contentNames = ArchiveContents.allCases.map(\.rawValue)
}

extension Plugins {
    /// The words of `--as`; the first is the usual one, an archive.
    public var exportFormats: [String] { [TesseraFormat.name] + formats.written }
    /// The words of `--input-format`.
    public var importFormats: [String] { formats.descriptors.map(\.name) }
}

/// What an export wrote.
public struct ExportSummary: CommandResult, Equatable {
    /// The archive that was written; `-` is standard output.
    public var file: String
    /// `tessera`, or the format of another system.
    public var format: String
    /// Lines that hold a profile; 0 where the contents asked for have none.
    public var profiles: Int
    /// Lines that hold a message.
    public var messages: Int
    /// Lines of memberships, each of one segment and up to 1 000 profiles.
    public var memberships: Int
    /// Lines that hold a definition.
    public var definitions: Int
    /// Messages that the format of another system has no place for.
    public var leftOut: Int
    /// SHA-256 of the text.
    public var digest: String
    /// Bytes of the text, before compression.
    public var textBytes: Int
    /// Bytes that were written, after compression and encryption.
    public var fileBytes: Int
    /// Time from the start to the closed file.
    public var seconds: Double

    init(_ result: ExportResult, of request: ExportRequest) {
        file = request.file
        format = request.format
        leftOut = result.leftOut
        profiles = result.summary.profiles
        messages = result.summary.messages
        memberships = result.summary.memberships
        definitions = result.summary.definitions
        digest = result.digest
        textBytes = result.textBytes
        fileBytes = result.fileBytes
        seconds = result.seconds
    }

    public var json: JSONObject {
        JSONObject([
            "file": .string(file), "format": .string(format), "profiles": .integer(Int64(profiles)), "messages": .integer(Int64(messages)),
            "memberships": .integer(Int64(memberships)), "definitions": .integer(Int64(definitions)),
            "left_out": .integer(Int64(leftOut)), "digest": .string(digest),
            "text_bytes": .integer(Int64(textBytes)), "bytes_out": .integer(Int64(fileBytes)),
            "seconds": .finite((seconds * 1000).rounded() / 1000),
        ])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("file"), .init("profiles", numeric: true), .init("messages", numeric: true), .init("bytes_out", numeric: true)],
            rows: [[.text(file), .count(profiles), .count(messages), .count(fileBytes)]])
    }
    public var notes: [String] {
        let written = "\(Figures.bytes(Double(fileBytes))) in \(Figures.seconds(seconds)), text SHA-256 \(digest)."
        return leftOut == 0 ? [written] : [written, "Left out, since format '\(format)' has no place for them: \(leftOut) messages."]
    }
}

/// The digest of a store: SHA-256 of the text of its export.
public struct DigestResult: CommandResult, Equatable {
    /// 64 hexadecimal digits.
    public var digest: String
    public var json: JSONObject { JSONObject(["digest": .string(digest)]) }
    public var table: ResultTable { ResultTable([.init("digest")], rows: [[.prose(digest)]]) }
    public func text(on canvas: Canvas) -> String { digest + "\n" }
}
