public import Connectors
public import EventModel
import Foundation

/// Chooses the format of each file, as `import` does.
public struct FileFormats: Sendable {
    private let registry: FormatRegistry
    /// The one of all files; nil: by the mapping, or by each file's name.
    private let name: String?
    /// The mapping's file.
    private let mapping: String?

    /// Checks the settings `format` and `mapping` of a connector that reads files; these are looked at when they are read.
    ///
    /// - Parameter name: The format of all files; nil: by the mapping, or by each file's name.
    /// - Parameter mapping: The path of the mapping.
    public init(named name: String?, mapping: String?, _ context: ConnectorContext) throws(SettingsError) {
        if let name {
            let descriptor: FormatDescriptor
            do throws(FormatError) { descriptor = try context.formats.descriptor(of: name) } catch {
                throw SettingsError(at: ["format"], "there is no format `\(name)`", remedy: error.description)
            }
            if descriptor.needsMapping, mapping == nil {
                throw SettingsError(at: ["format"], "the format `\(name)` needs a mapping", remedy: "Name its file with `mapping`.")
            }
        }
        (registry, self.name, self.mapping) = (context.formats, name, mapping.map { context.path($0) })
    }

    /// Whether all files have one format, which the settings tell; else each file's name tells its own.
    public var isOfAll: Bool { name != nil || mapping != nil }

    /// A reader of a file, from its first byte.
    public func makeReader(of file: String) throws(ConnectorError) -> any EventReader {
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
