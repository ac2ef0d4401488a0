import Connectors
import ConnectorsTesting
import EventModel
import FormatCSV
import FormatSegment
import Foundation
import SourceFiles
import Synchronization
import TestFolder
import Testing

/// Files as a source, over a folder of its own for each test.
struct FilesSourceTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private static let registry = SourceRegistry([FilesSettings.self])

    private func source(
        _ settings: [JSONObject.Member], isRunOnce: Bool = false, report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> any Source {
        try Self.registry.make(
            "files", settings: JSONObject(settings), environment: [:],
            context: ConnectorContext(
                formats: FormatRegistry([SegmentFormat.self, CSVFormat.self]), folder: folder.path, isRunOnce: isRunOnce, report: report))
    }

    /// What a source gives until it has given so many lines, or ends, and why it failed.
    private func read(_ source: some Source, until count: Int = .max) async -> (lines: Int, error: ConnectorError?) {
        var lines = 0
        do throws(ConnectorError) {
            for try await batch in source.batches(after: nil) {
                lines += batch.messages.sourceLines
                if lines >= count { break }
            }
            return (lines, nil)
        } catch { return (lines, error) }
    }

    private func write(_ name: String, _ text: String) throws { try folder.write(text, as: name) }

    private func append(_ name: String, _ text: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: folder / name))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    private func gzip(_ name: String) throws {
        let process = Process()
        (process.executableURL, process.arguments) = (URL(fileURLWithPath: "/usr/bin/env"), ["gzip", "-f", folder / name])
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private static func line(_ number: Int) -> String {
        #"{"type":"track","event":"Viewed","userId":"u\#(number % 97)","messageId":"m\#(number)","timestamp":"2026-01-01T00:00:00Z"}"#
            + "\n"
    }

    private static func lines(_ numbers: Range<Int>) -> String { numbers.map { line($0) }.joined() }

    @Test(arguments: SourceContract.allCases)
    func `a folder of plain and gzip files keeps the promises`(promise: SourceContract) async throws {
        try write("a.ndjson", Self.lines(0..<12_000))
        try write("b.ndjson", Self.lines(12_000..<30_000))
        try gzip("b.ndjson")
        try write("c.ndjson", String(Self.lines(30_000..<30_010).dropLast()))
        try write("empty.ndjson", "")
        try write(".hidden", "nothing")
        let source = try source([.init("path", .string(".")), .init("follow", .bool(false))])
        try await promise.verify(source, records: 30_010)
    }

    @Test(arguments: SourceContract.allCases)
    func `a table with a mapping keeps the promises`(promise: SourceContract) async throws {
        let rows = (0..<40_000).map { "\($0),u\($0 % 50),2026-01-0\(1 + $0 % 9),\"a, \($0)\"\n" }.joined()
        try write("orders.csv", "id,customer,day,note\n" + rows + "x,u1,never,\n")
        try write(
            "mapping.yaml",
            """
            columns: {day: time}
            message:
              - type: track
                event: "Ordered"
                userId: .customer
                timestamp: .day
                properties: {id: .id, note: .note}
            """)
        let source = try source([
            .init("path", .string("orders.csv")), .init("mapping", .string("mapping.yaml")), .init("follow", .bool(false)),
        ])
        try await promise.verify(source, records: 40_001)
    }

    @Test(.timeLimit(.minutes(2)))
    func `what comes later is read, and only that`() async throws {
        try write("a.ndjson", Self.lines(0..<3) + String(Self.line(3).dropLast(20)))
        let settings: [JSONObject.Member] = [
            .init("path", .string(".")), .init("pattern", .string("*.ndjson")), .init("interval", .number(.init(0.05))),
            .init("settle", .integer(3_600)),
        ]
        var checkpoint: Checkpoint?
        var seen: [String] = []
        func read(until count: Int) async throws {
            func follow(_ source: some Source) async throws {
                for try await batch in source.batches(after: checkpoint) {
                    checkpoint = batch.checkpoint
                    seen += batch.messages.text.prefix(batch.messages.count).split(separator: 10).map {
                        String(decoding: $0, as: UTF8.self)
                    }
                    if seen.count >= count { return }
                }
            }
            try await follow(source(settings))
        }
        try await read(until: 3)
        try append("a.ndjson", String(Self.line(3).suffix(20)) + Self.line(4))
        try await read(until: 5)
        try write("b.ndjson", Self.lines(5..<7))
        try append("a.ndjson", Self.line(7))
        try await read(until: 8)
        #expect(Set(seen) == Set((0..<8).map { String(Self.line($0).dropLast()) }) && seen.count == 8)
        // Cut to another text, and another file under the same name: read anew.
        let file = try #require(FileHandle(forWritingAtPath: folder / "a.ndjson"))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(Self.line(8).utf8))
        try await read(until: 9)
        try write("new", Self.line(8) + Self.lines(9..<20))
        #expect(rename(folder / "new", folder / "b.ndjson") == 0)
        try await read(until: 21)
        #expect(seen[8] == String(Self.line(8).dropLast()) && Set(seen[9...]) == Set((8..<20).map { String(Self.line($0).dropLast()) }))
    }

    @Test func `a last line without its end is taken when the file has settled`() async throws {
        try write("a.ndjson", String(Self.lines(0..<2).dropLast()))
        let source = try source([
            .init("path", .string("a.ndjson")), .init("interval", .number(.init(0.05))), .init("settle", .number(.init(0.3))),
        ])
        func count(_ source: some Source) async throws -> Int {
            var lines = 0
            for try await batch in source.batches(after: nil) {
                lines += batch.messages.sourceLines
                if lines == 2 { break }
            }
            return lines
        }
        #expect(try await count(source) == 2)
    }

    @Test func `a cut gzip file is named, and tried again`() async throws {
        try write("a.ndjson", Self.lines(0..<1_000))
        try gzip("a.ndjson")
        let whole = try #require(FileManager.default.contents(atPath: folder / "a.ndjson.gz"))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder / "a.ndjson.gz"))
        let source = try source([.init("path", .string("a.ndjson.gz")), .init("follow", .bool(false))])
        func read(_ source: some Source) async -> ConnectorError? {
            do throws(ConnectorError) {
                for try await _ in source.batches(after: nil) {}
                return nil
            } catch { return error }
        }
        let error = try #require(await read(source))
        #expect(error.recovery == .retry(after: nil) && error.place.hasSuffix("a.ndjson.gz"))
    }

    @Test(.timeLimit(.minutes(2)), arguments: [true, false])
    func `a stray file of a folder is passed over, told once, and the rest is read`(follows: Bool) async throws {
        try write("drop/README.txt", "notes\n")
        try write("drop/a.ndjson", Self.lines(0..<3))
        try write("drop/b.csv", "no,mapping\n")
        try write("drop/c.ndjson", Self.lines(3..<5))
        let sentences = Mutex<[String]>([])
        let source = try source(
            [.init("path", .string("drop")), .init("follow", .bool(follows)), .init("interval", .number(.init(0.05)))],
            report: { sentence in sentences.withLock { $0.append(sentence) } })
        for _ in 0..<2 {
            let (lines, error) = await read(source, until: follows ? 5 : .max)
            #expect(lines == 5 && error == nil, "\(String(describing: error))")
        }
        let told = sentences.withLock { $0 }
        #expect(told.count == 2, "\(told)")
        #expect(told.first?.contains("drop/README.txt is passed over: its name tells no format. Name one with `format`") == true, "\(told)")
        #expect(told.last?.contains("drop/b.csv is passed over: ") == true && told.last?.contains("mapping") == true, "\(told)")
        let found = try await source.probe()
        #expect(found.hasPrefix("2 files of ") && found.contains("drop/README.txt is passed over: its name tells no format."), "\(found)")
    }

    @Test func `a single file whose name tells no format is an error`() async throws {
        try write("README.txt", "notes\n")
        let error = await read(try source([.init("path", .string("README.txt"))])).error
        #expect(error?.recovery == .mendSettings && error?.problem == "its name tells no format", "\(String(describing: error))")
    }

    /// A folder of tables, the first of which is cut before the column that the mapping reads.
    private func tables() throws -> [JSONObject.Member] {
        try write(
            "mapping.yaml",
            "message:\n  - type: track\n    event: \"Ordered\"\n    userId: .customer\n    timestamp: .day\n")
        try write("drop/a.csv", "id,day\n1,2026-01-01\n")
        try write("drop/b.csv", "id,customer,day\n1,u1,2026-01-01\n")
        return [
            .init("path", .string("drop")), .init("mapping", .string("mapping.yaml")), .init("interval", .number(.init(0.05))),
            .init("settle", .number(.init(0.1))),
        ]
    }

    @Test(.timeLimit(.minutes(2)))
    func `a file of a folder that is no such table waits until it changes, and the others do not`() async throws {
        let settings = try tables()
        let sentences = Mutex<[String]>([])
        let source = try source(settings, report: { sentence in sentences.withLock { $0.append(sentence) } })
        let (lines, error) = await read(source, until: 1)
        #expect(lines == 1 && error == nil, "\(String(describing: error))")
        let told = sentences.withLock { $0 }
        #expect(told.count == 1 && told[0].contains("drop/a.csv is passed over: ") && told[0].contains("customer"), "\(told)")
        // Mended, it is read.
        try write("drop/a.csv", "id,customer,day\n1,u2,2026-01-02\n")
        #expect(await read(source, until: 2).lines == 2)
        #expect(sentences.withLock { $0.count } == 1)
    }

    @Test func `by hand a file that is no such table fails the reading when the others are read`() async throws {
        let (lines, error) = await read(try source(tables(), isRunOnce: true))
        #expect(lines == 1 && error?.recovery == .mendSettings, "\(String(describing: error))")
        #expect(error?.place.hasSuffix("drop/a.csv") == true)
    }

    @Test func `a cut gzip file of a folder holds no other up`() async throws {
        try write("drop/a.ndjson", Self.lines(0..<1_000))
        try gzip("drop/a.ndjson")
        let whole = try #require(FileManager.default.contents(atPath: folder / "drop/a.ndjson.gz"))
        try whole.prefix(20).write(to: URL(fileURLWithPath: folder / "drop/a.ndjson.gz"))
        try write("drop/b.ndjson", Self.lines(0..<3))
        let (lines, error) = await read(try source([.init("path", .string("drop")), .init("follow", .bool(false))]))
        #expect(lines == 3 && error?.recovery == .retry(after: nil), "\(String(describing: error))")
    }

    @Test func `by hand a path that leads to nothing is not waited for`() async throws {
        let settings = [JSONObject.Member("path", .string("nosuch"))]
        #expect(await read(try source(settings, isRunOnce: true)).error?.recovery == .mendSettings)
        let unfollowed = try source(settings + [.init("follow", .bool(false))])
        #expect(await read(unfollowed).error?.recovery == .retry(after: nil))
    }

    @Test(arguments: [
        ([("path", JSONValue.integer(3))], "path: this is no text"),
        ([("path", .string("x")), ("folow", .bool(true))], "folow: `files` has no such setting. Did you mean `follow`?"),
        ([], "`files` needs the setting `path`"),
        ([("path", .string("x")), ("interval", .integer(0))], "interval: this is not a number from 0.05 to 86400.0"),
        ([("path", .string("x")), ("format", .string("segmnt"))], "Did you mean 'segment'?"),
        ([("path", .string("x")), ("format", .string("csv"))], "needs a mapping"),
    ])
    func `settings that cannot be taken are named`(settings: [(String, JSONValue)], expected: String) throws {
        do {
            _ = try source(settings.map { .init($0.0, $0.1) })
            Issue.record("the settings were taken")
        } catch let errors as SettingsErrors {
            #expect(errors.description.contains(expected), "\(errors)")
        }
    }
}
