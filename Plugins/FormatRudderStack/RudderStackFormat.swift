public import Connectors

/// RudderStack's events, one JSON object a line, as its object storage destinations hold them.
public struct RudderStackFormat: EventFormat {
    public static let name = "rudderstack"
    public static let summary = "RudderStack's events, one JSON object a line, as its object storage destinations hold them."

    /// Makes the format, which has no settings.
    /// - Throws: `FormatError` where a mapping file is given all the same.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil { throw FormatError("\(settingsName): format 'rudderstack' takes no mapping. Leave the mapping out.") }
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { RecordReader(RudderStackTranslation(), limits: limits) }
}
