import EventModel
import Foundation
import TestFolder

/// The real programs, found beside the test bundle, run as a user would run them.
enum Program: String {
    case archive = "tessera-archive"
    case shell = "tessera-shell"
    case worker = "tessera-worker"
    case sampleData = "sample-data"
    case load = "tessera-load"

    /// What a finished program left behind.
    struct Outcome {
        var status: Int32
        /// The signal that ended it, when one did.
        var signal: Int32?
        var output: String
        var errors: String

        /// The one JSON object on standard output.
        var json: JSONObject {
            get throws {
                let lines = output.split(separator: "\n")
                guard lines.count == 1, let object = try JSONValue(parsing: Array(lines[0].utf8)).asObject else {
                    throw Unexpected("one JSON object, not: \(output) \(errors)")
                }
                return object
            }
        }

        /// The error object, which is the last line on standard error.
        var error: JSONObject {
            get throws {
                guard let line = errors.split(separator: "\n").last,
                    let error = try JSONValue(parsing: Array(line.utf8)).asObject?["error"]?.asObject
                else { throw Unexpected("an error object, not: \(errors)") }
                return error
            }
        }
    }

    struct Unexpected: Error, CustomStringConvertible {
        var description: String
        init(_ expected: String) { description = "expected \(expected)" }
    }

    /// Beside the test bundle, or where `TESSERA_PROGRAMS` says: a debug build of these tests can try a release build.
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["TESSERA_PROGRAMS"] { return URL(fileURLWithPath: named) }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent()
    }()

    var path: String { Program.folder.appendingPathComponent(rawValue).path }

    /// Runs to the end.
    @discardableResult
    func run(_ arguments: String..., input: String? = nil, folder: String? = nil) throws -> Outcome {
        try Program.run(path, arguments, input: input, folder: folder)
    }

    /// Starts, and leaves the rest to the caller.
    ///
    /// - Parameter log: Takes what the program writes; nil: nothing does.
    func start(_ arguments: String..., log: String? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = try log.map { path in
            try Data().write(to: URL(fileURLWithPath: path))
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
        process.standardOutput = output ?? .nullDevice
        process.standardError = output ?? .nullDevice
        try process.run()
        return process
    }

    /// Runs any program; what it writes goes through files, so that no pipe can fill up.
    static func run(_ path: String, _ arguments: [String], input: String? = nil, folder: String? = nil) throws -> Outcome {
        let scratch = try Folder()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput =
            try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.write($0, as: "in"))) } ?? .nullDevice
        let (out, err) = (try scratch.write("", as: "out"), try scratch.write("", as: "err"))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: err))
        try process.run()
        process.waitUntilExit()
        let killed = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: killed ? -1 : process.terminationStatus, signal: killed ? process.terminationStatus : nil,
            output: String(decoding: FileManager.default.contents(atPath: out) ?? Data(), as: UTF8.self),
            errors: String(decoding: FileManager.default.contents(atPath: err) ?? Data(), as: UTF8.self))
    }

    /// Runs a line of bash.
    @discardableResult
    static func bash(_ line: String, folder: String? = nil) throws -> Outcome { try run("/bin/bash", ["-c", line], folder: folder) }
}

/// Where the tests' scripts lie, and the package.
let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scripts").path
let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// Test data that is too large for the repository; nil where `TESSERA_TESTDATA` names none.
let testData: String? = ProcessInfo.processInfo.environment["TESSERA_TESTDATA"]

/// A Python with scikit-learn, for comparing figures; and any Python, for scripts that need nothing else.
let learnedPython: String? = ProcessInfo.processInfo.environment["TESSERA_PYTHON"]
/// The same, where it has schemathesis.
let schemaPython: String? = learnedPython.flatMap { python in
    (try? Program.run(python, ["-c", "import schemathesis"]))?.status == 0 ? python : nil
}
let python: String? =
    ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    } ?? learnedPython
