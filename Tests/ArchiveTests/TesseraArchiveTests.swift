import Archive
import EventModel
import Foundation
import Storage
import TestFolder
import Testing

private let salt = (0..<32).map { UInt8($0) }
private func key(_ byte: UInt8) throws -> ArchiveKey {
    try ArchiveKey(base64: Data(repeating: byte, count: 32).base64EncodedString() + "\n", name: "key")
}

private func sample() throws -> FakeStore {
    try fill((0..<200).map { track("m\($0)", user: "u\($0 % 9)", at: $0) }.joined())
}

/// An archive's lines, changed.
private func changed(_ change: (inout [String]) -> Void) throws -> String {
    let folder = try Folder()
    _ = try Exporter(try sample().fakeSnapshot()).write(to: folder.path + "/a.gz")
    var lines = gunzip(folder.path + "/a.gz").split(separator: "\n").map(String.init)
    change(&lines)
    return lines.map { $0 + "\n" }.joined()
}

@Test func `an archive whose text was changed is told from one that was cut and one of a newer version`() throws {
    let folder = try Folder()
    func failure(_ change: (inout [String]) -> Void) throws -> (String, Int) {
        let file = try folder.write(changed(change), as: "a.ndjson")
        let result = Importer(store: FakeStore(), format: TesseraFormat()).run([file])
        let report = try? ArchiveInspector.inspect(file)
        #expect(report?.isWhole != true || report?.format == "segment" || result.succeeded)
        return (result.failures.map(\.description).joined(), result.counts.accepted)
    }
    #expect(try failure { _ in } == ("", 200))
    let edited = try failure { $0[50] = $0[50].replacingOccurrences(of: "Bought", with: "Stolen") }
    #expect(edited.0.contains("SHA-256") && edited.1 == 200)
    let cut = try failure { $0.removeLast(5) }
    #expect(cut.0.contains("cut off") && cut.1 > 0)
    let dropped = try failure { $0.remove(at: 100) }
    #expect(dropped.0.contains("counts do not add up"))
    let newer = try failure { $0[0] = $0[0].replacingOccurrences(of: "\"version\":1", with: "\"version\":2") }
    #expect(newer.0.contains("newer") && newer.1 == 0)
    let headless = try failure { $0.removeFirst() }
    #expect(headless.0.contains("not the header") && headless.1 == 0)
    let longer = try failure { $0.append("{}") }
    #expect(longer.0.contains("follows the archive's last line"))
}

@Test func `a strange line in an archive is refused with its number`() throws {
    let folder = try Folder()
    let file = try folder.write(changed { $0.insert("{\"what\":1}", at: 60) }, as: "a.ndjson")
    let result = Importer(store: FakeStore(), format: TesseraFormat(), options: ImportOptions(rejects: .file(folder.path + "/r"))).run([
        file
    ])
    #expect(result.counts.accepted == 200 && result.counts.rejected == 1 && result.failures.count == 1)
    #expect(try String(contentsOfFile: folder.path + "/r", encoding: .utf8).hasPrefix(#"{"line":61,"#))
}

@Test func `archives end to end are one import`() throws {
    let text = try changed { _ in }
    let store = try fill(text + text, TesseraFormat())
    #expect(store.messages.count == 200)
}

@Test func `definitions come with an archive`() throws {
    let folder = try Folder()
    let store = try sample()
    let definition = Definition(kind: .segment, name: "ü", body: "did \"Bought\"")
    try store.save(definition)
    _ = try Exporter(store.fakeSnapshot()).write(to: folder.path + "/a.gz")
    let second = FakeStore()
    #expect(Importer(store: second, format: TesseraFormat()).run([folder.path + "/a.gz"]).succeeded)
    #expect(try second.fakeSnapshot().definitions() == [definition])
}

