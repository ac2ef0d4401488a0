public import Connectors

/// Amplitude's events, one JSON object a line, as the files of its Export API hold them.
public struct AmplitudeFormat: EventFormat {
    public static let name = "amplitude"
    public static let summary = "Amplitude's events, one JSON object a line, as its Export API gives them."

    /// Makes the format, which has no settings.
    /// - Throws: `FormatError` where a mapping file is given all the same.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil { throw FormatError("\(settingsName): format 'amplitude' takes no mapping. Leave the mapping out.") }
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { RecordReader(AmplitudeTranslation(), limits: limits) }
}
