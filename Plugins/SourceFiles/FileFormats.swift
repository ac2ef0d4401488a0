import Connectors
import Foundation

/// Chooses the format of each file, as `import` does.
struct FileFormats: Sendable {
    let registry: FormatRegistry
    /// The one of all files; nil: by the mapping, or by each file's name.
    let name: String?
    /// The mapping's file.
    let mapping: String?

    /// A reader of a file, from its first byte.
    func makeReader(of file: String) throws(ConnectorError) -> any EventReader {
        var settings: String?
        if let mapping {
            guard let data = FileManager.default.contents(atPath: mapping), let text = String(validating: data, as: UTF8.self) else {
                throw ConnectorError(
                    .mendSettings, at: mapping, "the mapping cannot be read as text", remedy: "Check its name and permissions.")
            }
            settings = text
        }
        let own = name ?? (settings == nil ? registry.format(forFile: file)?.name : registry.usualFormat(withMapping: true)?.name)
        guard let own else {
            throw ConnectorError(
                .mendSettings, at: file, "its name tells no format", remedy: "Name one with `format`, or leave the file out with `pattern`."
            )
        }
        do throws(FormatError) {
            return try registry.makeFormat(own, settings: settings, settingsName: "mapping").makeReader(limits: FormatLimits())
        } catch {
            throw ConnectorError(
                .mendSettings, at: mapping == nil ? file : "files", error.sentence, remedy: "Mend the mapping or the format.")
        }
    }
}

extension FormatError {
    /// Without its full stop.
    var sentence: String { description.hasSuffix(".") ? String(description.dropLast()) : description }
}
