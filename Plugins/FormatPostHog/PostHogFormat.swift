public import Connectors

/// PostHog's events, one JSON object a line: an event as its batch exports hold it, or a whole body of its batch API.
public struct PostHogFormat: EventFormat {
    public static let name = "posthog"
    public static let summary = "PostHog's events, one JSON object a line, as its batch exports and its batch API hold them."

    /// Makes the format, which has no settings.
    /// - Throws: `FormatError` where a mapping file is given all the same.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil { throw FormatError("\(settingsName): format 'posthog' takes no mapping. Leave the mapping out.") }
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { RecordReader(PostHogTranslation(), limits: limits) }
}
