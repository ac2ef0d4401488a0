import Connectors
import EventModel
import Programs

/// Runs a program for each batch, one after another: its status says what became of the batch.
actor ExecDestination: Destination {
    private let program: Program

    /// Bytes that are handed to the program at once.
    private static let piece = 65_536
    /// Statuses with a meaning of their own, of `sysexits.h`.
    private static let (tryAgain, wrongSettings): (Int32, Int32) = (75, 78)

    init(_ program: Program) { self.program = program }

    /// The program is not run: nobody knows what it does where there is nothing to deliver.
    func probe() async throws(ConnectorError) -> String { "the program is there, at \(try await program.location())." }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        let input = Handover<[UInt8]>()
        let folder = try ProgramFolder()
        let run = ProgramRun(program, [], in: folder, input: input)
        run.pace.heard(always: true)
        var answers = ExecAnswers(batch, program)
        async let isWritten: Void = Self.write(batch, to: input)
        while let bytes = await run.next() { answers.take(bytes) }
        await isWritten
        answers.end()
        if let failure = failure(of: await run.end, run.words) { throw failure }
        if answers.strays > 0 {
            program.report("\(program.name) wrote \(answers.strays) lines that are no answer to a record of its batch.")
        }
        return DeliveryReceipt(refused: answers.refused)
    }

    private func failure(of end: ProgramRun.End, _ words: ProgramWords) -> ConnectorError? {
        guard var failure = program.failure(of: end, words) else { return nil }
        if case .exited(Self.wrongSettings) = end {
            failure.recovery = .mendSettings
            failure.remedy = "What it says stands in the log; mend `command` and `environment`, or what it needs."
        }
        if case .exited(Self.tryAgain) = end { failure.problem = "it asks for another try (status \(Self.tryAgain))" }
        return failure
    }

    private static func write(_ batch: DeliveryBatch, to input: Handover<[UInt8]>) async {
        var text = ContiguousArray<UInt8>()
        for place in batch.records.indices {
            batch.appendLine(place, to: &text)
            if text.count < piece, place < batch.count - 1 { continue }
            // One that reads no more may still end well.
            guard await input.give(Array(text)) else { return }
            text.removeAll(keepingCapacity: true)
        }
        input.finish()
    }
}

/// What a program says of single records, on standard output: `{"key","refused"}`, a line each.
struct ExecAnswers {
    private let program: Program
    private let places: [String: [Int]]
    private var reasons: [Int: String] = [:]
    private var lines = LineSplitter()
    /// Lines that are no such answer.
    private(set) var strays = 0

    /// Characters of a reason that are kept.
    private static let longestReason = 500

    init(_ batch: DeliveryBatch, _ program: Program) {
        self.program = program
        var places: [String: [Int]] = [:]
        for place in batch.records.indices { places[batch.key(place), default: []].append(place) }
        self.places = places
    }

    /// Ascending by their places.
    var refused: [DeliveryReceipt.Refusal] { reasons.sorted { $0.key < $1.key }.map { .init(record: $0.key, reason: $0.value) } }

    /// Reads a piece of the output.
    mutating func take(_ bytes: [UInt8]) {
        lines.append(bytes)
        while let line = lines.next(atEnd: false) { take(line) }
    }

    /// Nothing more comes: what is left is a line.
    mutating func end() { while let line = lines.next(atEnd: true) { take(line) } }

    private mutating func take(_ line: LineSplitter.Line) {
        guard case .whole(let bytes) = line else {
            strays += 1
            return
        }
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) { return }
        guard let object = (try? JSONValue(parsing: bytes))?.asObject, let key = object["key"]?.asString, let found = places[key],
            let reason = object["refused"]?.asString
        else {
            strays += 1
            return
        }
        let shown = String(program.masked(reason).unicodeScalars.map { $0.value < 32 ? " " : Character($0) }.prefix(Self.longestReason))
        for place in found { reasons[place] = "The program refused it: \(shown)" }
    }
}
