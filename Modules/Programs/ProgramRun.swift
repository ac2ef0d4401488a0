import Connectors

/// One run of a program: what it writes, a piece at a time as it is asked for, what it is given to read, and how it ended.
///
/// What is not asked for stays in the pipe, and a full pipe stops the program; what it does not read keeps whoever gives waiting. The
/// program leads a process group of its own; when the run is over, nobody of that group is left.
package final class ProgramRun: Sendable {
    /// How it ended.
    package enum End: Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// It was waited for in vain, and was ended.
        case silent
        /// There is no such program, or it is none.
        case unusable(String)
        /// The system did not let it begin, or be read.
        case failed(String)
        /// Nobody wants it any more.
        case cancelled
    }
    private let output = Handover<[UInt8]>()
    private let task: Task<End, Never>
    /// What it writes for people.
    package let words: ProgramWords
    /// Whether it is waited for. Without an input it is as soon as it runs, and each word of it is the sign of life that counts.
    package let pace: Pace

    /// Starts a program.
    ///
    /// - Parameter arguments: Behind its own.
    /// - Parameter folder: Its private folder; it is kept as long as the program runs.
    /// - Parameter input: What it reads, a piece at a time; nil: nothing. Who gives is let go when the program reads no more.
    package init(_ program: Program, _ arguments: [String], in folder: ProgramFolder, input: Handover<[UInt8]>? = nil) {
        words = ProgramWords(program)
        pace = Pace(isResting: input != nil)
        let process = ProgramProcess(
            program: program, arguments: arguments, folder: folder, input: input, output: output, words: words, pace: pace)
        task = Task { await process.run() }
    }

    /// Ends the program where it still runs.
    deinit { task.cancel() }

    /// The next piece of its output; nil when it has ended. Cancelling the task that asks ends the program, and waits until it is gone.
    package func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await output.take()
        } onCancel: {
            task.cancel()
        }
    }

    /// Whether it has ended.
    package var hasEnded: Bool { output.isFinished }

    /// How it ended; waits for that.
    package var end: End { get async { await task.value } }

    /// Ends it and waits until it is gone.
    package func stop() async {
        task.cancel()
        while await output.take() != nil {}
        _ = await task.value
    }
}
