public import Connectors

/// Newline-delimited messages of Segment's specification, one JSON object a line, as Segment's own archives are.
///
/// Lines end with `\n` or `\r\n`; the last needs no end; empty lines count as lines and are no messages; a UTF-8 byte order mark at the
/// start of the file is passed over. Lines are not looked into here: whoever decodes the batch rejects what is not JSON or not UTF-8.
public struct SegmentFormat: EventFormat {
    public static let name = "segment"
    public static let summary = "Newline-delimited JSON, one message of Segment's specification a line."
    public static let extensions = ["ndjson", "jsonl", "json"]
    public static let writer: (any EventWriter)? = SegmentWriter()

    /// Makes the format, which has no settings.
    /// - Throws: `FormatError` where a mapping file is given all the same.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil {
            throw FormatError(
                "\(settingsName): format 'segment' takes no mapping, since its lines are messages already. Leave the mapping out.")
        }
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { LineReader(longestLine: limits.longestLine) }
}

/// Writes every message as it is stored.
struct SegmentWriter: EventWriter {
    func append(_ message: UnsafeBufferPointer<UInt8>, to text: inout ContiguousArray<UInt8>) -> Bool {
        text.append(contentsOf: message)
        return true
    }
}
