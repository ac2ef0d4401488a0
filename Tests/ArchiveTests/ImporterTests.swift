import Archive
import Connectors
import EventModel
import Foundation
import Storage
import TestFolder
import Testing

/// A line of a track message; `id` nil: without a messageId.
func track(_ id: String?, user: String = "u1", at second: Int = 0, _ more: String = "") -> String {
    let time = Instant(milliseconds: 1_700_000_000_000 + Int64(second) * 1000).text
    return
        #"{"type":"track","event":"Bought","userId":"\#(user)"\#(id.map { #","messageId":"\#($0)""# } ?? ""),"timestamp":"\#(time)"\#(more)}"#
        + "\n"
}

/// 1 000 lines: every 10th a duplicate of the one before, every 17th not JSON.
private let text: [String] = (0..<1000).map { index in
    index % 17 == 16 ? "{not json \(index)\n" : track("m\(index % 10 == 9 ? index - 1 : index)", user: "u\(index % 50)", at: index)
}
private let badLines = (0..<1000).filter { $0 % 17 == 16 }.map { $0 + 1 }

private func counts(_ result: ImportResult) -> [Int] {
    [result.counts.rows, result.counts.messages, result.counts.accepted, result.counts.duplicates, result.counts.rejected]
}

private func reject(lines path: String) throws -> [Int] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
        let json = try JSONValue(parsing: String(line)).asObject
        #expect(json?.members.map(\.name) == ["line", "reason", "text", "file"])
        guard case .integer(let number)? = json?["line"] else { return -1 }
        return Int(number)
    }
}

@Test(arguments: 1...4, [1, 10, 333, 5000])
func `every line is accounted for, in order, with any number of threads`(threads: Int, linesPerBatch: Int) throws {
    let folder = try Folder()
    let files = try [
        folder.write(Gzip.member(text[..<500].joined()), as: "a.ndjson.gz"), folder.write(text[500...].joined(), as: "b.ndjson"),
        folder.write("", as: "c.ndjson"),
    ]
    let store = FakeStore()
    store.pendingFactor = 20_000
    let result = Importer(
        store: store, format: LinesFormat(linesPerBatch: linesPerBatch),
        options: ImportOptions(threads: threads, rejects: .folder(folder.path + "/rejected"), inFlightBytes: 1)
    ).run(files)
    #expect(result.succeeded, "\(result.failures)")
    // The duplicates are those at 9, 19, ... whose elder sister, one line before, was good, and that are good themselves.
    let bad = badLines.count
    let duplicates = (0..<1000).filter { $0 % 10 == 9 && $0 % 17 != 16 && ($0 - 1) % 17 != 16 }.count
    #expect(counts(result) == [1000, 1000, 1000 - bad - duplicates, duplicates, bad])
    #expect(
        store.messages.map(\.messageID)
            == {
                var seen = Set<String>()
                return (0..<1000).filter { $0 % 17 != 16 }.map { "m\($0 % 10 == 9 ? $0 - 1 : $0)" }.filter { seen.insert($0).inserted }
            }())
    #expect(result.profiles == 50 && result.sources.map(\.file) == files)
    #expect(result.bytesIn == files.reduce(0) { $0 + (FileManager.default.contents(atPath: $1)?.count ?? 0) })
    #expect(result.rejectsFiles == ["a.ndjson.gz", "b.ndjson"].map { folder.path + "/rejected/\($0).ndjson" })
    let rejected = try reject(lines: result.rejectsFiles[0]) + reject(lines: result.rejectsFiles[1]).map { $0 + 500 }
    #expect(rejected == badLines)
    let mode = try FileManager.default.attributesOfItem(atPath: result.rejectsFiles[0])[.posixPermissions] as? Int
    #expect(mode == 0o600)
    // Once more: nothing new.
    let again = Importer(store: store, format: LinesFormat(linesPerBatch: linesPerBatch)).run(files)
    #expect(counts(again) == [1000, 1000, 0, 1000 - bad, bad])
}

