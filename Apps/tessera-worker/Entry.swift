import ArgumentParser
import Foundation
import Platform

@main
enum Entry {
    /// Runs the program and maps the argument parser's statuses: help is 0, wrong usage 2.
    static func main() async {
        ProgramStart.prepare()
        // A client that goes away ends its connection, never the worker.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try TesseraWorker.parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            exit(0)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let message = TesseraWorker.fullMessage(for: error)
            if TesseraWorker.exitCode(for: error).rawValue == 0 {
                Terminal.print(message + "\n")
                exit(0)
            }
            exit(CommandError(.usage, message).report(as: Terminal.defaultFormat))
        }
    }
}
