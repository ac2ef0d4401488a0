import ArgumentParser

/// The daemon and what belongs to it.
struct TesseraWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-worker",
        abstract: "Collect customer events over HTTP, keep every segment up to date by events and by the clock, and answer who is where.",
        discussion: """
            Examples:

              tessera-worker --dev
              tessera-worker --db shop.tessera --config tessera.yaml
              tessera-worker jobs run check-memberships --db shop.tessera
              tessera-worker quarantine list --db shop.tessera

            SIGTERM and Ctrl-C finish what was begun and end with 0. Logs go to standard error.
            """,
        subcommands: [
            Serve.self, ConnectorCommands.self, CacheCommands.self, JobCommands.self, QuarantineCommands.self, SchemaCommands.self,
            ConnectorProcess.self,
        ],
        defaultSubcommand: Serve.self)
}
