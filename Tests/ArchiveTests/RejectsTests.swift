import EventModel
import Foundation
import Storage
import TestFolder
import Testing

@testable import Archive

/// 40 lines, every 7th not JSON.
private func lines(_ name: String) -> String {
    (0..<40).map { $0 % 7 == 6 ? "{\(name) \($0)\n" : track("\(name)\($0)", at: $0) }.joined()
}
private let badLines = [7, 14, 21, 28, 35]

/// Which lines of which sources a file of rejects holds, in order; sources by their last two names.
private func rejects(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
        guard let json = try JSONValue(parsing: String(line)).asObject, case .integer(let number)? = json["line"] else { return "?" }
        return (json["file"]?.asString ?? "?").split(separator: "/").suffix(2).joined(separator: "/") + ":\(number)"
    }
}

private func rejects(of source: String) -> [String] { badLines.map { "\(source):\($0)" } }

/// Two files of one name in different folders.
private func twins(_ folder: Folder) throws -> [String] {
    try ["a", "b"].map { name in
        try FileManager.default.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        return try folder.write(lines(name), as: "\(name)/x.ndjson")
    }
}

@Test func `rejects of a file that was done before stay its own, whoever shares its name`() throws {
    let folder = try Folder()
    let (files, store) = (try twins(folder), FakeStore())
    let place = RejectsPlace.folder(folder.path + "/rejected")
    store.failingCommit = 1
    let broken = Importer(store: store, format: LinesFormat(), options: ImportOptions(rejects: place)).run(files)
    #expect(!broken.succeeded && store.positionsSeen.map(\.finished) == [true])
    store.failingCommit = nil
    let rest = Importer(store: store, format: LinesFormat(), options: ImportOptions(resume: true, rejects: place)).run(files)
    #expect(rest.succeeded && rest.sources.map(\.wasDone) == [true, false])
    #expect(try rejects(folder.path + "/rejected/x.ndjson.ndjson") == rejects(of: "a/x.ndjson"))
    #expect(try rejects(folder.path + "/rejected/x.ndjson-2.ndjson") == rejects(of: "b/x.ndjson"))
}

@Test func `a file that could not be opened keeps its place among the names and the numbers`() throws {
    let folder = try Folder()
    let (files, store) = (try twins(folder), FakeStore())
    let (place, aside) = (RejectsPlace.folder(folder.path + "/rejected"), folder.path + "/aside")
    try FileManager.default.moveItem(atPath: files[0], toPath: aside)
    let numbers = Counter()
    let options = ImportOptions(inflate: InflateOptions(keepGoing: true), rejects: place, progressInterval: .zero)
    let first = Importer(store: store, format: LinesFormat(), options: options).run(files) { progress in
        if progress.file == files[1] { numbers.set(progress.fileNumber) }
    }
    #expect(first.failures.map(\.reason) == [.missing] && numbers.value == 2)
    try FileManager.default.moveItem(atPath: aside, toPath: files[0])
    let rest = Importer(store: store, format: LinesFormat(), options: ImportOptions(resume: true, rejects: place)).run(files)
    #expect(rest.succeeded && rest.sources.map(\.wasDone) == [false, true])
    #expect(try rejects(folder.path + "/rejected/x.ndjson.ndjson") == rejects(of: "a/x.ndjson"))
    #expect(try rejects(folder.path + "/rejected/x.ndjson-2.ndjson") == rejects(of: "b/x.ndjson"))
}

@Test func `one file of rejects keeps those of other sources when one is read again`() throws {
    let folder = try Folder()
    var members = [Gzip.member(lines("a")), Gzip.member(track("more")), Gzip.member(track("last"))]
    members[1][30] ^= 0xFF
    let files = try [folder.write(members.flatMap { $0 }, as: "a.gz"), folder.write(lines("b"), as: "b.ndjson")]
    let (store, path) = (FakeStore(), folder.path + "/rejects.ndjson")
    func run(resume: Bool) -> ImportResult {
        let options = ImportOptions(resume: resume, inflate: InflateOptions(keepGoing: true), rejects: .file(path))
        return Importer(store: store, format: LinesFormat(holds: true), options: options).run(files)
    }
    let ends = files.map { $0.split(separator: "/").suffix(2).joined(separator: "/") }
    #expect(run(resume: false).damages.count == 1)
    #expect(try rejects(path) == rejects(of: ends[0]) + rejects(of: ends[1]))
    // The damaged file is read from its start; the other was done.
    #expect(run(resume: true).sources.map(\.wasDone) == [false, true])
    #expect(try rejects(path) == rejects(of: ends[1]) + rejects(of: ends[0]))
}

@Test func `lines are taken out of a long file of rejects, and a torn one with them`() throws {
    let folder = try Folder()
    func line(_ number: Int, _ source: String) -> String {
        "{\"line\":\(number),\"reason\":\"\",\"text\":\"\(String(repeating: "x", count: 40_000))\",\"file\":\"\(source)\"}\n"
    }
    let all = (1...60).map { ($0, $0 % 3 == 0 ? "b" : "a") }
    let file = try folder.write(all.map(line).joined() + "{\"line\":61", as: "r")
    try RejectsFile(path: file).drop { $0.isOf("a") && $0.line > 20 }
    let wanted = all.filter { $1 == "b" || $0 <= 20 }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == wanted.map(line).joined())
    try RejectsFile(path: file).drop { $0.line > 59 }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == wanted.dropLast().map(line).joined())
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["r"])
}

@Test func `an export may have more parts than sixteen bits can count`() {
    let (parts, count) = MessageGathering.split(ContiguousArray(repeating: 1, count: 70_000), messagesPerPart: 1)
    #expect(count == 70_000 && parts.last == 69_999)
    let (few, one) = MessageGathering.split([3, 0, 2, 9, 1], messagesPerPart: 5)
    #expect(few == [0, 0, 0, 1, 2] && one == 3)
}
