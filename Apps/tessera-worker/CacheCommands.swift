import ArgumentParser
import BuiltIn
import Connectors
import EventModel
import Foundation
import Platform

/// `caches`
struct CacheCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caches", abstract: "Tell what caches connectors share, look at one, or empty it.",
        discussion: """
            Example:

              tessera-worker caches list --config tessera.yaml
            """, subcommands: [List.self, Describe.self, Check.self, Clear.self])

    /// `caches list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The caches of the settings file.",
            discussion: """
                Example:

                  tessera-worker caches list --config tessera.yaml
                """)
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let caches = try place.caches().entries.map {
                    JSONValue.object(JSONObject([.init("name", .string($0.name)), .init("kind", .string($0.kind))]))
                }
                Terminal.print(JSONValue.object(JSONObject([.init("caches", .array(caches))])).text + "\n")
            }
        }
    }

    /// `caches describe`
    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The kinds of cache there are, with every setting.",
            discussion: """
                Example:

                  tessera-worker caches describe
                """)

        func run() async throws {
            for descriptor in Plugins.builtIn.caches.descriptors {
                Terminal.print(JSONValue.object(descriptor.told(as: "cache")).text + "\n")
            }
        }
    }

    /// `caches check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at a cache once.",
            discussion: """
                Example:

                  tessera-worker caches check answers --config tessera.yaml
                """)
        @Argument(help: "The cache's name.") var name: String
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let found = try await place.cache(name).cache.probe()
                Terminal.print(JSONValue.object(JSONObject([.init("found", .string(found))])).text + "\n")
            }
        }
    }

    /// `caches clear`
    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let all values of a cache go that is outside of the worker; workers that use it ask again.",
            discussion: """
                Example:

                  tessera-worker caches clear answers --config tessera.yaml
                """)
        @Argument(help: "The cache's name.") var name: String
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let entry = try place.cache(name)
                if entry.cache is MemoryCache {
                    throw CommandError(
                        .usage, "The cache `\(name)` is in the memory of the worker. It is empty when the worker starts again.")
                }
                try await entry.cache.forgetAll()
                Terminal.print(JSONValue.object(JSONObject([.init("cleared", .string(name))])).text + "\n")
            }
        }
    }
}

extension WorkerPlace {
    fileprivate func caches() throws(CommandError) -> CachePlan {
        try settingsFile().caches(.builtIn, environment: ProcessInfo.processInfo.environment)
    }

    fileprivate func cache(_ name: String) throws(CommandError) -> CachePlan.Entry {
        let plan = try caches()
        if let entry = plan.entries.first(where: { $0.name == name }) { return entry }
        let names = plan.entries.map(\.name)
        throw CommandError(
            .name, "There is no cache `\(name)`. \(names.isEmpty ? "The settings file names none." : "There are: \(listed(names)).")")
    }
}
