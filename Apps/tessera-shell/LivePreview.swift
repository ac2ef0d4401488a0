import Foundation
import Platform
import Synchronization

/// The exact count of the expression that is being typed, with what each clause leaves, on the line below it.
///
/// Worked out on another thread whenever typing pauses; the next key stops it and takes the line away.
final class LivePreview: Sendable {
    private let session: Session
    /// What stands in the line before the cursor's line: earlier lines of the command, and the prompt's width.
    private let pending: String
    private let promptWidth: Int
    private let signal: InterruptSignal
    private let state = Mutex(State())

    private struct State {
        /// The line that was worked out last, or is being worked out.
        var line: String?
        var interruption: Interruption?
        var text: String?
        var isShown = false
    }

    /// - Parameter session: Its `now` should be fixed, so that saved segments are counted once while a line is typed.
    init(session: Session, pending: String, promptWidth: Int, signal: InterruptSignal) {
        (self.session, self.pending, self.promptWidth, self.signal) = (session, pending, promptWidth, signal)
    }

    /// Seconds of rest after which something is to be done; nil while an answer is awaited or stands there.
    var pause: Double? { state.withLock { $0.interruption == nil ? 0.25 : nil } }

    /// Begins to work out what belongs to `line`.
    func begin(_ line: String) {
        let interruption = Interruption()
        let isNew = state.withLock { state in
            state.interruption = interruption
            guard state.line != line else { return false }
            (state.line, state.text) = (line, nil)
            return true
        }
        guard isNew else { return signal.wake() }
        // A wrapped line has no free line below the cursor.
        guard promptWidth + TerminalText.width(of: line) < Terminal.canvas.width - 1 else { return }
        let thread = Thread { [session, pending, signal] in
            let text = session.preview(of: CommandRunner.joined(pending, line), interruption: interruption)
            self.state.withLock { if $0.interruption === interruption { $0.text = text } }
            signal.wake()
        }
        thread.stackSize = 64 << 20
        thread.start()
    }

    /// Shows what was found below the line; the cursor stays.
    func show() {
        let text = state.withLock { state -> String? in
            guard let text = state.text, !state.isShown else { return nil }
            state.isShown = true
            return text
        }
        guard let text else { return }
        let cut = TerminalText.safe(text, width: Terminal.canvas.width - 1)
        // Makes room for a line below (scrolls at the screen's bottom), then writes it between saving and restoring the cursor.
        Terminal.print("\u{1B}D\u{1B}[A\u{1B}7\u{1B}[B\r\u{1B}[K\u{1B}[2m\(cut)\u{1B}[0m\u{1B}8")
    }

    /// Stops the work and takes the line away.
    func hide() {
        let wasShown = state.withLock { state in
            state.interruption?.interrupt()
            defer { (state.interruption, state.isShown) = (nil, false) }
            if state.text == nil { state.line = nil }
            return state.isShown
        }
        if wasShown { Terminal.print("\u{1B}7\u{1B}[B\r\u{1B}[K\u{1B}8") }
    }
}
