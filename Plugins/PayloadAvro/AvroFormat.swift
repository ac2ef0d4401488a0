public import Connectors
import EventModel

/// Messages in Avro's object container files: each record is one, in Segment's shape.
public struct AvroFormat: EventFormat {
    public static let name = "avro"
    public static let summary = "Avro's object container files, each record a message; blocks as they are, or deflated."
    public static let extensions = ["avro"]

    /// Makes the format, which has no settings.
    /// - Throws: `FormatError` where a mapping file is given all the same.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil { throw FormatError("\(settingsName): format 'avro' takes no mapping. Leave the mapping out.") }
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { AvroFileReader(limits: limits) }
}
