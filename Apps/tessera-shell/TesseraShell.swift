public import ArgumentParser
import BuiltIn
public import EventModel
import Foundation
public import Platform

/// The analysts' shell: a conversation, one command, or a script.
struct TesseraShell: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-shell",
        abstract: "Ask a store of customer events who belongs to which segment, and why.",
        discussion: """
            Without -c or -f it is a conversation: type `help` there. Examples:

              tessera-shell
              tessera-shell -c 'count did "Order Completed" within 30d'
              tessera-shell --db shop.tessera --now 2026-06-30T00:00:00Z --format csv -c 'rfm' > rfm.csv
              tessera-shell -f weekly.tessera-commands

            Results go to standard output, everything else to standard error. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
            """)

    @Option(help: "The store. Default: $TESSERA_DB, else ./customers.tessera.")
    var db: String?

    @Option(help: "A folder of definitions: segments/*.segment, features/*.yaml, offers/*.yaml.")
    var workspace: String?

    @Option(help: "The instant to ask at, such as 2026-06-30T00:00:00Z. Default: the wall clock.")
    var now: Instant?

    @Option(name: .customShort("c"), help: "A command to run; may be given more than once. The first that fails stops the rest.")
    var commands: [String] = []

    @Option(name: .customShort("f"), help: "A file of commands to run, one a line.")
    var script: String?

    @Option(help: "How results are printed: \(OutputFormat.names). Default: table on a terminal, json elsewhere.")
    var format: OutputFormat?

    @Option(help: "Threads that evaluation uses.")
    var threads: Int = 2

    @Flag(help: "Keep answers between commands, while the store and `now` stay the same.")
    var cache = false

    func validate() throws {
        if threads < 1 { throw ValidationError("--threads \(threads) is too few. Use 1 or more.") }
    }

    mutating func run() throws {
        let tessera = Tessera(path: db ?? Tessera.defaultPath(environment: ProcessInfo.processInfo.environment), plugins: .builtIn)
        let session = Session(
            tessera: tessera, workspace: workspace.map { Workspace(folder: $0) }, now: now, format: format ?? Terminal.defaultFormat,
            threads: threads, cache: cache ? AnswerCache() : nil,
            clock: ProgramStart.clock)
        var runner = CommandRunner(session: session)
        do {
            if commands.isEmpty, script == nil {
                if Terminal.inputIsTerminal {
                    Conversation(runner: runner).run()
                } else {
                    _ = try runner.runScript(Self.standardInput(), name: "standard input")
                }
                return
            }
            for command in commands { if try runner.run(command) == .quit { return } }
            if let script { _ = try runner.runFile(script) }
        } catch {
            throw ExitCode(error.report(as: runner.session.format))
        }
    }

    private static func standardInput() throws(CommandError) -> String {
        let data = FileHandle.standardInput.readDataToEndOfFile()
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandError(.damaged, "Standard input is not UTF-8. Send commands as UTF-8.")
        }
        return text
    }
}

extension Instant: ExpressibleByArgument {
    public init?(argument: String) { self.init(text: argument) }
}
extension OutputFormat: ExpressibleByArgument {}
