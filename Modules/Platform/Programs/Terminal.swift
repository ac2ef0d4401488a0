import EventModel
import Foundation
import Synchronization

/// What the program is connected to.
public enum Terminal {
    /// Whether standard output is a terminal: then `table` is the default format.
    public static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    /// Whether standard error is a terminal: then progress is a bar.
    public static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    /// Whether standard input is a terminal: then a shell is interactive.
    public static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether the cursor of the terminal can be moved about.
    public static var canMoveCursor: Bool {
        outputIsTerminal && !["", "dumb"].contains(ProcessInfo.processInfo.environment["TERM"] ?? "")
    }

    /// The size of the terminal; 100 by 30 where there is none, and `$COLUMNS` wins.
    public static var canvas: Canvas {
        var size = winsize()
        let asked = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return Canvas(width: asked ?? 100) }
        return Canvas(width: asked ?? Int(size.ws_col), height: Int(size.ws_row) - 2)
    }

    /// The format that results take where none was asked for.
    public static var defaultFormat: OutputFormat { outputIsTerminal ? .table : .json }

    /// Writes all of `text` to standard output. False when nobody reads it any more, or there is no room for it; see `lostOutput`.
    @discardableResult
    public static func print(_ text: String) -> Bool {
        if write(text, to: STDOUT_FILENO) { return true }
        let code = errno
        if code != EPIPE { refusal.withLock { $0 = code } }
        return false
    }

    /// The number of the error that a write to standard output ended with; 0 where none did.
    private static let refusal = Mutex<Int32>(0)

    /// Why standard output is not whole, where it is not: no program may end as if it had said everything.
    public static var lostOutput: CommandError? {
        let code = refusal.withLock { $0 }
        if code == 0 { return nil }
        return CommandError(
            .disk, "Standard output could not be written whole (\(String(cString: strerror(code)))). Make room and run the command again.")
    }

    /// Writes all of `text` to standard error.
    public static func printError(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Says a warning on standard error, as an object where results are JSON.
    public static func warn(_ sentence: String, as format: OutputFormat) {
        guard format == .json || format == .ndjson else { return printError("warning: " + sentence + "\n") }
        printError(JSONValue.object(JSONObject(["warning": .object(JSONObject(["message": .string(sentence)]))])).text + "\n")
    }

    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}

extension CommandError {
    /// Prints the error on standard error in the given format and gives the exit status to end with.
    public func report(as format: OutputFormat) -> Int32 {
        Terminal.printError(rendered(as: format))
        return exitStatus
    }
}