@Test(arguments: 0..<12, [1, 2])
func `an import that broke at any commit goes on to the same store and the same counts`(crash: Int, threads: Int) throws {
    let folder = try Folder()
    let files = try [
        folder.write(Gzip.member(text[..<700].joined()), as: "a.ndjson.gz"), folder.write(text[700...].joined(), as: "b.ndjson"),
    ]
    func options(_ resume: Bool, _ name: String) -> ImportOptions {
        ImportOptions(threads: threads, resume: resume, rejects: .folder(folder.path + "/" + name), pendingBytes: 10_000)
    }
    let whole = FakeStore()
    let wanted = Importer(store: whole, format: LinesFormat(), options: options(false, "whole")).run(files)
    #expect(wanted.succeeded && whole.commits >= 10)

    let store = FakeStore()
    store.failingCommit = crash
    let broken = Importer(store: store, format: LinesFormat(), options: options(false, "broken")).run(files)
    #expect(broken.failures.map(\.reason) == (crash < whole.commits ? [.disk] : []))
    #expect(
        broken.counts.rows
            == store.positionsSeen.reduce(into: [Int]()) { $0 = $1.lines < ($0.last ?? 0) ? $0 + [$1.lines] : $0.dropLast() + [$1.lines] }
            .reduce(0, +))
    store.failingCommit = nil
    let rest = Importer(store: store, format: LinesFormat(), options: options(true, "broken")).run(files)
    #expect(rest.succeeded && counts(rest) == counts(wanted))
    #expect(store.messages == whole.messages)
    for name in ["a.ndjson.gz.ndjson", "b.ndjson.ndjson"] {
        #expect(try reject(lines: folder.path + "/broken/" + name) == reject(lines: folder.path + "/whole/" + name))
    }
    let done = Importer(store: store, format: LinesFormat(), options: options(true, "broken")).run(files)
    #expect(done.sources.allSatisfy(\.wasDone) && counts(done) == counts(wanted) && done.bytesIn == 0)
}

@Test func `a line inside a batch can be gone on from`() throws {
    let folder = try Folder()
    let file = try folder.write(text.joined(), as: "a.ndjson")
    let store = FakeStore()
    store.failingCommit = 3
    _ = Importer(store: store, format: LinesFormat(linesPerBatch: 7), options: ImportOptions(pendingBytes: 9000)).run([file])
    let lines = store.positionsSeen.last?.lines ?? 0
    #expect(lines > 0 && lines % 7 == 0 && lines % 64 != 0)
    store.failingCommit = nil
    let result = Importer(store: store, format: LinesFormat(linesPerBatch: 64), options: ImportOptions(resume: true)).run([file])
    #expect(counts(result) == counts(Importer(store: FakeStore(), format: LinesFormat()).run([file])))
}

@Test func `a reader that holds records back is resumed from the start of its file`() throws {
    let folder = try Folder()
    let file = try folder.write(text.joined(), as: "a.ndjson")
    let store = FakeStore()
    store.failingCommit = 0
    let format = LinesFormat(holds: true)
    _ = Importer(store: store, format: format, options: ImportOptions(pendingBytes: 0)).run([file])
    store.failingCommit = nil
    let result = Importer(store: store, format: format, options: ImportOptions(resume: true, pendingBytes: 0)).run([file])
    #expect(result.counts.rows == 1000 && result.succeeded)
    #expect(store.positionsSeen.map(\.finished) == [true])
}

@Test func `a store that refuses an append keeps what was committed`() throws {
    let folder = try Folder()
    let file = try folder.write(text.joined(), as: "a.ndjson")
    let store = FakeStore()
    store.failingAppend = 60
    let result = Importer(store: store, format: LinesFormat(), options: ImportOptions(pendingBytes: 20_000)).run([file])
    #expect(result.failures.map(\.reason) == [.disk])
    #expect(store.messages.count == result.counts.accepted && result.counts.accepted > 0)
    let held = try? store.makeWriter()
    #expect(held != nil, "the writer was given back")
    let refused = Importer(store: store, format: LinesFormat()).run([file])
    #expect(refused.failures.first?.description.contains("holds the store") == true)
}

