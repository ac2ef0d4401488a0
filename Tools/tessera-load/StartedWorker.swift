import Foundation
import Platform

/// A worker of the run's own: a new store in a folder that is gone afterwards, a free port, segments.
final class StartedWorker {
    let store: String
    private(set) var port = 0
    private let folder: String
    private let isKept: Bool
    private let process = Process()
    private var hasStarted = false

    /// Starts it and waits until it listens.
    ///
    /// - Parameter program: `tessera-worker`.
    /// - Parameter keep: The folder that it works in, which stays; nil: a temporary one.
    /// - Throws: `.missing` where there is no such program, `.failed` with what it said where it does not come up.
    init(program: String, segments: Int, events: [String], keep: String?) throws(CommandError) {
        folder = keep ?? NSTemporaryDirectory() + "tessera-load-" + UUID().uuidString
        isKept = keep != nil
        store = folder + "/load.tessera"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CommandError(.missing, "There is no worker at \(program). Build it, or name it with --worker.")
        }
        guard !FileManager.default.fileExists(atPath: store) else {
            throw CommandError(.usage, "\(store) is there already. A run begins with a new store; name another folder.")
        }
        try SampleSegments.write(segments, events: events, to: folder + "/workspace")
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--dev", "--port", "0", "--db", store, "--workspace", folder + "/workspace"]
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        do {
            try Data().write(to: log)
            process.standardError = try FileHandle(forWritingTo: log)
            try process.run()
            hasStarted = true
        } catch { throw CommandError(.failed, "\(program) cannot be started: \(error.localizedDescription)") }
        try waitForPort()
    }

    private var log: URL { URL(fileURLWithPath: folder + "/worker.log") }

    private func waitForPort() throws(CommandError) {
        let patience = ContinuousClock.now + .seconds(30)
        while true {
            let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            if let found = said.firstMatch(of: /listens on http:\/\/[^ ]*:(\d+)\./), let port = Int(found.1) {
                self.port = port
                return
            }
            guard process.isRunning, ContinuousClock.now < patience else {
                stop()
                throw CommandError(.failed, "The worker did not come up. It said: \(said)")
            }
            usleep(10_000)
        }
    }

    var pid: Int32 { process.processIdentifier }

    /// Ends it in peace and waits; gives its status.
    @discardableResult
    func stop() -> Int32 {
        guard hasStarted else { return 0 }
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Removes what was made, where it is not to be kept.
    func clear() { if !isKept { try? FileManager.default.removeItem(atPath: folder) } }

    deinit {
        stop()
        clear()
    }
}

/// What the system knows of a process (Linux; nil elsewhere).
struct ProcessFigures: Sendable {
    /// The most memory that it held so far, in bytes.
    var peakMemory: Int
    /// Seconds of processor time, of its own and the system's for it.
    var cpuSeconds: Double

    /// - SeeAlso: proc(5): `VmHWM` of `status`; fields 14 and 15 of `stat`.
    init?(pid: Int32) {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let peak = status.firstMatch(of: /VmHWM:\s+(\d+) kB/), let kilobytes = Int(peak.1)
        else { return nil }
        // The program's name, in parentheses, may hold spaces.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        peakMemory = kilobytes << 10
        cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
