import ArgumentParser
import BuiltIn
import Connectors
import EventModel
import Foundation
import Platform

/// `schemas`
struct SchemaCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schemas", abstract: "Tell which schemas payloads are written by, and whether the next version of one fits.",
        discussion: """
            Example:

              tessera-worker schemas check orders next.avsc --config tessera.yaml
            """,
        subcommands: [List.self, Describe.self, Check.self])

    /// `schemas list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The schemas of the settings file, and the kinds of schema there are.",
            discussion: """
                Example:

                  tessera-worker schemas list --config tessera.yaml
                """)
        @OptionGroup var place: SchemaPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let plan = try place.schemas()
                let kinds = Plugins.builtIn.schemas.languages.map { language in
                    JSONValue.object(
                        JSONObject([
                            .init("kind", .string(language.language)), .init("summary", .string(language.summary)),
                            .init("files", .string("1." + language.fileExtension)),
                            .init("framings", .array(language.framings.map { .string($0) })),
                        ]))
                }
                Terminal.print(
                    JSONObject([.init("schemas", .array(plan.sets.map { .object($0.head) })), .init("kinds", .array(kinds))]).text + "\n")
            }
        }
    }

    /// `schemas describe`
    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every version of a schema, with its file, its id, and which of the two directions it keeps to the one before it.",
            discussion: """
                Example:

                  tessera-worker schemas describe orders --config tessera.yaml
                """)
        @OptionGroup var schema: NamedSchema

        func run() async throws {
            try await WorkerPlace.reporting {
                let set = try schema.set()
                var told = set.head
                var versions: [JSONValue] = []
                for (index, file) in set.files.enumerated() {
                    var version = JSONObject([
                        .init("version", .integer(Int64(file.number))), .init("file", .string(file.path)),
                        .init("id", .integer(Int64(set.framing.id(of: file.number)))),
                    ])
                    for member in index > 0 ? set.comparisons[index - 1].told.members : [] { version.members.append(member) }
                    versions.append(.object(version))
                }
                told.set("versions", .array(versions))
                Terminal.print(told.text + "\n")
            }
        }
    }

    /// `schemas check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold what could be the next version against the newest. Exit status: 0 it keeps the schema's rule, 1 not.",
            discussion: """
                Example:

                  tessera-worker schemas check orders next.avsc --config tessera.yaml
                """)
        @OptionGroup var schema: NamedSchema
        @Argument(help: "The file: a schema in Avro's JSON, or a descriptor set of protoc.") var file: String

        func run() async throws {
            try await WorkerPlace.reporting {
                let set = try schema.set()
                guard let data = FileManager.default.contents(atPath: file) else {
                    throw CommandError(.missing, "\(file) cannot be read. Check its name and permissions.")
                }
                let comparison: SchemaSet.Comparison
                do { comparison = try set.compare(candidate: Array(data)) } catch let error as PayloadError {
                    throw CommandError(.damaged, "\(file) is no schema of the kind \(set.language). \(error.description)")
                }
                let isKept = comparison.keeps(set.compatibility)
                var told = JSONObject([
                    .init("schema", .string(set.name)), .init("newest", .integer(Int64(set.files.last?.number ?? 0))),
                    .init("compatibility", .string(set.compatibility.rawValue)), .init("kept", .bool(isKept)),
                ])
                for member in comparison.told.members { told.members.append(member) }
                Terminal.print(told.text + "\n")
                if !isKept { throw ExitCode(1) }
            }
        }
    }
}

/// Where schemas are named.
struct SchemaPlace: ParsableArguments {
    @Option(help: "A folder of definitions with tessera.yaml.") var workspace: String?
    @Option(help: "The settings file. Default: tessera.yaml of the workspace, else of this folder.") var config: String?

    func schemas() throws(CommandError) -> SchemaPlan {
        let usual = (workspace.map { $0 + "/" } ?? "") + "tessera.yaml"
        let path = config ?? (FileManager.default.fileExists(atPath: usual) ? usual : nil)
        let file = try path.map { path throws(CommandError) in try SettingsFile(path: path) } ?? SettingsFile()
        return try file.schemas(.builtIn)
    }
}

/// A schema of the settings file, by its name.
struct NamedSchema: ParsableArguments {
    @Argument(help: "The schema's name in the settings file.") var name: String
    @OptionGroup var place: SchemaPlace

    func set() throws(CommandError) -> SchemaSet {
        let sets = try place.schemas().sets
        guard let set = sets.first(where: { $0.name == name }) else {
            let names = sets.isEmpty ? "It names none." : "It names \(listed(sets.map(\.name)))."
            throw CommandError(.name, "The settings file has no schema `\(name)`. \(names)")
        }
        return set
    }
}

extension SchemaSet {
    /// All but what its versions are.
    fileprivate var head: JSONObject {
        JSONObject([
            .init("name", .string(name)), .init("kind", .string(language)), .init("compatibility", .string(compatibility.rawValue)),
            .init("framing", .string(framing.name)), .init("newest", .integer(Int64(files.last?.number ?? 0))),
        ])
    }
}

extension SchemaSet.Comparison {
    /// Which directions are kept, and what is in the way of the others.
    fileprivate var told: JSONObject {
        JSONObject([
            .init("backward", .bool(backward.isEmpty)), .init("forward", .bool(forward.isEmpty)),
            .init("full", .bool(backward.isEmpty && forward.isEmpty)),
            .init("backwardObstacles", .array(backward.map { .string($0) })),
            .init("forwardObstacles", .array(forward.map { .string($0) })),
        ])
    }
}
