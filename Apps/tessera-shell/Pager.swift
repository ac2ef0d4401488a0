import Foundation
import Platform

/// Shows long text page by page, through `$PAGER` or `less`.
enum Pager {
    /// Whether the text is higher than the terminal.
    static func shouldPage(_ text: String, canvas: Canvas) -> Bool {
        Terminal.outputIsTerminal && text.utf8.lazy.filter { $0 == 10 }.count > canvas.height
    }

    /// Shows the text; plainly where no pager runs.
    static func show(_ text: String) {
        let asked = ProcessInfo.processInfo.environment["PAGER"].flatMap { $0.isEmpty ? nil : $0 }
        guard let pager = popen(asked ?? "less -FRSX", "w") else {
            Terminal.print(text)
            return
        }
        // Leaving the pager early closes its end; the rest of the text is then not wanted.
        let previous = signal(SIGPIPE, SIG_IGN)
        _ = fputs(text, pager)
        if pclose(pager) == 127 << 8 { Terminal.print(text) }
        _ = signal(SIGPIPE, previous)
    }
}
