import Connectors
import EventModel
import FormatCSV
import FormatSegment
import Foundation
import TestFolder
import Testing

@testable import SourceFiles

/// Standard input as a source, over a pipe of its own for each test.
@Suite(.timeLimit(.minutes(2))) struct StandardInputTests {
    private let folder: Folder
    private let pipe = Pipe()
    private let input: StandardInput

    init() throws {
        folder = try Folder()
        input = StandardInput(descriptor: pipe.fileHandleForReading.fileDescriptor)
    }

    private static let segment: [JSONObject.Member] = [.init("format", .string("segment"))]

    /// - Parameter again: As in a new process.
    private func source(_ settings: [JSONObject.Member] = segment, path: String = "-", again: Bool = false) throws -> any Source {
        let written = JSONObject([.init("path", .string(path))] + settings)
        let context = ConnectorContext(formats: FormatRegistry([SegmentFormat.self, CSVFormat.self]), folder: folder.path)
        return try JSONDecoder().decode(FilesSettings.self, from: Data(written.text.utf8)).makeSource(
            context, input: again ? StandardInput(descriptor: pipe.fileHandleForReading.fileDescriptor) : input)
    }

    private func send(_ text: String) throws { try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
    private func end() throws { try pipe.fileHandleForWriting.close() }

    /// Writes more than a pipe holds, and ends it.
    private func feed(_ bytes: Data) {
        let writer = pipe.fileHandleForWriting
        DispatchQueue.global().async {
            try? writer.write(contentsOf: bytes)
            try? writer.close()
        }
    }

    private static func line(_ number: Int) -> String {
        #"{"type":"track","event":"Viewed","userId":"u\#(number % 97)","messageId":"m\#(number)","timestamp":"2026-01-01T00:00:00Z"}"#
            + "\n"
    }

    private static func lines(_ numbers: Range<Int>) -> String { numbers.map { line($0) }.joined() }

    /// Waits until all that was sent is taken.
    private func taken() async throws {
        var waiting: Int32 = 1
        while waiting > 0 {
            try await Task.sleep(for: .milliseconds(20))
            #expect(ioctl(pipe.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &waiting) == 0)
        }
    }

    /// The next batches of one reading, which is over when this returns; fewer where the input ends.
    private func read(_ source: some Source, after checkpoint: Checkpoint? = nil, most: Int = .max) async throws -> [SourceBatch] {
        var reading = source.batches(after: checkpoint).makeAsyncIterator()
        var batches: [SourceBatch] = []
        while batches.count < most, let batch = try await reading.next(isolation: nil) { batches.append(batch) }
        return batches
    }

    private func text(_ batches: [SourceBatch]) -> String {
        batches.map { String(decoding: $0.messages.text.prefix($0.messages.count), as: UTF8.self) }.joined()
    }

    private func failure(_ source: some Source) async -> ConnectorError? {
        do {
            _ = try await read(source)
            return nil
        } catch { return error as? ConnectorError }
    }

    private func gzipped(_ text: String) throws -> Data {
        let path = try folder.write(text, as: UUID().uuidString)
        let process = Process()
        (process.executableURL, process.arguments) = (URL(fileURLWithPath: "/usr/bin/env"), ["gzip", path])
        try process.run()
        process.waitUntilExit()
        return try #require(FileManager.default.contents(atPath: path + ".gz"))
    }

    @Test func `everything comes, also a last line without its end`() async throws {
        let sent = String(Self.lines(0..<30_000).dropLast())
        feed(Data(sent.utf8))
        let batches = try await read(source(Self.segment + [.init("follow", .bool(true))]))
        #expect(text(batches) == sent && batches.reduce(0) { $0 + $1.messages.sourceLines } == 30_000)
        #expect(batches.allSatisfy { $0.messages.text.count >= $0.messages.count + MessageBatch.padding })
    }

    @Test(arguments: ["", "\u{1F}", "T", "{", "\n"]) func `an input of almost nothing ends`(sent: String) async throws {
        try send(sent)
        try end()
        #expect(text(try await read(source())) == sent)
    }

    @Test func `gzip is known by its first bytes, however they come`() async throws {
        let zipped = try gzipped(Self.lines(0..<20_000)) + gzipped(Self.lines(20_000..<20_010))
        try pipe.fileHandleForWriting.write(contentsOf: zipped.prefix(1))
        async let batches = read(source())
        try await taken()
        feed(zipped.dropFirst())
        #expect(text(try await batches) == Self.lines(0..<20_010))
    }

    @Test func `gzip that is cut is told, behind what is whole`() async throws {
        let zipped = try gzipped(Self.lines(0..<1_000))
        feed(try gzipped(Self.lines(0..<5)) + zipped.prefix(zipped.count / 2))
        let source = try source()
        let whole = try await read(source, most: 1)
        #expect(text(whole) == Self.lines(0..<5))
        await #expect {
            _ = try await read(source, after: whole[0].checkpoint)
        } throws: { ($0 as? ConnectorError)?.recovery == .stop && "\($0)".hasPrefix("standard input: ") }
    }

    @Test func `a slow writer's line is seen at once, and half of one is not`() async throws {
        let source = try source()
        func read(_ source: some Source) async throws {
            var reading = source.batches(after: nil).makeAsyncIterator()
            try send(Self.line(0))
            #expect(text([try #require(await reading.next(isolation: nil))]) == Self.line(0))
            try send(Self.line(1) + Self.line(2).prefix(10))
            #expect(text([try #require(await reading.next(isolation: nil))]) == Self.line(1))
            try send(String(Self.line(2).dropFirst(10)))
            #expect(text([try #require(await reading.next(isolation: nil))]) == Self.line(2))
            try end()
            #expect(try await reading.next(isolation: nil) == nil)
        }
        try await read(source)
    }

    @Test func `cancellation ends it soon, and another reading goes on`() async throws {
        let source = try source()
        try send("{\"half")
        let reading = Task { try await read(source) }
        try await taken()
        let start = ContinuousClock.now
        reading.cancel()
        #expect(try await reading.value.isEmpty && ContinuousClock.now - start < .seconds(60))
        try send("\": 1}\n")
        try end()
        #expect(text(try await read(source)) == "{\"half\": 1}\n")
    }

    @Test func `cancellation ends gzip that comes no further, and what is missing is told`() async throws {
        let source = try source()
        try pipe.fileHandleForWriting.write(contentsOf: gzipped(Self.lines(0..<9)).prefix(30))
        let reading = Task { try await read(source) }
        try await taken()
        let start = ContinuousClock.now
        reading.cancel()
        #expect(try await reading.value.isEmpty && ContinuousClock.now - start < .seconds(60))
        #expect(await failure(source)?.problem == "the reading was stopped in the middle of gzip data")
    }

    @Test func `a reading that was left in the middle loses and doubles nothing`() async throws {
        let (source, other) = (try source(), try source())
        var stored: [SourceBatch] = []
        for number in 0..<6 {
            try send(Self.line(number) + Self.line(number + 6).prefix(20))
            // Given, and left before it was stored: it comes again, by whoever reads.
            let left = try await read(source, after: stored.last?.checkpoint, most: 1)
            let reader: any Source = number == 3 ? other : source
            let again = try await read(reader, after: stored.last?.checkpoint, most: 1)
            #expect(text(left) == text(again) && left.last?.checkpoint == again.last?.checkpoint)
            stored += again
            try send(String(Self.line(number + 6).dropFirst(20)))
            stored += try await read(source, after: stored.last?.checkpoint, most: 1)
        }
        try send(Self.lines(12..<15))
        try end()
        stored += try await read(source, after: stored.last?.checkpoint)
        #expect(text(stored) == (0..<6).map { Self.line($0) + Self.line($0 + 6) }.joined() + Self.lines(12..<15))
        #expect(try await read(source, after: stored.last?.checkpoint).isEmpty)
    }

    @Test func `a table's head is read once, however often the reading begins again`() async throws {
        try folder.write(
            """
            columns: {day: time}
            message:
              - {type: track, event: '"Ordered"', userId: .customer, timestamp: .day}
            """, as: "mapping.yaml")
        let source = try source([.init("mapping", .string("mapping.yaml"))])
        try send("customer,day\nada,2026-01-01\n")
        let first = try await read(source, most: 1)
        try send("bob,2026-01-02\n")
        try end()
        let rest = try await read(source, after: first[0].checkpoint)
        #expect(text(first).contains("ada") && text(rest).contains("bob") && (first + rest).allSatisfy { $0.messages.rejects.isEmpty })
    }

    @Test func `after a new start the input is read from its first byte, whatever was kept`() async throws {
        try send(Self.lines(0..<3))
        let first = try await read(source(), most: 1)
        try send(Self.lines(3..<6))
        try end()
        #expect(text(try await read(source(again: true), after: first[0].checkpoint)) == Self.lines(3..<6))
        // Where the path became a folder's, its position is known as one of files that are gone.
        #expect(throws: Never.self) { _ = try FilesPosition(first[0].checkpoint) }
    }

    @Test func `a look takes nothing`() async throws {
        try send(Self.line(0))
        try end()
        let source = try source()
        #expect(try await source.probe() == "Standard input.")
        #expect(text(try await read(source)) == Self.line(0))
    }

    @Test func `a second connector is told, and comes when the first one is done`() async throws {
        let (first, second) = (try source(), try source())
        try send(Self.line(0))
        func read(_ first: some Source) async throws {
            var reading = first.batches(after: nil).makeAsyncIterator()
            let batch = try await reading.next(isolation: nil)
            #expect(await failure(second)?.recovery == .retry(after: nil))
            try end()
            #expect(try await reading.next(isolation: nil) == nil && batch != nil)
        }
        try await read(first)
        #expect(await failure(second) == nil)
    }

    @Test func `a descriptor that cannot be read is told`() async throws {
        let context = ConnectorContext(formats: FormatRegistry([SegmentFormat.self]), folder: folder.path)
        let settings = try JSONDecoder().decode(FilesSettings.self, from: Data(#"{"path":"-","format":"segment"}"#.utf8))
        #expect(await failure(try settings.makeSource(context, input: StandardInput(descriptor: 1_000_000)))?.recovery == .stop)
    }

    @Test func `a format must be named`() throws {
        for path in ["-", "/dev/stdin"] {
            #expect {
                _ = try source([], path: path)
            } throws: { ($0 as? SettingsError)?.path == ["format"] }
        }
    }

    @Test func `what is neither a file nor a folder is refused, and never waited for`() async throws {
        #expect(mkfifo(folder / "fifo", 0o600) == 0)
        for path in [folder / "fifo", "/dev/null"] {
            for settings in [[], Self.segment] {
                let source = try source(settings, path: path)
                #expect(await failure(source)?.recovery == .mendSettings)
                await #expect(throws: ConnectorError.self) { try await source.probe() }
            }
        }
    }
}
