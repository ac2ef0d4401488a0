public import Connectors

/// Mixpanel's events, one JSON object a line: as its raw export gives them, and as its import takes them.
public struct MixpanelFormat: EventFormat {
    public static let name = "mixpanel"
    public static let summary = "Mixpanel's events, one JSON object a line, as its raw export gives them and its import takes them."
    public static let writer: (any EventWriter)? = MixpanelWriter()

    /// Makes the format, which has no settings.
    /// - Throws: `FormatError` where a mapping file is given all the same.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil { throw FormatError("\(settingsName): format 'mixpanel' takes no mapping. Leave the mapping out.") }
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { RecordReader(MixpanelTranslation(), limits: limits) }
}
