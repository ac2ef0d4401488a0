import EventModel
import Foundation
import Platform

/// Runs command lines: understands, answers, prints.
struct CommandRunner {
    /// What a line came to.
    enum Outcome { case done, quit }

    var session: Session
    let signal = InterruptSignal()
    /// Long tables go through a pager.
    var pages = false
    /// Scripts may run scripts, so deep and no deeper.
    private static let deepest = 8

    init(session: Session) { self.session = session }

    /// Runs one command line.
    mutating func run(_ line: String, depth: Int = 0) throws(CommandError) -> Outcome {
        guard let command = try Command(line) else { return .done }
        switch command {
        case .quit: return .quit
        case .source(let file): return try runFile(file, depth: depth + 1)
        default: break
        }
        if let said = try session.apply(command) {
            show(said)
            return .done
        }
        let (session, format) = (session, session.format)
        let result = try interruptible(by: signal) { interruption throws(CommandError) -> any CommandResult in
            try session.answer(command, interruption: interruption) { Terminal.warn($0, as: format) }
        }
        show(result)
        return .done
    }

    /// Runs the commands of a file.
    mutating func runFile(_ file: String, depth: Int = 0) throws(CommandError) -> Outcome {
        if depth > Self.deepest { throw CommandError(.limit, "\(file): scripts may run scripts \(Self.deepest) deep, no deeper.") }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandError(.missing, "\(file) cannot be read. Check that the file is there.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandError(.damaged, "\(file) is not UTF-8. Save it as UTF-8.")
        }
        return try runScript(text, name: file, depth: depth)
    }

    /// Runs commands, one a line; a line that leaves a parenthesis or a quote open, or ends with `\`, goes on in the next.
    mutating func runScript(_ text: String, name: String, depth: Int = 0) throws(CommandError) -> Outcome {
        var pending = ""
        var first = 0
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if pending.isEmpty { first = number + 1 }
            pending = Self.joined(pending, String(line))
            if Command.isUnfinished(pending) { continue }
            let command = pending
            pending = ""
            do {
                if try run(command, depth: depth) == .quit { return .quit }
            } catch {
                throw error.located("\(name), line \(first)")
            }
        }
        if !pending.isEmpty { throw CommandError(.usage, "\(name), line \(first): a quote or a parenthesis is still open at the end.") }
        return .done
    }

    /// A command with its next line; a `\` at the end gives way.
    static func joined(_ text: String, _ line: String) -> String {
        if text.isEmpty { return line }
        return text.hasSuffix("\\") ? String(text.dropLast()) + line : text + "\n" + line
    }

    private func show(_ result: any CommandResult) {
        let canvas = Terminal.canvas
        let text = result.rendered(as: session.format, on: canvas)
        if pages, session.format == .table, Pager.shouldPage(text, canvas: canvas) { return Pager.show(text) }
        Terminal.print(text)
    }
}
