import Connectors
import EventModel
import Programs

/// One run of a target: batches go in, and its states come out.
///
/// Behind each batch goes a STATE with the batch's number, in the shape that taps give theirs: `{"bookmarks": {STREAM: {"batch": 7}}}`. A
/// target that keeps states by stream, and one that keeps the last one whole, both write back of each stream how far it has come.
final class TargetRun {
    private let program: Program
    private let run: ProgramRun
    private let input = Handover<[UInt8]>()
    private var answers = TargetAnswers()
    /// Numbers of the last batches by stream, as the next STATE tells them.
    private var bookmarks = JSONObject()
    /// Kinds of records whose stream was declared to it.
    private var declared: Set<DeliveryBatch.Kind> = []

    /// Bytes that are handed to the target at once.
    private static let piece = 65_536

    /// Starts the target.
    init(_ program: Program) throws(ConnectorError) {
        self.program = program
        let folder = try ProgramFolder()
        run = ProgramRun(program, try program.options(in: folder), in: folder, input: input)
    }

    /// Whether it has ended.
    var hasEnded: Bool { run.hasEnded }

    /// What is wrong with how it ended; nil where all is well. Waits for its end.
    nonisolated(nonsending) func failure() async -> ConnectorError? { program.failure(of: await run.end, run.words) }

    /// Writes a batch, and waits until the target has it.
    ///
    /// - Parameter acknowledgement: How the target says that it has it.
    /// - Parameter isLast: Its input ends behind the batch.
    nonisolated(nonsending) func pass(
        _ written: Written, _ acknowledgement: Acknowledgement, isLast: Bool
    ) async throws(ConnectorError) {
        let (text, names, number, input) = (written.text, written.streams, written.number, input)
        if names.isEmpty { return }
        answers.begin()
        run.pace.heard(always: true)
        async let isWritten: Void = Self.write(text, to: input, isLast: isLast)
        while isLast || !answers.covers(number, of: names) {
            guard let bytes = await run.next() else {
                await isWritten
                try await checkEnd(number, names, acknowledgement)
                return
            }
            guard answers.take(bytes) else {
                throw ConnectorError(
                    .retry(after: nil), at: program.name,
                    "it wrote \(TargetAnswers.mostStrays) lines that are no state of what it was given",
                    remedy: "See that `command` starts a Singer target and nothing else writes to its output; it is tried again.")
            }
        }
        run.pace.rest()
        await isWritten
    }

    /// Gives it nothing at all, and waits until it has ended.
    nonisolated(nonsending) func endWithout() async throws(ConnectorError) {
        run.pace.heard(always: true)
        input.finish()
        while await run.next() != nil {}
        if let failure = await failure() { throw failure }
    }

    /// Lets it end by itself, as at the end of its input.
    nonisolated(nonsending) func finish() async {
        input.finish()
        // A task of its own: whoever closes may have been cancelled, and the target gets its time all the same. It has nothing left to do
        // but to go: what was delivered is acknowledged.
        await Task { [run] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while await run.next() != nil {}
                    _ = await run.end
                }
                group.addTask { try? await Task.sleep(for: Program.grace) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }

    /// Ends it.
    nonisolated(nonsending) func stop() async { await run.stop() }

    private nonisolated(nonsending) func checkEnd(_ number: Int64, _ names: Set<String>, _ acknowledgement: Acknowledgement)
        async throws(ConnectorError)
    {
        if let failure = await failure() { throw failure }
        _ = answers.take([], atEnd: true)
        guard acknowledgement == .state, !answers.covers(number, of: names) else { return }
        throw ConnectorError(
            .retry(after: nil), at: program.name, "it ended with status 0 before it wrote back the state of what it was given",
            remedy: "It is tried again; where it writes no states, let `acknowledgement` be exit.")
    }

    private static func write(_ text: [UInt8], to input: Handover<[UInt8]>, isLast: Bool) async {
        var start = 0
        while start < text.count {
            let end = min(start + piece, text.count)
            guard await input.give(Array(text[start..<end])) else { return }
            start = end
        }
        if isLast { input.finish() }
    }

    /// The messages of a batch: schemas where they are new, rows, and the state behind them.
    ///
    /// - Parameter number: Of the batch, larger than those before.
    func messages(of batch: DeliveryBatch, number: Int64, _ streams: inout TargetStreams) -> Written {
        var written = Written(number: number)
        for place in batch.records.indices {
            let kind = batch.records[place].kind
            guard let record = (try? JSONValue(parsing: Array(batch.json(place))))?.asObject,
                let made = streams.row(of: record, kind: kind, key: batch.key(place), profile: batch.profile(place))
            else {
                written.refused.append(.init(record: place, reason: "the \(kind.rawValue) lacks what every row of its stream has."))
                continue
            }
            if declared.insert(kind).inserted || made.isSchemaNew { written.append(streams.schema(kind)) }
            written.append(
                JSONObject([
                    .init("type", .string("RECORD")), .init("stream", .string(streams.names[kind])), .init("record", .object(made.row)),
                ]))
            written.streams.insert(streams.names[kind])
        }
        for name in written.streams.sorted() { bookmarks.set(name, .object(JSONObject([.init("batch", .integer(number))]))) }
        let value = JSONObject([.init("bookmarks", .object(bookmarks))])
        written.append(JSONObject([.init("type", .string("STATE")), .init("value", .object(value))]))
        return written
    }

    /// A batch as a target reads it.
    struct Written: Sendable {
        /// Of the batch.
        let number: Int64
        /// Messages, one a line.
        var text: [UInt8] { Array(bytes) }
        /// Streams that have rows in it.
        var streams: Set<String> = []
        /// Records that have no row, with why.
        var refused: [DeliveryReceipt.Refusal] = []
        private var bytes: ContiguousArray<UInt8> = []

        fileprivate init(number: Int64) { self.number = number }

        fileprivate mutating func append(_ message: JSONObject) {
            message.append(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
    }
}

/// How a target says that it has a batch.
enum Acknowledgement: String, Sendable, CaseIterable {
    /// It writes back the state behind the batch.
    case state
    /// It ends with status 0.
    case exit
}
