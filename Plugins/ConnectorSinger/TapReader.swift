import Connectors
import EventModel
import Programs
import Records

/// Reads the lines of one run of a tap: a piece of its output at a time in, batches out.
struct TapReader {
    /// What the tap said of a stream.
    private struct Schema {
        var keys: [String]
        var bookmarks: [String]
    }
    private let name: String
    private let mapping: RecordMapping
    private let now: @Sendable () -> Instant
    private var lines = LineSplitter()
    private var number = 0
    private var schemas: [String: Schema] = [:]
    private var builder: BatchBuilder
    private var garbage = 0
    /// Files of records that the tap has named and that are not read yet, the next one first.
    private var files: [(stream: String, path: String)] = []
    private var open: RecordFile?

    /// Lines that are none of a tap's, in one run.
    private static let mostGarbage = 100
    private static let mostStreams = 10_000

    /// - Parameter name: Of the tap, for sentences.
    /// - Parameter state: Where the tap began.
    init(name: String, mapping: RecordMapping, after state: Checkpoint, now: @escaping @Sendable () -> Instant) {
        (self.name, self.mapping, self.now) = (name, mapping, now)
        builder = BatchBuilder(after: state)
    }

    /// The next batch; nil where more has to be looked through, or read, first.
    mutating func next() -> SourceBatch? { builder.next() }

    /// Whether there is one.
    var isReady: Bool { builder.isReady }

    /// Adds a piece of the tap's output.
    mutating func append(_ bytes: [UInt8]) { lines.append(bytes) }

    /// Looks through some of what is there.
    ///
    /// - Parameter atEnd: The tap has ended by itself: what is left is a line.
    /// - Returns: False where nothing is there.
    mutating func step(atEnd: Bool) throws(ConnectorError) -> Bool {
        if try stepThroughFile() { return true }
        guard let line = lines.next(atEnd: atEnd) else {
            builder.settle()
            return false
        }
        number += 1
        switch line {
        case .tooLong(let head):
            builder.reject(number, "the line has more than \(LineSplitter.longest) bytes. Let the tap leave out what is long.", head)
        case .whole(let bytes): try take(bytes)
        }
        return true
    }

    /// The tap has ended, however it did.
    mutating func end() { builder.cutAll() }

    private mutating func take(_ bytes: [UInt8]) throws(ConnectorError) {
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) { return }
        let line: SingerLine
        do throws(SingerLine.Refusal) { line = try SingerLine(bytes) } catch {
            builder.reject(number, error.reason, bytes)
            garbage += 1
            if garbage >= Self.mostGarbage {
                throw ConnectorError(
                    .mendSettings, at: name, "it wrote \(garbage) lines that are none of a Singer tap, the last of them line \(number)",
                    remedy: "Look at them in the quarantine, and see that `command` starts a tap and nothing else writes to its output.")
            }
            return
        }
        switch line {
        case .schema(let stream, let keys, let bookmarks):
            schemas[stream] = Schema(keys: keys, bookmarks: bookmarks)
            guard schemas.count <= Self.mostStreams else {
                throw ConnectorError(
                    .mendSettings, at: name, "it has more than \(Self.mostStreams) streams",
                    remedy: "Choose some of them with a catalog, and read the others with another connector.")
            }
        case .record(let stream, let fields, let extracted): take(fields, of: stream, extracted, bytes)
        case .state(let value): try reach(value)
        case .batch(let stream, let format, let paths):
            guard format == "jsonl" else {
                throw ConnectorError(
                    .mendSettings, at: name, "it hands over files of the format \(format.prefix(40)), which are not read",
                    remedy: "Let its batch_config say jsonl, or leave it out.")
            }
            files += paths.map { (stream, $0) }
        case .version: break
        }
    }

    private mutating func reach(_ value: String) throws(ConnectorError) {
        guard value.utf8.count <= Checkpoint.longestPosition else {
            throw ConnectorError(
                .stop, at: name, "its state has \(value.utf8.count) bytes, more than can be kept",
                remedy: "Choose fewer streams for it with a catalog.")
        }
        builder.reach(Checkpoint(version: 1, position: value))
    }

    private mutating func take(_ fields: JSONObject, of stream: String, _ extracted: Instant?, _ bytes: [UInt8]) {
        guard !mapping.skips(stream) else {
            _ = builder.add([], line: number, at: now())
            return
        }
        guard let schema = schemas[stream] else {
            return builder.reject(number, "the record came before the SCHEMA of its stream. Mend the tap.", bytes)
        }
        for key in schema.keys where fields[key] ?? .null == .null {
            return builder.reject(number, "the record has no `\(key)`, which is one of its key_properties.", bytes)
        }
        let bookmark = schema.bookmarks.lazy.compactMap { fields[$0]?.asString.flatMap { Instant(text: $0) } }.first
        let record = Record(
            stream: stream, fields: fields, keys: schema.keys, timestamp: bookmark ?? extracted ?? now(), passing: Self.isOfReading)
        do throws(RecordRefusal) {
            let isTaken = builder.add(try mapping.messages(of: record), line: number, at: record.timestamp)
            if !isTaken { builder.reject(number, "its messages have more than \(SourceBatch.mostBytes) bytes. Map less of it.", bytes) }
        } catch { builder.reject(number, error.reason, bytes) }
    }

    /// Members that taps add about how and when they read, all but that a row was deleted: reading a record again does not change it.
    private static func isOfReading(_ name: String) -> Bool { name.hasPrefix("_sdc_") && name != "_sdc_deleted_at" }

    /// Reads some of a file that the tap has named; false where there is none.
    private mutating func stepThroughFile() throws(ConnectorError) -> Bool {
        if open == nil, !files.isEmpty {
            let file = files.removeFirst()
            open = try RecordFile(file.path, stream: file.stream)
        }
        guard let open else { return false }
        guard let bytes = try open.next() else {
            self.open = nil
            return true
        }
        if let fields = (try? JSONValue(parsing: bytes))?.asObject {
            take(fields, of: open.stream, nil, bytes)
        } else {
            builder.reject(number, "this is no record of a file of a BATCH.", bytes)
        }
        builder.settle()
        return true
    }
}
