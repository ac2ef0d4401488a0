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
    /// What completion chooses from, and what it asks of the store.
    struct Vocabulary: Sendable {
        var names = Completions()
        /// Gives frequent texts of a path; asked only when a text is compared with it.
        var values: @Sendable (String) -> [String] = { _ in [] }
        /// Gives a line for each path that tells what it holds.
        var descriptions: @Sendable ([String]) -> [String] = { _ in [] }
    }
    /// libedit calls back without a context, so it stands here.
    private static let vocabulary = Mutex(Vocabulary())
    /// Paths that are described in a list; of more, libedit shows the names alone.
    private static let mostDescribed = 40
    /// What the reading of a key needs; libedit calls back without a context here, too.
    private struct Keyboard {
        var signal: InterruptSignal?
        /// Whether Ctrl-C ended the line at hand.
        var wasInterrupted = false
        var preview: LivePreview?
        /// Whether a pause may be told to libedit: not within a search or between the bytes of one key.
        var maySayPause = false
        var afterEscape = false

        /// Takes note of a key that is handed on.
        mutating func passed(_ character: UInt32) {
            let (isPlain, isErasure) = (character >= 0x20 && character != 0x7F, character == 0x7F || character == 0x08)
            maySayPause = (isPlain || isErasure) && !afterEscape
            afterEscape = character == 0x1B || (afterEscape && character == UInt32(UInt8(ascii: "[")))
            if character == 0x12 || character == 0x13 { preview = nil }  // Ctrl-R and Ctrl-S search: what follows is not the line.
        }
    }
    /// The key that stands for a pause in typing; nobody's keyboard means anything by Ctrl-^ here.
    private static let pauseKey: Int32 = 0x1E
    private static let keyboard = Mutex(Keyboard())

    init(historyFile: String?, signal: InterruptSignal) {
        self.historyFile = historyFile
        Self.keyboard.withLock { $0.signal = signal }
        // Left to itself libedit waits for a key in `read` and counts on the signal to end that call. It does not where another thread
        // takes the signal, or where it comes right before the call.
        rl_getc_function = { _ in LineEditor.key() }
        using_history()
        // Only on the way to a key's function does libedit bring `rl_line_buffer` up to date.
        rl_add_defun("tessera-pause", { _, _ in LineEditor.paused() }, Self.pauseKey)
        stifle_history(Self.historyLength)
        if let historyFile { read_history(historyFile) }
        rl_completion_append_character = 0
        rl_attempted_completion_function = { _, start, end in LineEditor.matches(start: Int(start), end: Int(end)) }
    }

    /// Sets what completion chooses from.
    func complete(from vocabulary: Vocabulary) { Self.vocabulary.withLock { $0 = vocabulary } }

    /// Reads one line, without its end.
    ///
    /// - Parameter preview: Shown below the line whenever typing pauses; nil: nothing is.
    func read(prompt: String, preview: LivePreview?) -> Input {
        Self.keyboard.withLock { keyboard in
            (keyboard.wasInterrupted, keyboard.preview) = (false, preview)
            (keyboard.maySayPause, keyboard.afterEscape) = (false, false)
        }
        guard let line = readline(prompt) else { return Self.keyboard.withLock { $0.wasInterrupted } ? .interrupted : .end }
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
        let (signal, preview, maySayPause) = keyboard.withLock { ($0.signal, $0.preview, $0.maySayPause) }
        guard let signal else { return -1 }
        var bytes: [UInt8] = []
        while true {
            let pause = maySayPause && bytes.isEmpty ? preview?.pause : nil
            switch signal.waitForInput(STDIN_FILENO, seconds: pause) {
            case .input: break
            case .interrupt:
                preview?.hide()
                keyboard.withLock { $0.wasInterrupted = true }
                return -1
            case .finished:
                preview?.show()
                continue
            case .nothing: return pauseKey
            }
            var byte: UInt8 = 0
            let count = Foundation.read(STDIN_FILENO, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return -1 }
            if byte & 0xC0 != 0x80 { bytes.removeAll() }
            bytes.append(byte)
            let expected = max(1, (~bytes[0]).leadingZeroBitCount)
            if bytes.count < expected { continue }
            if let character = String(validating: bytes, as: UTF8.self)?.unicodeScalars.first {
                preview?.hide()
                keyboard.withLock { $0.passed(character.value) }
                return Int32(character.value)
            }
            bytes.removeAll()
        }
    }

    /// Typing paused: the line as it stands may be worked out.
    private static func paused() -> Int32 {
        guard let preview = keyboard.withLock({ $0.preview }), let buffer = rl_line_buffer else { return 0 }
        let line = UnsafeRawBufferPointer(start: buffer, count: min(Int(rl_end), strnlen(buffer, 64 << 10)))
        preview.begin(String(decoding: line, as: UTF8.self))
        return 0
    }

    /// The C array that libedit asks for: the common beginning, the candidates, nil. libedit frees it.
    private static func matches(start: Int, end: Int) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
        rl_attempted_completion_over = 1
        guard let buffer = rl_line_buffer else { return nil }
        let line = String(decoding: UnsafeRawBufferPointer(start: buffer, count: min(end, strlen(buffer))), as: UTF8.self)
        let vocabulary = vocabulary.withLock { $0 }
        let found = vocabulary.names.candidates(line: line, wordStart: start, values: vocabulary.values)
        let paths = vocabulary.names.paths(line: line)
        let isDescribed = !paths.isEmpty && paths.count <= mostDescribed && found.count != 1
        if isDescribed { show(vocabulary.descriptions(paths)) }
        guard let first = found.first else { return nil }
        let common = found.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        // What was described is not listed again. libedit looks at two places behind the first, whatever stands there.
        let all = found.count == 1 ? [first] : isDescribed ? [common] : [common] + found
        let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: all.count + 2)
        array.initialize(repeating: nil, count: all.count + 2)
        for (index, text) in all.enumerated() { array[index] = strdup(text) }
        return array
    }

    /// Prints lines below the one that is being typed, and that one again below them.
    private static func show(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        Terminal.print("\n" + lines.joined(separator: "\n") + "\n")
        rl_forced_update_display()
    }
}
