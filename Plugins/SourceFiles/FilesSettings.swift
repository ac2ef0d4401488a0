import Archive
public import Connectors
public import EventModel

/// Settings of `files`: a file, a folder whose files are read in the order of their names, or standard input.
public struct FilesSettings: SourceSettings {
    var path: String
    var pattern: String?
    var format: String?
    var mapping: String?
    var follow: Bool?
    var interval: Double?
    var settle: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "files",
        summary: "Reads files, or standard input, of any format that `import` reads, plain or gzip; watches a folder for more.",
        settings: [
            .required("path", .text, "The file, or the folder. - is standard input, which is read once, to its end."),
            .optional(
                "pattern", .text, "Which files of the folder: a shell pattern. Those whose name tells no format are passed over.",
                usual: "*"),
            .optional(
                "format", .text, "The format of all files; standard input needs it, or a mapping.",
                usual: "by the mapping, or by each file's name"),
            .optional("mapping", .text, "The mapping file of the format."),
            .optional(
                "follow", .truth, "Whether it goes on when all is read: with new files, and with what plain files gain.", usual: "true"),
            .optional(
                "interval", .number(0.05...86_400), "How often it looks for more when all is read.", unit: "s", usual: "1"),
            .optional(
                "settle", .number(0...86_400), "After how long without a change the end of a plain file is taken for its end.", unit: "s",
                usual: "10"),
        ])

    /// Checks the format's name; the files are looked at when they are read.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source { try makeSource(context, input: .own) }

    func makeSource(_ context: ConnectorContext, input: StandardInput) throws(SettingsError) -> any Source {
        let formats = try FileFormats(named: format, mapping: mapping, context)
        if StandardInput.paths.contains(path) {
            guard format != nil || mapping != nil else {
                throw SettingsError(
                    at: ["format"], "standard input has no name that tells its format",
                    remedy: "Name it, such as `format: segment`, or the file of a mapping with `mapping`.")
            }
            return StandardInputSource(input: input, formats: formats)
        }
        return FilesSource(
            files: FileList(path: context.path(path), pattern: pattern ?? "*"), formats: formats,
            follows: (follow ?? true) && !context.isRunOnce, isRunOnce: context.isRunOnce, interval: .seconds(interval ?? 1),
            settle: settle ?? 10, passedOver: PassedOver(report: context.report))
    }
}
