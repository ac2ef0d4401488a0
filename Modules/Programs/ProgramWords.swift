import Foundation
import Subprocess
import Synchronization

/// What a program writes for people, on standard error: a line at a time for the log, within bounds, and without secrets and
/// records.
package final class ProgramWords: Sendable {
    private let program: Program
    private let lastLine = Mutex<String?>(nil)

    /// Lines of one run that are logged.
    private static let mostLines = 200
    /// Characters of a line that are shown.
    private static let longestLine = 500
    /// Bytes of a line that are kept until its end: a secret is found whole before the line is cut.
    private static let longestKept = 65_536

    init(_ program: Program) { self.program = program }

    /// The last line; nil: none that can be shown.
    package var last: String? { lastLine.withLock { $0 } }

    /// Reads to the end.
    ///
    /// - Parameter pace: Told that the program was heard; nil where its words say nothing of what it is waited for.
    func follow(_ pieces: SubprocessOutputSequence, _ pace: Pace?) async {
        var (line, count) = ([UInt8](), 0)
        func end() {
            defer { line.removeAll(keepingCapacity: true) }
            let text = program.masked(String(decoding: line, as: UTF8.self)).trimmingCharacters(in: .whitespacesAndNewlines)
                .prefix(Self.longestLine)
            // What looks like a record is not shown: it may be one.
            guard !text.isEmpty, !text.hasPrefix("{") else { return }
            lastLine.withLock { $0 = String(text) }
            count += 1
            if count < Self.mostLines { program.report("\(program.name) says: \(text)") }
            if count == Self.mostLines { program.report("\(program.name) says more than \(count) lines; the others are not shown.") }
        }
        do {
            for try await piece in pieces {
                pace?.heard(always: false)
                piece.withUnsafeBytes { bytes in
                    for byte in bytes {
                        if byte == UInt8(ascii: "\n") { end() } else if line.count < Self.longestKept { line.append(byte) }
                    }
                }
            }
        } catch {
            // It has ended otherwise than by itself; what it said so far is told.
        }
        end()
    }
}
