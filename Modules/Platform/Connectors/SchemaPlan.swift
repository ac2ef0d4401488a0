public import Connectors
public import EventModel
import Foundation

/// The schemas that a settings file names, checked: section `schemas`, a list.
public struct SchemaPlan: Sendable {
    /// In their order; no two of one name.
    public private(set) var sets: [SchemaSet] = []
    private let registry: SchemaRegistry

    /// What can be written of every schema beside `name` and `kind`.
    public static let settings: [SettingDescriptor] = [
        .required("path", .text, "The folder of its versions, a file each: 1.avsc, 2.avsc, ... or 1.desc, 2.desc, ..."),
        .optional(
            "compatibility", .word(SchemaCompatibility.allCases.map(\.rawValue)),
            "What each version must keep to the one before it: backward is that it reads what that wrote.",
            usual: SchemaCompatibility.backward.rawValue),
        .optional("framing", .text, "How a record says which version it is written by.", usual: "that of the kind which is listed first"),
        .optional("ids", .object(withSecrets: false), "Versions by the ids that a schema registry gave them: {1042: 1, 1077: 2}."),
        .optional("message", .text, "Of a kind whose files hold several: the full name of the message that records are."),
    ]
    private static let section = NamedEntries(
        word: "schema", most: 256, example: "- {name: orders, kind: avro, path: schemas/orders}", kept: "`payload` names it so")
    private static let mostVersions = 1_000
    private static let mostBytes = 4 << 20

    /// No schemas but those of the platform's own records.
    public init(registry: SchemaRegistry) { self.registry = registry }

    /// Checks a section and reads the files of every schema in it.
    ///
    /// - Parameter folder: That relative paths start from.
    /// - Throws: Everything that is wrong with it, each with its path in the section.
    public init(settings: JSONValue, registry: SchemaRegistry, folder: SettingsFolder) throws(SettingsErrors) {
        self.init(registry: registry)
        try Self.section.read(settings) { written, name, errors throws(SettingsErrors) in
            if errors.isEmpty { sets.append(try Self.set(written, name, registry, folder)) }
        }
    }

    /// What `payload` can name.
    public var payloads: Payloads {
        Payloads(
            registry.languages.map { Payloads.Entry(name: $0.language, codec: $0.published, identity: 0) }
                + sets.map { Payloads.Entry(name: $0.name, codec: $0.codec, identity: $0.identity) })
    }

    private static func set(
        _ written: JSONObject, _ name: String, _ registry: SchemaRegistry, _ folder: SettingsFolder
    ) throws(SettingsErrors) -> SchemaSet {
        func wrong(_ path: [String], _ problem: String, _ remedy: String) -> SettingsErrors {
            SettingsErrors([SettingsError(at: path, problem, remedy: remedy)])
        }
        let words = registry.languages.map { $0.language }
        guard !(words + [Payloads.json]).contains(name) else {
            throw wrong(["name"], "`\(name)` is a payload that there is already", "Give the schema another name.")
        }
        guard let kind = written["kind"]?.asString, let language = registry.language(kind) else {
            let none = "This program was built without any: Documentation/Schemas.md names the package traits that have them."
            throw wrong(["kind"], "this is no kind of schema", words.isEmpty ? none : "There are: \(listed(words)).")
        }
        let descriptor = ConnectorDescriptor(name: kind, summary: "", settings: settings)
        _ = try descriptor.checked(written, besides: ["name", "kind"], environment: [:])
        let framing = written["framing"]?.asString ?? language.framings.first ?? ""
        guard language.framings.contains(framing) else {
            throw wrong(["framing"], "there is no framing `\(framing)` of \(kind)", "There are: \(listed(language.framings)).")
        }
        let message = written["message"]?.asString
        guard language.hasSeveralMessages == (message != nil) else {
            throw wrong(
                message == nil ? [] : ["message"], message == nil ? "`message` is missing" : "a file of \(kind) holds one kind of record",
                message == nil ? "Write the full name of the message that records are, such as shop.v1.Order." : "Leave `message` out.")
        }
        let files = try files(folder.path(written["path"]?.asString ?? ""), language.fileExtension)
        let ids = try ids(written["ids"]?.asObject ?? JSONObject(), files)
        let compatibility = written["compatibility"]?.asString.flatMap { SchemaCompatibility(rawValue: $0) } ?? .backward
        return try make(
            language, name, files: files, message: message, compatibility: compatibility, framing: SchemaFraming(framing, ids: ids))
    }

    private static func make<Schema: RecordSchema>(
        _ language: Schema.Type, _ name: String, files: [SchemaSet.File], message: String?, compatibility: SchemaCompatibility,
        framing: SchemaFraming
    ) throws(SettingsErrors) -> SchemaSet {
        try SchemaSet(name, language, files: files, message: message, compatibility: compatibility, framing: framing)
    }

    /// The versions in a folder, ascending.
    private static func files(_ folder: String, _ end: String) throws(SettingsErrors) -> [SchemaSet.File] {
        func wrong(_ problem: String, _ remedy: String) -> SettingsErrors {
            SettingsErrors([SettingsError(at: ["path"], problem, remedy: remedy)])
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw wrong("the folder \(folder) cannot be read", "Write the path of the folder that has the versions' files.")
        }
        var files: [SchemaSet.File] = []
        for name in names where name.hasSuffix("." + end) {
            let path = folder + "/" + name
            let word = name.dropLast(end.utf8.count + 1)
            guard let number = Int(word), number >= 1, number <= Int(Int32.max), "\(number)" == word else {
                throw wrong("\(path) is called by no version's number", "Call the versions 1.\(end), 2.\(end), and so on.")
            }
            guard let data = FileManager.default.contents(atPath: path), data.count <= mostBytes else {
                throw wrong("\(path) cannot be read, or has more than \(mostBytes) bytes", "Mend the file.")
            }
            files.append(.init(number: number, path: path, bytes: Array(data)))
        }
        guard (1...mostVersions).contains(files.count) else {
            throw wrong(
                files.isEmpty ? "the folder \(folder) has no version" : "the folder \(folder) has more than \(mostVersions) versions",
                "Put its versions there, called 1.\(end), 2.\(end), and so on.")
        }
        return files.sorted { $0.number < $1.number }
    }

    private static func ids(_ written: JSONObject, _ files: [SchemaSet.File]) throws(SettingsErrors) -> [UInt32: Int] {
        var ids: [UInt32: Int] = [:]
        for member in written.members {
            guard let id = UInt32(member.name), case .integer(let number) = member.value, files.contains(where: { $0.number == number })
            else {
                throw SettingsErrors([
                    SettingsError(
                        at: ["ids", member.name], "this is no id and a version that there is",
                        remedy: "Write ids from 0 to \(UInt32.max), each with a version: {1042: 1}.")
                ])
            }
            ids[id] = Int(number)
        }
        return ids
    }
}