@Test func `a damaged file keeps the lines before the damage, and --keep-going takes the rest`() throws {
    let folder = try Folder()
    var members = stride(from: 0, to: 1000, by: 100).map { Gzip.member(text[$0..<$0 + 100].joined()) }
    members[4][40] ^= 0xFF
    let good = try folder.write(track("last"), as: "good.ndjson")
    let files = try [folder.write(members.flatMap { $0 }, as: "a.gz"), folder.path + "/missing.gz", good]
    let strict = Importer(store: FakeStore(), format: LinesFormat()).run(files)
    #expect(strict.counts.rows == 400 && strict.failures.map(\.reason) == [.damaged])
    let lenient = Importer(
        store: FakeStore(), format: LinesFormat(), options: ImportOptions(inflate: InflateOptions(keepGoing: true))
    ).run(files)
    #expect(lenient.counts.rows == 901 && lenient.failures.map(\.reason) == [.missing] && lenient.damages.map(\.member) == [5])
    #expect(!lenient.succeeded)
}

@Test func `a long line is refused alone`() throws {
    let folder = try Folder()
    let long = track("long", user: "u2", at: 1, #","properties":{"x":"\#(String(repeating: "x", count: 3_000_000))"}"#)
    let file = try folder.write(track("a") + long + track("b"), as: "a.ndjson")
    let options = ImportOptions(limits: FormatLimits(longestLine: 1 << 20), rejects: .file(folder.path + "/r.ndjson"))
    let result = Importer(store: FakeStore(), format: LinesFormat(), options: options).run([file])
    #expect(counts(result) == [3, 3, 2, 0, 1] && result.succeeded)
    #expect(try reject(lines: folder.path + "/r.ndjson") == [2])
    let wide = Importer(store: FakeStore(), format: LinesFormat(), options: ImportOptions(limits: FormatLimits(longestLine: 20 << 20))).run(
        [file])
    #expect(counts(wide) == [3, 3, 3, 0, 0])
}

@Test(arguments: 1...3)
func `an import that is stopped commits what it has and can go on`(threads: Int) throws {
    let folder = try Folder()
    // Longer by far than what all threads together may hold in flight, so that none can have read the end when the stop is heard.
    let padding = #","properties":{"note":"\#(String(repeating: "x", count: 4000))"}"#
    let lines = (0..<3000).map { track("m\($0 % 10 == 9 ? $0 - 1 : $0)", user: "u\($0 % 50)", at: $0, padding) }
    let file = try folder.write(lines.joined(), as: "a.ndjson")
    let size = lines.reduce(0) { $0 + $1.utf8.count }
    let store = FakeStore()
    let seen = Counter()
    let options = ImportOptions(threads: threads, pendingBytes: 5000, inFlightBytes: 1, progressInterval: .zero)
    let stopped = Importer(store: store, format: LinesFormat(), options: options).run(
        [file],
        progress: { progress in
            #expect(progress.totalBytes == size && progress.bytes <= size)
            seen.set(progress.messages)
        }, isCancelled: { seen.value > 300 })
    #expect(stopped.interrupted && stopped.failures.first?.description.contains("--resume") == true)
    #expect(stopped.counts.rows > 300 && stopped.counts.rows < lines.count)
    let rest = Importer(store: store, format: LinesFormat(), options: ImportOptions(resume: true)).run([file])
    #expect(rest.succeeded && rest.counts.rows == lines.count)
    #expect(counts(rest) == counts(Importer(store: FakeStore(), format: LinesFormat()).run([file])))
}

@Test func `rejects that cannot be written end the import with a sentence`() throws {
    let folder = try Folder()
    let file = try folder.write(text.joined(), as: "a.ndjson")
    let result = Importer(
        store: FakeStore(), format: LinesFormat(), options: ImportOptions(rejects: .file(folder.path + "/no/such/folder"))
    ).run([file])
    #expect(result.failures.first?.reason == .disk && result.failures.first?.description.contains("does not exist") == true)
}

/// A number that several threads touch.
final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var number = 0
    var value: Int { lock.withLock { number } }
    func set(_ number: Int) { lock.withLock { self.number = number } }
}
