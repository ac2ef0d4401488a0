public import EventModel
import Secrets

extension ConnectorDescriptor {
    /// The files that settings, as they were written, name as `file:PATH` in the place of secrets: each path as often as it is written.
    ///
    /// What is wrong with the settings is not said here, but by `checked`.
    public func secretFiles(in settings: JSONObject) -> [String] {
        self.settings.flatMap { setting -> [String] in
            guard let value = settings[setting.name] else { return [] }
            switch setting.kind {
            case .secret, .object(withSecrets: true): return value.secretFiles
            case .object(withSecrets: false), .text, .word, .integer, .number, .duration, .truth, .texts, .map: return []
            }
        }
    }
}

extension JSONValue {
    fileprivate var secretFiles: [String] {
        switch self {
        case .string(let text):
            // An address is none, as where references are resolved.
            guard !text.hasPrefix("file://"), case .file(let path)? = try? SecretReference(text, at: []) else { return [] }
            return [path]
        case .array(let elements): return elements.flatMap(\.secretFiles)
        case .object(let object): return object.members.flatMap(\.value.secretFiles)
        case .null, .bool, .integer, .unsigned, .number: return []
        }
    }
}