@Test func `a damaged archive gives every intact member, and tells what is missing`() throws {
    let folder = try Folder()
    let long = String(repeating: "x", count: 2000)
    var dice = Dice(3)
    let store = try fill(
        (0..<3000).map { track("m\($0)", user: "u\($0 % 9)", at: $0, #","properties":{"x":"\#(long)\#(dice.next())"}"#) }.joined())
    let path = folder.path + "/a.gz"
    _ = try Exporter(store.fakeSnapshot(blockRows: 500), options: ExportOptions(level: 1)).write(to: path)
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    for index in bytes.count / 2..<bytes.count / 2 + 9 { bytes[index] = ~bytes[index] }
    let damaged = try folder.write(bytes, as: "b.gz")
    let strict = Importer(store: FakeStore(), format: TesseraFormat()).run([damaged])
    #expect(strict.failures.map(\.reason) == [.damaged])
    let lenient = Importer(
        store: FakeStore(), format: TesseraFormat(), options: ImportOptions(inflate: InflateOptions(keepGoing: true))
    ).run([damaged])
    #expect(lenient.failures.isEmpty && lenient.damages.count == 1 && !lenient.succeeded)
    #expect(lenient.counts.accepted > 2000 && lenient.counts.accepted < 3000 && lenient.counts.rejected == 0)
    #expect(lenient.notes.joined().contains("counts do not add up"))
    let report = try ArchiveInspector.inspect(damaged)
    #expect(report.problems.count == 2 && report.problems[0].contains("member 4"))
}

@Test func `an encrypted archive opens with its key only`() throws {
    let folder = try Folder()
    let snapshot = try sample().fakeSnapshot()
    let path = folder.path + "/a.tsr"
    let result = try Exporter(snapshot, options: ExportOptions(key: try key(1), salt: salt)).write(to: path)
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(bytes.starts(with: "TSRE1".utf8) && bytes[5..<37].elementsEqual(salt))
    let back = FakeStore()
    let options = ImportOptions(inflate: InflateOptions(key: try key(1)))
    #expect(Importer(store: back, format: TesseraFormat(), options: options).run([path]).succeeded)
    #expect(try Exporter(back.fakeSnapshot()).digest() == result.digest)
    let report = try ArchiveInspector.inspect(path, options: InflateOptions(key: try key(1)))
    #expect(report.isWhole && report.encoding == .encrypted && report.summary?.sha256 == result.summary.sha256)

    func refusal(_ file: String, _ key: ArchiveKey?) -> String {
        let error = #expect(throws: ArchiveError.self) { try ArchiveInspector.inspect(file, options: InflateOptions(key: key)) }
        return error?.description ?? ""
    }
    #expect(refusal(path, nil).contains("is encrypted. Give its key file with --key"))
    #expect(refusal(path, try key(2)).contains("the key does not open this archive"))
    #expect(throws: ArchiveError.self) { try ArchiveKey(base64: "c2hvcnQ=", name: "k") }
    for place in [37, 40, 60, bytes.count - 1] {
        var spoilt = bytes
        spoilt[place] ^= 1
        let result = try Importer(store: FakeStore(), format: TesseraFormat(), options: options).run([folder.write(spoilt, as: "b.tsr")])
        #expect(!result.succeeded, "byte \(place)")
    }
    let cut = try Importer(store: FakeStore(), format: TesseraFormat(), options: options).run([
        folder.write(bytes[..<(bytes.count - 1)], as: "c.tsr")
    ])
    #expect(cut.failures.first?.reason == .damaged)
}

@Test func `a plain archive's members and lines are counted`() throws {
    let folder = try Folder()
    let bytes = Gzip.member(track("a") + track("b")) + Gzip.member(track("c"))
    let whole = try ArchiveInspector.inspect(folder.write(bytes, as: "a.gz"))
    #expect(whole.format == "segment" && whole.members == 2 && whole.lines == 3 && whole.isWhole && whole.header == nil)
    let damaged = try ArchiveInspector.inspect(folder.write(bytes[..<(bytes.count - 3)], as: "b.gz"))
    #expect(damaged.members == 1 && damaged.lines == 2 && !damaged.isWhole)
    let table = try ArchiveInspector.inspect(folder.write("a,b\n1,2", as: "a.csv"))
    #expect(table.format == "text" && table.encoding == .plain && table.lines == 2)
    #expect(throws: ArchiveError.self) { try ArchiveInspector.inspect(folder.path) }
}
