import Connectors
import Foundation
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// One run of a tap: what it writes, a piece at a time as it is asked for, and how it ended.
///
/// What is not asked for stays in the pipe, and a full pipe stops the tap. The tap leads a process group of its own; when the run is
/// over, nobody of that group is left.
final class TapRun: Sendable {
    /// How it ended.
    enum End: Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// It said nothing for too long, and was ended.
        case silent
        /// There is no such program, or it is none.
        case unusable(String)
        /// The system did not let it begin, or be read.
        case failed(String)
        /// Nobody wants it any more.
        case cancelled
    }
    private let handover = Handover<[UInt8]>()
    private let task: Task<End, Never>
    /// What it writes for people.
    let words: TapWords

    /// Starts a tap.
    ///
    /// - Parameter arguments: Behind its own.
    /// - Parameter folder: Its private folder; it is kept as long as the tap runs.
    init(_ tap: Tap, _ arguments: [String], in folder: TapFolder) {
        words = TapWords(tap)
        task = Task { [handover, words] in
            let end = await Self.run(tap, arguments, folder, handover, words)
            handover.finish()
            return end
        }
    }

    /// Ends the tap where it still runs.
    deinit { task.cancel() }

    /// The next piece of its output; nil when it has ended. Cancelling the task that asks ends the tap, and waits until it is gone.
    func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await handover.take()
        } onCancel: {
            task.cancel()
        }
    }

    /// How it ended; waits for that.
    var end: End { get async { await task.value } }

    /// Ends it and waits until it is gone.
    func stop() async {
        task.cancel()
        while await handover.take() != nil {}
        _ = await task.value
    }

    // MARK: - the process

    private static func run(
        _ tap: Tap, _ arguments: [String], _ folder: TapFolder, _ handover: Handover<[UInt8]>, _ words: TapWords
    ) async -> End {
        defer { withExtendedLifetime(folder) {} }
        let pace = Pace()
        return await withTaskGroup(of: End?.self) { group in
            group.addTask { await process(tap, arguments, folder.path, handover, words, pace) }
            group.addTask { await pace.isSilent(for: tap.idle) ? .silent : nil }
            var end: End?
            for await outcome in group {
                group.cancelAll()
                // Silence comes first and the process's end, which it brought about, after it.
                if end == nil { end = outcome }
            }
            return end ?? .cancelled
        }
    }

    private static func process(
        _ tap: Tap, _ arguments: [String], _ scratch: String, _ handover: Handover<[UInt8]>, _ words: TapWords,
        _ pace: Pace
    ) async -> End {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Tap.grace)]
        let leader = Mutex<pid_t?>(nil)
        // Those who outlived their leader. Numbers are given out in turn, so this one has no other owner yet.
        defer { if let group = leader.withLock({ $0 }) { kill(-group, SIGKILL) } }
        do {
            let outcome = try await Subprocess.run(
                tap.program.contains("/") ? .path(FilePath(absolute(tap.program))) : .name(tap.program),
                arguments: Arguments(tap.arguments + arguments),
                environment: .custom(tap.environment(scratch: scratch).map { Array($0.utf8) + [0] }),
                workingDirectory: tap.folder.isEmpty ? nil : FilePath(absolute(tap.folder)), platformOptions: options, input: .none,
                output: .sequence, error: .sequence
            ) { execution in
                leader.withLock { $0 = execution.processIdentifier.value }
                async let said: Void = words.follow(execution.standardError, pace)
                for try await piece in execution.standardOutput {
                    pace.rest()
                    guard await handover.give(piece.withUnsafeBytes { Array($0) }) else { throw CancellationError() }
                    pace.heard(always: true)
                }
                await said
            }
            if Task.isCancelled { return .cancelled }
            switch outcome.terminationStatus {
            case .exited(let status): return .exited(status)
            case .signaled(let signal): return .signalled(signal)
            }
        } catch let error as SubprocessError {
            if Task.isCancelled { return .cancelled }
            switch error.code {
            case .executableNotFound: return .unusable("there is no program `\(tap.program)`")
            case .failedToChangeWorkingDirectory: return .unusable("the folder \(tap.folder) cannot be entered")
            case .spawnFailed where [.permissionDenied, .execFormatError, .notDirectory].contains(error.underlyingError):
                return .unusable("`\(tap.program)` is no program that can be run")
            default: return .failed("\(error)")
            }
        } catch { return .cancelled }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
