import Foundation
import Synchronization

/// A server of the tests' own, which a script makes in a new folder. It ends with the process that runs the tests, however that ends: the
/// script sees the end of its input then.
final class ScriptedServer: Sendable {
    /// What the script wrote first: where the server is.
    let place: String
    private let input: FileHandle
    private let output: FileHandle
    private let turn = Mutex(())

    /// What it was told and could not do.
    struct Failed: Error { let what: String }

    /// Makes one, and starts it: some seconds.
    ///
    /// - Parameter script: A file beside this one.
    /// - Parameter isUnprivileged: Whether it runs as nobody where the tests run as root: some servers refuse to run as that.
    init(_ script: String, _ arguments: [String], isUnprivileged: Bool = true) async throws {
        let process = Process()
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let text = try ["ports.sh", script].map { try String(contentsOfFile: folder.appending(path: $0).path, encoding: .utf8) }.joined()
        let command = ["/bin/bash", "-c", text, script] + arguments
        // Whoever it runs as may not read this folder: it is given the script as a text.
        let unprivileged =
            isUnprivileged && getuid() == 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] + command : command
        (process.executableURL, process.arguments) = (URL(filePath: "/usr/bin/env"), unprivileged)
        process.currentDirectoryURL = URL(filePath: "/tmp")
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let (words, answers) = (input.fileHandleForWriting, output.fileHandleForReading)
        (self.input, self.output) = (words, answers)
        place = try await Self.offThread { Self.line(answers) }
        if place.isEmpty { throw Failed(what: "no server could be made") }
    }

    /// Says a word that the script knows: returns when it is done.
    func tell(_ word: String) async throws {
        let answer = try await Self.offThread { [self] in
            try turn.withLock { _ in
                try input.write(contentsOf: Data("\(word)\n".utf8))
                return Self.line(output)
            }
        }
        if answer != word { throw Failed(what: word) }
    }

    /// Waits off the few threads of tasks: all other tests would wait with it, and those that have to be quick would fail.
    private static func offThread<Answer: Sendable>(_ work: @escaping @Sendable () throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { done in
            Thread.detachNewThread { done.resume(with: Result { try work() }) }
        }
    }

    private static func line(_ output: FileHandle) -> String {
        var text: [UInt8] = []
        while let byte = try? output.read(upToCount: 1)?.first, byte != 10 { text.append(byte) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Whether a folder of the system's programs has all of these.
func folder(of programs: [String], besides folders: [String]) -> String? {
    let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + path).first { folder in
        programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
    }
}
