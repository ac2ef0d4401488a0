import ArgumentParser
import BuiltIn
import ConnectorLibrary
import Connectors
import EventModel
import Foundation
import Logging
import Platform

/// `connectors`
struct ConnectorCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors", abstract: "Tell what connectors there are and how they stand; check, run, pause or reset one.",
        discussion: """
            Example:

              tessera-worker connectors describe files
            """,
        subcommands: [
            List.self, Lag.self, Describe.self, Check.self, Run.self, Pause.self, Resume.self, Reset.self, Dead.self, Replay.self,
            Reconcile.self,
        ])

    /// `connectors list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "The connectors of the settings file, with what each has brought, and its lag where the source tells one; and the enrichers.",
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
                    if entry.isEnabled, let trouble = folder.trouble(of: entry.name) { told.set("trouble", .object(trouble)) }
                    let state = try await folder.told(of: entry)
                    if let newest = state["newest"]?.asString.flatMap({ Instant(text: $0) }) {
                        told.set("lagMilliseconds", .integer(ProgramStart.clock().milliseconds - newest.milliseconds))
                    }
                    for member in state.members where member.name != "version" && member.name != "checkpoint" {
                        told.set(member.name, member.value)
                    }
                    connectors.append(.object(told))
                }
                let enrichers = try place.settingsFile().enrichers(.builtIn, environment: ProcessInfo.processInfo.environment).entries.map {
                    JSONValue.object(JSONObject([.init("name", .string($0.name)), .init("kind", .string($0.kind))]))
                }
                Terminal.print(
                    JSONValue.object(JSONObject([.init("connectors", .array(connectors)), .init("enrichers", .array(enrichers))])).text
                        + "\n")
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
        @Argument(help: "The kind, or the path of a library (./weather.so). Default: all kinds, without their settings.")
        var kind: String?

        func run() async throws {
            try await WorkerPlace.reporting {
                let kinds = Plugins.builtIn.connectors.described + Plugins.builtIn.enrichers.described
                guard let kind else {
                    let all = kinds.map { JSONValue.object($0.descriptor.head(as: $0.role)) }
                    Terminal.print(JSONValue.object(JSONObject([.init("kinds", .array(all))])).text + "\n")
                    return
                }
                var found = kinds.filter { $0.descriptor.name == kind }
                // A name without a folder would be looked for among the system's libraries.
                if found.isEmpty, kind.contains("/") || kind.hasSuffix(".so") || kind.hasSuffix(".dylib") {
                    found = [try LibrarySettings.describe(kind.contains("/") ? kind : "./" + kind)]
                }
                guard !found.isEmpty else {
                    var names: [String] = []
                    // Some are both a source and a destination.
                    for (descriptor, _) in kinds where !names.contains(descriptor.name) { names.append(descriptor.name) }
                    throw CommandError(.name, "There is no connector of the kind `\(kind)`. There are: \(listed(names)).")
                }
                for (descriptor, role) in found {
                    Terminal.print(JSONValue.object(descriptor.told(as: role)).text + "\n")
                }
            }
        }
    }

    /// `connectors run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run one connector to its end while no worker has the store. Exit status: 0 done, 1 it cannot go on.",
            discussion: """
                Examples:

                  tessera-worker connectors run nightly --db shop.tessera --config tessera.yaml

                  tessera-worker connectors run nightly --within 30 --db shop.tessera --config tessera.yaml

                A source that has no end runs until Ctrl-C; nothing is lost by that. A destination ends when everything is delivered. One \
                that only fails ends after --within seconds, or after the `maximumAge` of its settings where they name one; what it did \
                is kept, and the next run goes on there.

                It prints what the connector did over all runs, and under `thisRun` what it did in this one: there `firstQuarantined` says \
                why the first message that it put in quarantine is there.
                """)
        @OptionGroup var connector: NamedConnector
        @Option(help: "Seconds that failures in a row may go on, where the settings name no `maximumAge`.") var within = 300

        func validate() throws { if within < 1 { throw ValidationError("--within is 1 or more.") } }

        func run() async throws {
            try await WorkerPlace.reporting {
                let place = connector.place
                let logger = place.makeLogger()
                let entry = try connector.entry(isRunOnce: true, report: { logger.info("\($0)") })
                let worker = try place.worker(place.settingsFile(), logger)
                let end = try await place.runningConnectors(logger).runOnce(
                    entry, into: worker, patience: .seconds(within))
                await worker.drain()
                if case .stopped(let error) = end.phase { throw CommandError(.failed, error.description) }
                Terminal.print(JSONValue.object(end.told).text + "\n")
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
            abstract: "Forget where one stands, while no worker has the store: it begins anew.",
            discussion: """
                A source is read from the first again, and doubles nothing. A destination begins as one that is new: with the messages that \
                come from then on, and all memberships once more.

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
    func entry(
        isRunOnce: Bool = false, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> ConnectorPlan.Entry {
        let entries = try place.connectors(isRunOnce: isRunOnce, report: report).entries
        guard let entry = entries.first(where: { $0.name == name }) else {
            guard let file = place.settings else {
                throw CommandError(.usage, "No settings file was given. Write --config tessera.yaml.")
            }
            let settings = try place.settingsFile()
            if settings.isEmpty { throw CommandError(.name, "\(file) is empty. Name the connector `\(name)` in it.") }
            guard let section = settings.place(of: "connectors") else {
                throw CommandError(.name, "\(file) has no section `connectors`. Name the connector `\(name)` in one.")
            }
            let (names, lead) = (entries.map(\.name), "\(section): there is no connector `\(name)`.")
            let near = nearMatch(to: name, among: names).map { " Did you mean `\($0)`?" } ?? ""
            throw CommandError(.name, "\(lead)\(near) \(names.isEmpty ? "The section names none." : "There are: \(listed(names)).")")
        }
        return entry
    }

    /// A destination of the settings file: only they have dead letters.
    func destination() throws(CommandError) -> ConnectorPlan.Entry {
        let entry = try entry()
        if case .destination = entry.work { return entry }
        throw CommandError(
            .usage,
            "`\(name)` is a source and has no dead letters. What it brought that could not become a message is in quarantine: "
                + "`tessera-worker quarantine show` and `quarantine replay`.")
    }

    func setPaused(_ isPaused: Bool) throws(CommandError) { try ConnectorFolder(store: place.store).setPaused(isPaused, entry().name) }
}

extension WorkerPlace {
    /// The connectors of the settings file.
    func connectors(
        isRunOnce: Bool = false, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> ConnectorPlan {
        try settingsFile().connectors(
            .builtIn, environment: ProcessInfo.processInfo.environment, isRunOnce: isRunOnce, report: report)
    }
}

extension ConnectorDescriptor {
    /// All but the settings.
    fileprivate func head(as role: String) -> JSONObject {
        JSONObject([
            .init("kind", .string(name)), .init("as", .string(role)), .init("summary", .string(summary)),
            .init("stability", .string(stability.rawValue)),
        ])
    }

    /// With every setting.
    func told(as role: String) -> JSONObject {
        var told = head(as: role)
        told.set("settings", .array(settings.map { .object($0.told) }))
        return told
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
