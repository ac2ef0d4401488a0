import Archive
import Connectors
import CZlib
import EventModel
import Foundation
import Storage
import TestFolder
import Testing

/// Text of a gzip file, by another way than the reader under test.
func gunzip(_ path: String) -> String {
    guard let file = gzopen(path, "rb") else { return "" }
    defer { gzclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = gzread(file, &buffer, UInt32(buffer.count))
        if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += buffer[..<Int(count)]
    }
}

func fill(_ text: String, _ format: any EventFormat = LinesFormat(), store: FakeStore = FakeStore()) throws -> FakeStore {
    let folder = try Folder()
    let result = try Importer(store: store, format: format).run([folder.write(text, as: "in.ndjson")])
    #expect(result.succeeded && result.counts.rejected == 0, "\(result.failures) \(result.counts)")
    return store
}

private let small = """
    {"type":"identify","userId":"u2","anonymousId":"a9","messageId":"i1","timestamp":"2026-01-01T00:00:00Z","traits":{"age":30,"city":"Köln","gone":1,"b\\"c":[1,{"x":null}]}}
    {"type":"identify","userId":"u2","messageId":"i2","timestamp":"2026-01-02T00:00:00Z","traits":{"gone":null,"age":31.5,"Z":{"k":"}"},"\\u0061b":true}}
    {"type":"identify","userId":"u2","messageId":"i0","timestamp":"2026-01-01T12:00:00Z","traits":{"age":1,"late":"kept"}}
    {"type":"track","event":"Bought","anonymousId":"a9","messageId":"t1","timestamp":"2026-01-03T00:00:00.25Z","properties":{"price":1.0,"n":18446744073709551615}}
    {"type":"track","event":"Bought","anonymousId":"a1","messageId":"t2","timestamp":"2025-12-31T23:00:00-02:00"}
    {"type":"alias","userId":"u7","previousId":"u3","messageId":"l1","timestamp":"2026-01-01T00:00:01Z","context":{"consent":{"categoryPreferences":{"b":false}}}}
    {"type":"page","userId":"u3","name":"Home","messageId":"p1","timestamp":"2026-01-01T00:00:00Z","context":{"x":1,"consent":{"categoryPreferences":{"b":true,"a":true,"odd":1}}}}
    {"type":"page","userId":"a1","messageId":"p2","timestamp":"2026-01-01T00:00:00Z"}

    """

