@preconcurrency import CEdit
import Foundation
import Platform
import Synchronization

/// One line at a time from a terminal, through libedit: its keys, a history that lasts, completion.
struct LineEditor {
    /// What a read gave.
    enum Input {
        case line(String)
        /// Ctrl-C.
        case interrupted
        /// Ctrl-D, or the terminal is gone.
        case end
    }

    private let historyFile: String?
    /// Lines of history that are kept.
    private static let historyLength: Int32 = 2_000
    /// What completion chooses from; libedit calls back without a context, so it stands here.
    private static let completions = Mutex(Completions())
    /// Where Ctrl-C arrives, and whether it ended the line at hand; libedit's reading of a key calls back without a context, too.
    private static let interrupt = Mutex<(signal: InterruptSignal?, came: Bool)>((nil, false))

    init(historyFile: String?, signal: InterruptSignal) {
        self.historyFile = historyFile
        Self.interrupt.withLock { $0 = (signal, false) }
        // Left to itself libedit waits for a key in `read` and counts on the signal to end that call. It does not where another thread
        // takes the signal, or where it comes right before the call.
        rl_getc_function = { _ in LineEditor.key() }
        using_history()
        stifle_history(Self.historyLength)
        if let historyFile { read_history(historyFile) }
        rl_completion_append_character = 0
        rl_attempted_completion_function = { _, start, end in LineEditor.matches(start: Int(start), end: Int(end)) }
    }

    /// Sets what completion chooses from.
    func complete(from completions: Completions) { Self.completions.withLock { $0 = completions } }

    /// Reads one line, without its end.
    func read(prompt: String) -> Input {
        Self.interrupt.withLock { $0.came = false }
        guard let line = readline(prompt) else { return Self.interrupt.withLock { $0.came } ? .interrupted : .end }
        defer { free(line) }
        return .line(String(cString: line))
    }

    /// Adds a command to the history, in memory and on disk.
    func remember(_ command: String) {
        guard !command.allSatisfy(\.isWhitespace) else { return }
        add_history(command.replacing("\n", with: " "))
        guard let historyFile else { return }
        write_history(historyFile)
        chmod(historyFile, 0o600)
    }

    /// The next character of the terminal as a code point, or -1 at Ctrl-C and at the end. What is not UTF-8 is passed over.
    private static func key() -> Int32 {
        guard let signal = interrupt.withLock({ $0.signal }) else { return -1 }
        var bytes: [UInt8] = []
        while true {
            guard signal.waitForInput(STDIN_FILENO) else {
                interrupt.withLock { $0.came = true }
                return -1
            }
            var byte: UInt8 = 0
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return -1 }
            if byte & 0xC0 != 0x80 { bytes.removeAll() }
            bytes.append(byte)
            let expected = max(1, (~bytes[0]).leadingZeroBitCount)
            if bytes.count < expected { continue }
            if let character = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first { return Int32(character.value) }
            bytes.removeAll()
        }
    }

    /// The C array that libedit asks for: the common beginning, the candidates, nil. libedit frees it.
    private static func matches(start: Int, end: Int) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        rl_attempted_completion_over = 1
        guard let buffer = rl_line_buffer else { return nil }
        let line = String(decoding: UnsafeRawBufferPointer(start: buffer, count: min(end, strlen(buffer))), as: UTF8.self)
        let found = completions.withLock { $0.candidates(line: line, wordStart: start) }
        guard let first = found.first else { return nil }
        let common = found.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        let all = found.count == 1 ? [first] : [common] + found
        let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: all.count + 1)
        for (index, text) in all.enumerated() { array[index] = strdup(text) }
        array[all.count] = nil
        return array
    }
}
