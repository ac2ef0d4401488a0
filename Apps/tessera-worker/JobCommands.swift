import ArgumentParser
import EventModel
import Jobs
import Platform

/// `jobs`
struct JobCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List what can be done at set times, run one now, or tell what ran.",
        discussion: """
            Example:

              tessera-worker jobs run check-memberships --db shop.tessera
            """,
        subcommands: [List.self, Run.self, History.self])

    /// `jobs list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The jobs there are, and when each runs.",
            discussion: """
                Example:

                  tessera-worker jobs list --config tessera.yaml
                """)
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let plan = try place.settingsFile().jobs(known: Worker.jobNames)
                let jobs = Worker.jobNames.map { name in
                    JSONValue.object(
                        JSONObject([
                            .init("name", .string(name)), .init("schedule", plan[name].map { .string("\($0.schedule)") } ?? .null),
                        ]))
                }
                Terminal.print(JSONValue.object(JSONObject([.init("jobs", .array(jobs))])).text + "\n")
            }
        }
    }

    /// `jobs run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a job now, while no worker has the store. Exit status: 0 done, 1 failed, 2 no such job.",
            discussion: """
                Example:

                  tessera-worker jobs run check-memberships --db shop.tessera
                """)
        @Argument(help: "The job: \(Worker.jobNames.joined(separator: ", ")).") var name: String
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let logger = place.makeLogger()
                let file = try place.settingsFile()
                let plan = try file.jobs(known: Worker.jobNames)
                let worker = try place.worker(file, logger)
                let end = await worker.jobRunner(plan, logger).runNow(name)
                await worker.drain()
                if end.status != 0 {
                    _ = CommandError(end.status == 2 ? .usage : .failed, end.message).report(as: Terminal.defaultFormat)
                    throw ExitCode(end.status)
                }
                Terminal.print(JSONValue.object(JSONObject([.init("done", .string(end.message))])).text + "\n")
            }
        }
    }

    /// `jobs history`
    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What ran: for which time, why, how it ended.",
            discussion: """
                Example:

                  tessera-worker jobs history --db shop.tessera
                """)
        @OptionGroup var place: WorkerPlace

        func run() async throws {
            try await WorkerPlace.reporting {
                let ledger = try await JobLedgerFile(store: place.store).load() ?? JobLedger()
                Terminal.print(ledger.json.text + "\n")
            }
        }
    }
}
