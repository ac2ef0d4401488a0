import ArgumentParser
import Foundation
import Platform

@main
enum Entry {
    /// Runs the program and maps the argument parser's statuses: help is 0, wrong usage 2.
    static func main() {
        ProgramStart.prepare()
        do {
            var command = try TesseraShell.parseAsRoot()
            try command.run()
            exit(Terminal.lostOutput?.report(as: Terminal.defaultFormat) ?? 0)
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            let message = TesseraShell.fullMessage(for: error)
            let status = TesseraShell.exitCode(for: error).rawValue
            if status == 0 {
                Terminal.print(message + "\n")
                exit(0)
            }
            let wantsJSON = Terminal.defaultFormat == .json || CommandLine.arguments.contains("json")
            exit(CommandError(.usage, message).report(as: wantsJSON ? .json : .table))
        }
    }
}
