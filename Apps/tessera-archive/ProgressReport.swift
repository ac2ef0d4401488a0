import Platform
import Synchronization

/// Progress on standard error, from any thread.
final class ProgressReport: Sendable {
    private let line = Mutex(ProgressLine(live: Terminal.errorIsTerminal, width: Terminal.canvas.width))

    /// Says how far the work has come, when it is time to say it.
    func say(_ state: ProgressLine.State) {
        line.withLock { line in
            if let text = line.text(for: state) { Terminal.printError(text) }
        }
    }

    /// Removes the bar.
    func end() { line.withLock { Terminal.printError($0.clearing) } }
}
