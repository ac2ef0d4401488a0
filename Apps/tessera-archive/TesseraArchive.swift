public import ArgumentParser
import BuiltIn
import Foundation
public import Platform

/// Bulk import, export and verification of archives.
struct TesseraArchive: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera-archive",
        abstract: "Move customer events and profiles in and out of a store, in bulk.",
        discussion: """
            Example:

              tessera-archive import --db shop.tessera events.ndjson.gz
              tessera-archive export --db shop.tessera --out shop.gz

            Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
            """,
        subcommands: [Import.self, Export.self, Verify.self, Info.self, Digest.self, Rebuild.self])
}

/// Which store.
struct StoreOption: ParsableArguments {
    @Option(help: "The store. Default: $TESSERA_DB, else ./customers.tessera.")
    var db: String?

    var tessera: Tessera {
        Tessera(path: db ?? Tessera.defaultPath(environment: ProcessInfo.processInfo.environment), plugins: .builtIn)
    }
}

/// How results look.
struct FormatOption: ParsableArguments {
    @Option(help: "How results are printed: \(OutputFormat.names). Default: table on a terminal, json elsewhere.")
    var format: OutputFormat?

    var chosen: OutputFormat { format ?? Terminal.defaultFormat }

    /// Runs the work, prints what it found, and ends the program where it failed.
    func show(
        toStandardError: Bool = false,
        _ work: @escaping @Sendable (Interruption, ProgressReport) throws(CommandError) -> any CommandResult
    ) throws {
        try showAlsoWhenFailed(toStandardError: toStandardError) { interruption, bar throws(CommandError) in
            (try work(interruption, bar), nil)
        }
    }

    /// The same for work that has something to show even where it failed.
    func showAlsoWhenFailed(
        toStandardError: Bool = false,
        _ work: @escaping @Sendable (Interruption, ProgressReport) throws(CommandError) -> ((any CommandResult)?, CommandError?)
    ) throws {
        let bar = ProgressReport()
        do throws(CommandError) {
            let (result, failure) = try interruptible(by: InterruptSignal(), patience: nil) {
                interruption throws(CommandError) -> ((any CommandResult)?, CommandError?) in try work(interruption, bar)
            }
            bar.end()
            if let text = result?.rendered(as: chosen, on: Terminal.canvas) {
                if toStandardError { Terminal.printError(text) } else { Terminal.print(text) }
            }
            if let failure { throw failure }
        } catch {
            bar.end()
            throw ExitCode(error.report(as: chosen))
        }
    }
}

extension OutputFormat: ExpressibleByArgument {}
