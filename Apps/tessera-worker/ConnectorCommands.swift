import ArgumentParser
import BuiltIn
import Connectors
import EventModel
import Foundation
import Platform

/// `connectors`
struct ConnectorCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors", abstract: "Tell what connectors there are and how they stand; check, run, pause or reset one.",
        discussion: """
            Example:

              tessera-worker connectors describe files
            """,
        subcommands: [List.self, Describe.self, Check.self, Run.self, Pause.self, Resume.self, Reset.self])

    /// `connectors list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The connectors of the settings file, with what each has brought, and its lag where the source tells one.",
            discussion: """
                Example:

                  tessera-worker connectors list --db shop.tessera --config tessera.yaml
                """)
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let folder = ConnectorFolder(store: place.store)
                var connectors: [JSONValue] = []
                for entry in try place.connectors().entries {
                    var told = JSONObject([
                        .init("name", .string(entry.name)), .init("kind", .string(entry.kind)), .init("enabled", .bool(entry.isEnabled)),
                        .init("paused", .bool(await folder.isPaused(entry.name))),
                    ])
                    let state = try await folder.state(of: entry.name) ?? ConnectorState()
                    for member in state.json.members where member.name != "version" && member.name != "checkpoint" {
                        told.set(member.name, member.value)
                    }
                    if let newest = state.newest {
                        told.set("lagMilliseconds", .integer(ProgramStart.clock().milliseconds - newest.milliseconds))
                    }
                    connectors.append(.object(told))
                }
                Terminal.print(JSONValue.object(JSONObject([.init("connectors", .array(connectors))])).text + "\n")
            }
        }
    }

    /// `connectors describe`
    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The kinds of connector there are, or every setting of one.",
            discussion: """
                Example:

                  tessera-worker connectors describe files
                """)
        @Argument(help: "The kind. Default: all of them, without their settings.") var kind: String?

        func run() async throws {
            try await WorkerPlace.reporting {
                let kinds = Plugins.builtIn.sources.descriptors
                guard let kind else {
                    let all = kinds.map { JSONValue.object($0.head) }
                    Terminal.print(JSONValue.object(JSONObject([.init("kinds", .array(all))])).text + "\n")
                    return
                }
                guard let found = kinds.first(where: { $0.name == kind }) else {
                    throw CommandError(.name, "There is no connector of the kind `\(kind)`. There are: \(listed(kinds.map(\.name))).")
                }
                var told = found.head
                told.set("settings", .array(found.settings.map { .object($0.told) }))
                Terminal.print(JSONValue.object(told).text + "\n")
            }
        }
    }

    /// `connectors check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at the other side once, without reading it. Exit status: 0 well, 1 not.",
            discussion: """
                Example:

                  tessera-worker connectors check nightly --config tessera.yaml
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting {
                let entry = try connector.entry()
                do throws(ConnectorError) {
                    let found = try await entry.source.probe()
                    Terminal.print(JSONValue.object(JSONObject([.init("found", .string(found))])).text + "\n")
                } catch { throw CommandError(.failed, error.description) }
            }
        }
    }

    /// `connectors run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run one connector until its source ends, while no worker has the store. Exit status: 0 done, 1 it cannot go on.",
            discussion: """
                Example:

                  tessera-worker connectors run nightly --db shop.tessera --config tessera.yaml

                A source that has no end runs until Ctrl-C; nothing is lost by that.
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting {
                let place = connector.place
                let logger = place.makeLogger()
                let entry = try connector.entry()
                let worker = try place.worker(place.settingsFile(), logger)
                let runner = place.runningConnectors(logger).runner(of: entry, into: worker)
                let end = await runner.run()
                await worker.drain()
                if case .stopped(let error) = end { throw CommandError(.failed, error.description) }
                Terminal.print(JSONValue.object(runner.progress.state.json).text + "\n")
            }
        }
    }

    /// `connectors pause`
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let one wait, through restarts, until it is resumed. A running worker follows with its next batch.",
            discussion: """
                Example:

                  tessera-worker connectors pause nightly --db shop.tessera --config tessera.yaml
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting { try connector.setPaused(true) }
        }
    }

    /// `connectors resume`
    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a paused one go on.",
            discussion: """
                Example:

                  tessera-worker connectors resume nightly --db shop.tessera --config tessera.yaml
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting { try connector.setPaused(false) }
        }
    }

    /// `connectors reset`
    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget where one stands, while no worker has the store: it is read from the first again, and doubles nothing.",
            discussion: """
                Example:

                  tessera-worker connectors reset nightly --db shop.tessera --config tessera.yaml
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting {
                let store = connector.place.store
                try ConnectorFolder(store: store).reset(connector.entry().name, of: Tessera(path: store, plugins: .builtIn))
            }
        }
    }
}

/// A connector of the settings file, by its name.
struct NamedConnector: ParsableArguments {
    @Argument(help: "The connector's name in the settings file.") var name: String
    @OptionGroup var place: WorkerPlace

    /// What the settings file says of it.
    func entry() throws(CommandError) -> ConnectorPlan.Entry {
        let entries = try place.connectors().entries
        guard let entry = entries.first(where: { $0.name == name }) else {
            let names = entries.isEmpty ? "It names none." : "It names \(listed(entries.map(\.name)))."
            throw CommandError(.name, "The settings file has no connector `\(name)`. \(names)")
        }
        return entry
    }

    func setPaused(_ isPaused: Bool) throws(CommandError) { try ConnectorFolder(store: place.store).setPaused(isPaused, entry().name) }
}

extension WorkerPlace {
    /// The connectors of the settings file.
    func connectors() throws(CommandError) -> ConnectorPlan {
        try settingsFile().connectors(.builtIn, environment: ProcessInfo.processInfo.environment).plan
    }
}

extension ConnectorDescriptor {
    /// All but the settings.
    fileprivate var head: JSONObject {
        JSONObject([
            .init("kind", .string(name)), .init("summary", .string(summary)), .init("stability", .string(stability.rawValue)),
        ])
    }
}

extension SettingDescriptor {
    fileprivate var told: JSONObject {
        var told = JSONObject([
            .init("name", .string(name)), .init("required", .bool(isRequired)), .init("write", .string(kind.wanted)),
            .init("summary", .string(summary)),
        ])
        if let unit { told.set("unit", .string(unit)) }
        if let usual { told.set("default", .string(usual)) }
        return told
    }
}
