import Foundation
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// The process of a run, from its start until nobody of its group is left.
struct ProgramProcess: Sendable {
    let program: Program
    let arguments: [String]
    let folder: ProgramFolder
    let input: Handover<[UInt8]>?
    let output: Handover<[UInt8]>
    let words: ProgramWords
    let pace: Pace

    /// Runs to the end, or until it was waited for in vain, or the task is cancelled.
    func run() async -> ProgramRun.End {
        defer {
            withExtendedLifetime(folder) {}
            input?.abandon()
            output.finish()
        }
        return await withTaskGroup(of: ProgramRun.End?.self) { group in
            group.addTask { await process() }
            group.addTask { await pace.isSilent(for: program.patience) ? .silent : nil }
            var end: ProgramRun.End?
            for await outcome in group {
                group.cancelAll()
                // Silence comes first and the process's end, which it brought about, after it.
                if end == nil { end = outcome }
            }
            return end ?? .cancelled
        }
    }

    private func process() async -> ProgramRun.End {
        if input != nil { Self.ignoreBrokenPipes }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Program.grace)]
        let leader = Mutex<pid_t?>(nil)
        // Those who outlived their leader. Numbers are given out in turn, so this one has no other owner yet.
        defer { if let group = leader.withLock({ $0 }) { kill(-group, SIGKILL) } }
        do {
            let outcome = try await Subprocess.run(
                program.executableOfSystem,
                arguments: Arguments(program.arguments + arguments),
                environment: .custom(program.environment(scratch: folder.path).map { Array($0.utf8) + [0] }),
                workingDirectory: program.folder.isEmpty ? nil : FilePath(Program.absolute(program.folder)), platformOptions: options,
                input: .inputWriter, output: .sequence, error: .sequence
            ) { execution in
                leader.withLock { $0 = execution.processIdentifier.value }
                async let said: Void = words.follow(execution.standardError, input == nil ? pace : nil)
                async let fed: Void = feed(execution.standardInputWriter)
                do {
                    for try await piece in execution.standardOutput {
                        if input == nil { pace.rest() }
                        guard await output.give(piece.withUnsafeBytes { Array($0) }) else { throw CancellationError() }
                        if input == nil { pace.heard(always: true) }
                    }
                } catch {
                    // The end of this scope waits for whoever feeds the program, who has to be let go.
                    input?.finish()
                    throw error
                }
                await said
                input?.finish()
                await fed
            }
            if Task.isCancelled { return .cancelled }
            switch outcome.terminationStatus {
            case .exited(let status): return .exited(status)
            case .signaled(let signal): return .signalled(signal)
            }
        } catch let error as SubprocessError {
            if Task.isCancelled { return .cancelled }
            switch error.code {
            case .executableNotFound: return .unusable("there is no program `\(program.executable)`")
            case .failedToChangeWorkingDirectory: return .unusable("the folder \(program.folder) cannot be entered")
            case .spawnFailed where [.permissionDenied, .execFormatError, .notDirectory].contains(error.underlyingError):
                return .unusable("`\(program.executable)` is no program that can be run")
            default: return .failed("\(error)")
            }
        } catch { return .cancelled }
    }

    /// Writes what is given until nothing more comes or nobody reads it, and lets the program see the end of its input.
    private func feed(_ writer: StandardInputWriter) async {
        while let piece = await input?.take() {
            guard (try? await writer.write(piece)) == piece.count else {
                input?.abandon()
                break
            }
        }
        try? await writer.finish()
    }

    /// A program that ends while it is written to is an error to be told, not the end of this process.
    private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}
