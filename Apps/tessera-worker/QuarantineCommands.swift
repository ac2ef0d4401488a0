import ArgumentParser
import Platform

/// `quarantine`
struct QuarantineCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine", abstract: "List messages that were refused and kept, show them, or judge them again.",
        discussion: """
            Example:

              tessera-worker quarantine replay --db shop.tessera --config tessera.yaml
            """,
        subcommands: [List.self, Show.self, Replay.self])

    /// `quarantine list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How many messages are in quarantine, by file and by the rule that they broke.",
            discussion: """
                Example:

                  tessera-worker quarantine list --db shop.tessera
                """)
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting { WorkerPlace.show(try QuarantineFolder(store: place.store).summary()) }
        }
    }

    /// `quarantine show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The messages themselves, with their reasons, the latest of each file.",
            discussion: """
                Example:

                  tessera-worker quarantine show --reason 'Order Completed/revenue' --limit 5 --db shop.tessera
                """)
        @Option(help: "Only those whose reason contains this text.") var reason: String?
        @Option(help: "How many of each file.") var limit = 20
        @OptionGroup var place: WorkerPlace

        func validate() throws { if limit < 1 { throw ValidationError("--limit is 1 or more.") } }

        func run() async throws {
            try await WorkerPlace.reporting {
                WorkerPlace.show(try QuarantineFolder(store: place.store).records(reason: reason, limit: limit))
            }
        }
    }

    /// `quarantine replay`
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judge what is in quarantine by the tracking plan as it is now, and store what it takes.",
            discussion: """
                What still fails stays, with its new reason. Nothing is lost or stored twice, wherever it is ended; run it again to go on.
                While a worker has the store, ask that one: curl -X POST -u ADMIN_KEY: http://127.0.0.1:8080/v1/quarantine/replay

                Example:

                  tessera-worker quarantine replay --db shop.tessera --config tessera.yaml
                """)
        @Option(help: "Only those whose reason contains this text.") var reason: String?
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let logger = place.makeLogger()
                let worker: Worker
                do throws(CommandError) { worker = try place.worker(place.settingsFile(), logger) } catch {
                    guard error.code == .held else { throw error }
                    throw CommandError(.held, error.message + " A worker replays when asked to: POST /v1/quarantine/replay.")
                }
                let result: ReplayResult
                do { result = try await worker.replayQuarantine(reason: reason) } catch {
                    await worker.drain()
                    throw error
                }
                await worker.drain()
                WorkerPlace.show(result)
            }
        }
    }
}
