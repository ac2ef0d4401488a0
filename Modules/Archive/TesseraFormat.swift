public import Connectors

/// Tessera's own archives: the text that `Exporter` writes.
///
/// The messages of an archive are imported as they are; links, histories and traits come out of them by themselves. The profile lines are
/// held to the hash of the whole text and not applied a second time. An archive of profiles alone brings each person back by messages made
/// from the profile line: one `identify` with all traits, dated as the line says, and one more message for each further identifier.
public struct TesseraFormat: EventFormat {
    public static let name = "tessera"
    public static let summary = "Tessera's own archives, as `export` writes them."

    /// Text may be missing, since damage was passed over: what does not add up is noted and is no failure.
    var toleratesGaps = false

    /// Makes the format; throws where there is a mapping, since it takes none.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        if settings != nil { throw FormatError("\(settingsName): format 'tessera' takes no mapping. Leave the mapping out.") }
    }

    /// Makes the format, which has no settings.
    public init() {}

    public func makeReader(limits: FormatLimits) -> any EventReader { TesseraReader(limits: limits, toleratesGaps: toleratesGaps) }
}
