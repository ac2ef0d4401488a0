import Connectors
import EventModel

/// What a library says of itself.
struct LibraryDescriptor: Sendable, Hashable {
    enum Role: String, Sendable { case source, destination }
    var role: Role
    var connector: ConnectorDescriptor
    /// Names of the settings that are paths.
    var paths: Set<String> = []
    /// In whose words mistakes are told.
    var language: LibraryLanguage
    /// As it was written: what another process is told.
    var text: String

    /// Bytes of a descriptor, at most.
    static let longest = 1 << 20

    /// - Throws: What is wrong with it.
    init(_ text: UnsafeBufferPointer<UInt8>, of path: String) throws(ConnectorError) {
        func wrong(_ problem: String) -> ConnectorError {
            ConnectorError(.mendSettings, at: path, "its descriptor \(problem)", remedy: "tessera_connector.h says what it has to hold.")
        }
        guard text.count <= Self.longest, let object = (try? JSONValue(parsing: Array(text)))?.asObject else {
            throw wrong("is no JSON object of at most \(Self.longest) bytes")
        }
        guard let name = object["name"]?.asString, !name.isEmpty else { throw wrong("has no name") }
        guard let role = object["role"]?.asString.flatMap({ Role(rawValue: $0) }) else { throw wrong("has no role: source or destination") }
        var settings: [SettingDescriptor] = []
        for value in object["settings"]?.asArray ?? [] {
            guard let setting = value.asObject.flatMap({ SettingDescriptor(written: $0) }) else {
                throw wrong("has a setting (number \(settings.count + 1)) that cannot be read")
            }
            settings.append(setting)
            if value.asObject?["kind"]?.asString == "path" { paths.insert(setting.name) }
        }
        self.role = role
        language = object["language"]?.asString == "swift" ? .swift : .c
        self.text = String(decoding: text, as: UTF8.self)
        connector = ConnectorDescriptor(
            name: name, summary: object["summary"]?.asString ?? "", stability: .experimental, settings: settings)
    }
}

extension SettingDescriptor {
    /// Reads one as `tessera_connector.h` has it; nil where it is something else.
    fileprivate init?(written: JSONObject) {
        guard let name = written["name"]?.asString, !name.isEmpty, let kind = SettingDescriptor.Kind(written: written) else { return nil }
        let summary = written["summary"]?.asString ?? ""
        if written["required"] == .bool(true) {
            self = .required(name, kind, summary, unit: written["unit"]?.asString)
        } else {
            self = .optional(name, kind, summary, unit: written["unit"]?.asString, usual: written["default"]?.asString)
        }
    }
}

extension SettingDescriptor.Kind {
    fileprivate init?(written: JSONObject) {
        func integer(_ name: String, _ usual: Int) -> Int? {
            switch written[name] {
            case .integer(let number)?: Int(exactly: number)
            case nil: usual
            default: nil
            }
        }
        switch written["kind"]?.asString {
        case "text", "path": self = .text
        case "word":
            guard let words = written["words"]?.asArray?.compactMap(\.asString), !words.isEmpty else { return nil }
            self = .word(words)
        case "integer":
            guard let from = integer("from", .min), let to = integer("to", .max), from <= to else { return nil }
            self = .integer(from...to)
        case "number":
            let (from, to) = (written["from"]?.asDouble ?? -1e308, written["to"]?.asDouble ?? 1e308)
            guard from <= to else { return nil }
            self = .number(from...to)
        case "duration":
            guard let from = integer("from", 0), let to = integer("to", 1 << 40), from <= to else { return nil }
            self = .duration(.seconds(from) ... .seconds(to))
        case "truth": self = .truth
        case "texts": self = .texts
        case "map": self = .map
        case "secret": self = .secret
        default: return nil
        }
    }
}
