import ArgumentParser
import Foundation
import Platform

@main
enum Entry {
    /// Runs the program and maps the argument parser's statuses: help is 0, wrong usage 2.
    static func main() async {
        ProgramStart.prepare()
        // A worker that goes away ends a connection, never the run.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try TesseraLoad.parse()
            try await command.run()
            exit(0)
        } catch let error as CommandError {
            exit(error.report(as: Terminal.defaultFormat))
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let message = TesseraLoad.fullMessage(for: error)
            if TesseraLoad.exitCode(for: error).rawValue == 0 {
                Terminal.print(message + "\n")
                exit(0)
            }
            exit(CommandError(.usage, message).report(as: Terminal.defaultFormat))
        }
    }
}
