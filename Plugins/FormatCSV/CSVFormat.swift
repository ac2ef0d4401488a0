public import Connectors

/// Delimited text (RFC 4180) and a mapping that says which messages its rows are.
///
/// `Documentation/CSV.md` describes mappings. The mapping is checked whole before any file is touched: every mistake is reported with its
/// line. The same file and mapping always give the same messages, with the same identifiers.
public struct CSVFormat: EventFormat {
    public static let name = "csv"
    public static let summary = "Delimited text with a header row; a mapping file says which messages its rows are."
    public static let needsMapping = true
    public static let extensions = ["csv", "tsv"]

    let mapping: Mapping

    /// Checks a mapping and makes the format.
    ///
    /// - Parameter settings: The YAML text of the mapping.
    /// - Parameter settingsName: The mapping file's name, for messages.
    /// - Throws: `FormatError` with a sentence for every mistake, a line each.
    public init(settings: String?, settingsName: String) throws(FormatError) {
        guard let settings else {
            throw FormatError("format 'csv' needs a mapping that says which messages its rows are. Give one with --mapping FILE.yaml.")
        }
        mapping = try MappingReader.read(settings, name: settingsName)
    }

    /// A reader for one file, from its first byte.
    public func makeReader(limits: FormatLimits) -> any EventReader { CSVReader(mapping, limits: limits) }
}
