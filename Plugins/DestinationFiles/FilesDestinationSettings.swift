public import Connectors
public import EventModel

/// Settings of `files` as a destination: a folder that fills with NDJSON, or standard output.
public struct FilesDestinationSettings: DestinationSettings {
    var path: String
    var rotate: Int?

    public static let descriptor = ConnectorDescriptor(
        name: "files", summary: "Writes records into a folder, or to standard output, one JSON object a line, each once.",
        settings: [
            .required("path", .text, "The folder; it is made where it is missing. - is standard output."),
            .optional(
                "rotate", .integer(4_096...(1 << 40)), "Bytes of a file at which the next one begins.", unit: "bytes", usual: "67108864"),
        ])

    /// The folder is looked at when the first batch comes.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        if StandardOutput.paths.contains(path) {
            guard rotate == nil else {
                throw SettingsError(
                    at: ["rotate"], "standard output is no folder of files", remedy: "Leave `rotate` out, or name a folder with `path`.")
            }
            return StandardOutputDestination(output: .own)
        }
        return FilesDestination(folder: context.path(path), rotate: rotate ?? 64 << 20)
    }
}
