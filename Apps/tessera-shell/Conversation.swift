import Foundation
import Platform

/// The conversation at a terminal: history, completion, commands over several lines, Ctrl-C that cancels and no more.
struct Conversation {
    private var runner: CommandRunner
    private let editor: LineEditor

    init(runner: CommandRunner) {
        var runner = runner
        runner.pages = true
        self.runner = runner
        let environment = ProcessInfo.processInfo.environment
        let file = environment["TESSERA_HISTORY"] ?? environment["HOME"].map { $0 + "/.tessera_history" }
        editor = LineEditor(historyFile: file, signal: runner.signal)
    }

    /// Talks until `quit` or the end of input.
    consuming func run() {
        var runner = runner
        Terminal.printError(
            """
            tessera-shell on \(runner.session.tessera.path). `help` lists the commands, `help expressions` shows the language,
            Tab completes, Ctrl-C gives a line up, `quit` leaves. \(runner.session.greeting)

            """)
        complete(for: runner.session)
        var pending = ""
        while true {
            let prompt = pending.isEmpty ? "tessera> " : "     ... "
            switch editor.read(prompt: prompt, preview: preview(runner, pending: pending, prompt: prompt)) {
            case .end:
                Terminal.printError("\n")
                return
            case .interrupted:
                _ = runner.signal.drain()
                Terminal.printError("\n")
                pending = ""
            case .line(let line):
                pending = CommandRunner.joined(pending, line)
                if Command.isUnfinished(pending) { continue }
                let command = pending
                pending = ""
                editor.remember(command)
                do {
                    if try runner.run(command) == .quit { return }
                    complete(for: runner.session)
                } catch {
                    Terminal.printError(error.code == .interrupted ? "\nCancelled.\n" : error.description + "\n")
                }
                _ = runner.signal.drain()
            }
        }
    }

    private func complete(for session: Session) {
        editor.complete(
            from: .init(
                names: session.completions(), values: { session.frequentTexts(of: $0) },
                descriptions: { session.descriptions(of: $0, width: Terminal.canvas.width - 1) }))
    }

    /// What is shown while the next line is typed: all of it at one instant, so that saved segments are counted once.
    private func preview(_ runner: CommandRunner, pending: String, prompt: String) -> LivePreview? {
        guard runner.session.previews, Terminal.canMoveCursor else { return nil }
        var session = runner.session
        session.fixedNow = session.now
        session.cache = session.cache ?? AnswerCache()
        return LivePreview(session: session, pending: pending, promptWidth: prompt.count, signal: runner.signal)
    }
}