@Test func `the text of an archive, byte for byte`() throws {
    let store = try fill(small)
    try store.save(Definition(kind: .segment, name: "z", body: "did any"))
    try store.save(Definition(kind: .feature, name: "f", body: "count(any)"))
    let snapshot = store.fakeSnapshot()
    let folder = try Folder()
    let path = folder.path + "/out.gz"
    let all = ContiguousArray((0..<UInt32(snapshot.profileCount)))
    let lists = [
        MembershipList(segment: "z", at: Instant(milliseconds: 0), profiles: all),
        MembershipList(segment: "none", at: Instant(milliseconds: 0), profiles: []),
    ]
    let result = try Exporter(snapshot, memberships: lists).write(to: path)
    let expected = #"""
        {"archive":"tessera","version":1,"what":"all"}
        {"definition":{"kind":"feature","name":"f","body":"count(any)"}}
        {"definition":{"kind":"segment","name":"z","body":"did any"}}
        {"profile":{"id":"a1","identifiers":[{"kind":"user_id","id":"a1"}],"at":"2026-01-01T00:00:00.000Z","traits":{}}}
        {"profile":{"id":"a1","identifiers":[{"kind":"anonymous_id","id":"a1"}],"at":"2026-01-01T01:00:00.000Z","traits":{}}}
        {"profile":{"id":"u2","identifiers":[{"kind":"user_id","id":"u2"},{"kind":"anonymous_id","id":"a9"}],"at":"2026-01-03T00:00:00.250Z","traits":{"Z":{"k":"}"},"ab":true,"age":31.5,"b\"c":[1,{"x":null}],"city":"Köln","late":"kept"}}}
        {"profile":{"id":"u3","identifiers":[{"kind":"user_id","id":"u3"},{"kind":"user_id","id":"u7"}],"at":"2026-01-01T00:00:01.000Z","traits":{},"consent":{"a":true,"b":false}}}
        {"message":{"type":"page","userId":"a1","messageId":"p2","timestamp":"2026-01-01T00:00:00Z"}}
        {"message":{"type":"track","event":"Bought","anonymousId":"a1","messageId":"t2","timestamp":"2025-12-31T23:00:00-02:00"}}
        {"message":{"type":"identify","userId":"u2","anonymousId":"a9","messageId":"i1","timestamp":"2026-01-01T00:00:00Z","traits":{"age":30,"city":"Köln","gone":1,"b\"c":[1,{"x":null}]}}}
        {"message":{"type":"identify","userId":"u2","messageId":"i0","timestamp":"2026-01-01T12:00:00Z","traits":{"age":1,"late":"kept"}}}
        {"message":{"type":"identify","userId":"u2","messageId":"i2","timestamp":"2026-01-02T00:00:00Z","traits":{"gone":null,"age":31.5,"Z":{"k":"}"},"ab":true}}}
        {"message":{"type":"track","event":"Bought","anonymousId":"a9","messageId":"t1","timestamp":"2026-01-03T00:00:00.25Z","properties":{"price":1.0,"n":18446744073709551615}}}
        {"message":{"type":"page","userId":"u3","name":"Home","messageId":"p1","timestamp":"2026-01-01T00:00:00Z","context":{"x":1,"consent":{"categoryPreferences":{"b":true,"a":true,"odd":1}}}}}
        {"message":{"type":"alias","userId":"u7","previousId":"u3","messageId":"l1","timestamp":"2026-01-01T00:00:01Z","context":{"consent":{"categoryPreferences":{"b":false}}}}}
        {"membership":{"segment":"none","at":"1970-01-01T00:00:00.000Z","profiles":[]}}
        {"membership":{"segment":"z","at":"1970-01-01T00:00:00.000Z","profiles":["a1","a1","u2","u3"]}}

        """#
    let text = gunzip(path)
    let last = #"{"end":{"definitions":2,"profiles":4,"messages":8,"memberships":2,"sha256":"\#(result.summary.sha256)"}}"# + "\n"
    #expect(text == expected + last)
    #expect(result.textBytes == text.utf8.count)
    #expect(try Exporter(snapshot, memberships: lists).digest() == result.digest)
    #expect(FileManager.default.contents(atPath: path)?.count == result.fileBytes)
}

/// Messages of some people who are linked, aliased and tell traits, at random.
private func random(_ seed: UInt64, count: Int = 300) -> String {
    var dice = Dice(seed)
    return (0..<count).map { index in
        let user = #""userId":"u\#(Int.random(in: 0..<20, using: &dice))""#
        let anonymous = #""anonymousId":"a\#(Int.random(in: 0..<30, using: &dice))""#
        let who = [user, anonymous, user + "," + anonymous][
            Int.random(in: 0..<10, using: &dice) == 0 ? 2 : Int.random(in: 0..<2, using: &dice)]
        let time = Instant(milliseconds: 1_700_000_000_000 + Int64.random(in: 0..<50, using: &dice) * 1000).text
        let value = ["1", "null", "\"x\"", "2.5", "{\"a\":[1]}"].randomElement(using: &dice) ?? "1"
        let what: String
        switch Int.random(in: 0..<10, using: &dice) {
        case 0...2: what = #""type":"identify","traits":{"t\#(Int.random(in: 0..<5, using: &dice))":\#(value),"é":\#(index)}"#
        case 3 where index % 4 == 0:
            what =
                #""type":"alias","previousId":"\#(["a", "u"].randomElement(using: &dice) ?? "")\#(Int.random(in: 0..<20, using: &dice))""#
        case 4: what = #""type":"page","name":"Home""#
        case 5: what = #""type":"page","context":{"consent":{"categoryPreferences":{"c\#(index % 3)":\#(index % 2 == 0)}}}"#
        default: what = #""type":"track","event":"E\#(Int.random(in: 0..<4, using: &dice))","properties":{"v":\#(value)}"#
        }
        return "{\(what),\(who),\"messageId\":\"m\(index)\",\"timestamp\":\"\(time)\"}\n"
    }.joined()
}

@Test(arguments: UInt64(1)...12, [ArchiveContents.all, .profiles, .events])
func `export, import into an empty store, export again: the same text`(seed: UInt64, contents: ArchiveContents) throws {
    let folder = try Folder()
    let store = try fill(random(seed))
    try store.save(Definition(kind: .segment, name: "é", body: "did \"E1\""))
    let options = ExportOptions(contents: contents, level: Int(seed) % 9 + 1)
    let first = try Exporter(store.fakeSnapshot(), options: options).write(to: folder.path + "/1.gz")
    let second = FakeStore()
    let result = Importer(store: second, format: TesseraFormat(), options: ImportOptions(threads: Int(seed) % 3 + 1)).run([
        folder.path + "/1.gz"
    ])
    #expect(result.succeeded && result.counts.rejected == 0, "\(result.failures)")
    // Blocks cut otherwise, parts cut otherwise, spilled to disk: the text stays.
    let again = try Exporter(
        second.fakeSnapshot(blockRows: 3),
        options: ExportOptions(contents: contents, threads: 3, memoryBytes: seed % 2 == 0 ? 0 : 1000, messagesPerPart: 20)
    ).write(to: folder.path + "/2.gz")
    #expect(gunzip(folder.path + "/1.gz") == gunzip(folder.path + "/2.gz"))
    #expect(first.digest == again.digest)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["1.gz", "2.gz"])
    let repeated = Importer(store: second, format: TesseraFormat()).run([folder.path + "/1.gz"])
    #expect(repeated.counts.accepted == 0 && repeated.counts.duplicates == result.counts.accepted)
}

@Test func `chosen people are exported alone`() throws {
    let folder = try Folder()
    let snapshot = try fill(small).fakeSnapshot()
    let chosen = ContiguousArray(try snapshot.canonicalIDs().map { $0 == "u2" })
    let result = try Exporter(snapshot, options: ExportOptions(selection: "trait.age > 30"), selected: chosen).write(
        to: folder.path + "/a.gz")
    #expect(result.summary.profiles == 1 && result.summary.messages == 4)
    #expect(gunzip(folder.path + "/a.gz").hasPrefix(#"{"archive":"tessera","version":1,"what":"all","where":"trait.age > 30"}"#))
    let again = try fill(gunzip(folder.path + "/a.gz"), TesseraFormat())
    #expect(again.messages.count == 4)
}

/// Writes what has an even number of bytes, and has no place for the rest.
private struct EvenWriter: EventWriter {
    func append(_ message: UnsafeBufferPointer<UInt8>, to text: inout ContiguousArray<UInt8>) -> Bool {
        if message.count % 2 == 1 { return false }
        text.append(contentsOf: message)
        return true
    }
}

@Test(arguments: UInt64(1)...4)
func `in the format of another system the messages of an archive stand alone, in its order`(seed: UInt64) throws {
    let folder = try Folder()
    let snapshot = try fill(random(seed)).fakeSnapshot()
    let archive = try Exporter(snapshot, options: ExportOptions(contents: .events)).write(to: folder / "archive.gz")
    let options = ExportOptions(writer: EvenWriter(), memoryBytes: seed % 2 == 0 ? 0 : 1000, messagesPerPart: 20)
    let result = try Exporter(snapshot, options: options).write(to: folder / "lines.gz")
    let messages = gunzip(folder / "archive.gz").split(separator: "\n").filter { $0.hasPrefix(#"{"message":"#) }
        .map { $0.dropFirst(#"{"message":"#.count).dropLast() }
    let even = messages.filter { $0.utf8.count.isMultiple(of: 2) }
    #expect(gunzip(folder / "lines.gz") == even.map { $0 + "\n" }.joined())
    #expect(result.summary.messages == even.count && result.leftOut == messages.count - even.count && result.leftOut > 0)
    #expect(archive.leftOut == 0 && archive.summary.messages == messages.count)
    let nobody = try Exporter(snapshot, options: options, selected: ContiguousArray(try snapshot.canonicalIDs().map { _ in false }))
        .write(to: folder / "none.gz")
    #expect(nobody.textBytes == 0 && nobody.summary.messages == 0 && gunzip(folder / "none.gz").isEmpty)
    #expect(Importer(store: FakeStore(), format: LinesFormat()).run([folder / "none.gz"]).succeeded)
}

@Test func `a large archive has members of about a MiB, and every thread count writes the same bytes`() throws {
    let folder = try Folder()
    let long = String(repeating: "long text ", count: 100)
    let store = try fill((0..<3000).map { track("m\($0)", user: "u\($0 % 7)", at: $0, #","properties":{"x":"\#(long)\#($0)"}"#) }.joined())
    let snapshot = store.fakeSnapshot(blockRows: 500)
    for threads in 1...3 {
        let result = try Exporter(snapshot, options: ExportOptions(level: 1, threads: threads)).write(
            to: folder.path + "/\(threads).gz", progress: { #expect($0.seconds > 0 && $0.seconds < 600) })
        #expect(result.textBytes > 3 << 20)
    }
    #expect(FileManager.default.contentsEqual(atPath: folder.path + "/1.gz", andPath: folder.path + "/2.gz"))
    #expect(FileManager.default.contentsEqual(atPath: folder.path + "/1.gz", andPath: folder.path + "/3.gz"))
    let report = try ArchiveInspector.inspect(folder.path + "/1.gz")
    #expect(report.members == 4 && report.isWhole && report.format == "tessera" && report.summary?.messages == 3000)
}

@Test func `an export that cannot be written says why and leaves nothing`() throws {
    let folder = try Folder()
    let snapshot = try fill(small).fakeSnapshot()
    #expect(throws: ArchiveError.self) { try Exporter(snapshot).write(to: folder.path + "/no/folder/a.gz") }
    #expect(throws: ArchiveError.self) { try Exporter(snapshot).write(to: folder.path) }
    #expect(throws: ArchiveError.self) { try Exporter(snapshot, options: ExportOptions(level: 10)).write(to: folder.path + "/a.gz") }
    #expect(throws: ArchiveError.self) { try Exporter(snapshot).write(to: folder.path + "/a.gz", isCancelled: { true }) }
    if FileManager.default.fileExists(atPath: "/dev/full") {
        let error = #expect(throws: ArchiveError.self) { try Exporter(snapshot).write(to: "/dev/full") }
        #expect(error?.description.contains("no space") == true)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
}
