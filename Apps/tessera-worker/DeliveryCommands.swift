import ArgumentParser
import BuiltIn
import EventModel
import Platform

extension ConnectorCommands {
    /// `connectors lag`
    struct Lag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How far each connector is behind: sources by time, destinations by what waits for them. One JSON object a line.",
            discussion: """
                Example:

                  tessera-worker connectors lag --db shop.tessera --config tessera.yaml
                """)
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let (folder, tessera) = (ConnectorFolder(store: place.store), Tessera(path: place.store, plugins: .builtIn))
                for entry in try place.connectors().entries {
                    Terminal.print(JSONValue.object(try await folder.lag(of: entry, tessera, at: ProgramStart.clock())).text + "\n")
                }
            }
        }
    }

    /// `connectors dead`
    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Records that a destination refused, or that failed for too long, each with its reason: one JSON object a line.",
            discussion: """
                Example:

                  tessera-worker connectors dead lake --db shop.tessera --config tessera.yaml
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting {
                let letters = ConnectorFolder(store: connector.place.store).deadLetters(of: try connector.destination().name)
                for (letter, at) in letters { Terminal.print(JSONValue.object(letter.told(at: at)).text + "\n") }
            }
        }
    }

    /// `connectors replay`
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliver the dead letters of a destination again. A running worker follows within seconds.",
            discussion: """
                Example:

                  tessera-worker connectors replay lake --db shop.tessera --config tessera.yaml

                Messages that never became any because their source gave nothing readable are in quarantine: `quarantine replay`.
                """)
        @OptionGroup var connector: NamedConnector

        func run() async throws {
            try await WorkerPlace.reporting {
                let count = try ConnectorFolder(store: connector.place.store).replay(connector.destination().name)
                Terminal.print(JSONValue.object(JSONObject([.init("replaying", .integer(Int64(count)))])).text + "\n")
            }
        }
    }

    /// `connectors reconcile`
    struct Reconcile: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold who is in which segment at a destination against the store. Exit status: 0 the same, or not known; 1 drift.",
            discussion: """
                Example:

                  tessera-worker connectors reconcile lake --db shop.tessera --config tessera.yaml

                It may run beside the worker: people whom changes name that are still on their way are counted as `waiting` and not judged. \
                A destination whose other side cannot be asked (a webhook) tells how far it was delivered to, and no more: `drift` is null, and \
                nothing can be mended. `connectors reset` delivers all members anew.
                """)
        @OptionGroup var connector: NamedConnector
        @Flag(help: "Name those who are missing or too many, by their ids.") var ids = false
        @Flag(help: "Deliver what puts the destination right, with the next batch of the worker.") var mend = false

        func run() async throws {
            try await WorkerPlace.reporting {
                let (store, entry) = (connector.place.store, try connector.entry())
                let folder = ConnectorFolder(store: store)
                let tessera = Tessera(path: store, plugins: .builtIn)
                let found = try await Reconciliation(of: entry, in: folder, tessera)
                Terminal.print(JSONValue.object(found.told(of: entry.name, showsIDs: ids)).text + "\n")
                if mend {
                    guard found.segments != nil else {
                        throw CommandError(
                            .usage,
                            "`\(entry.name)` cannot say who is there, so nothing can be mended. "
                                + "`connectors reset` delivers all members anew.")
                    }
                    let now = ProgramStart.clock()
                    try await folder.deliver(found.corrections(for: entry, in: tessera, now: now), to: entry.name, at: now)
                } else if found.hasDrift {
                    throw CommandError(
                        .data, "`\(entry.name)` has drifted from the store. `--ids` names who, `--mend` delivers what puts it right.")
                }
            }
        }
    }
}
