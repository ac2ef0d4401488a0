import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import TestFolder
import Testing

@testable import PayloadAvro

struct AvroFormatTests {
    private static let schema = #"{"type":"record","name":"R","fields":[{"name":"type","type":"string"},{"name":"n","type":"long"}]}"#

    /// A container file as the specification has it, of blocks of records.
    private static func file(_ blocks: [[(String, Int)]], codec: String = "null", sync: UInt8 = 9, schema: String = schema) throws
        -> [UInt8]
    {
        func varint(_ number: Int) -> [UInt8] {
            var (rest, bytes) = (UInt64(bitPattern: Int64(number << 1 ^ number >> 63)), [UInt8]())
            while rest >= 0x80 {
                bytes.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            return bytes + [UInt8(rest)]
        }
        func text(_ text: String) -> [UInt8] { varint(text.utf8.count) + Array(text.utf8) }
        var bytes: [UInt8] =
            [0x4F, 0x62, 0x6A, 1] + varint(2) + text("avro.schema") + text(schema) + text("avro.codec") + text(codec) + varint(0)
        bytes += [UInt8](repeating: 9, count: 16)
        for block in blocks {
            let records = block.flatMap { text($0.0) + varint($0.1) }
            bytes += varint(block.count) + varint(records.count) + records + [UInt8](repeating: sync, count: 16)
        }
        return bytes
    }

    private let format: AvroFormat
    init() throws { format = try AvroFormat(settings: nil, settingsName: "") }

    @Test(arguments: FormatContract.allCases) func `whole and torn files keep the promises`(promise: FormatContract) throws {
        let whole = try Self.file([[("a", 1), ("b", -2)], [], [("ü", Int.max)]])
        for count in stride(from: 0, through: whole.count, by: 3) { try promise.verify(format, on: Array(whole.prefix(count))) }
        try promise.verify(format, on: whole)
        try promise.verify(format, on: whole + [0])
    }

    @Test func `records are messages, and one that is broken takes those behind it in its block along`() throws {
        let read = try ReadFile(format, Self.file([[("a", 1), ("b", -2)], [("c", 3)]]))
        #expect(
            read.texts == [#"{"type":"a","n":1}"#, #"{"type":"b","n":-2}"#, #"{"type":"c","n":3}"#]
                && read.lines.map(\.number) == [1, 2, 3])
        var broken = try Self.file([[("a", 1), ("bbbb", -2), ("d", 5)], [("c", 3)]])
        let place = try #require(broken.firstRange(of: Array("bbbb".utf8))?.lowerBound)
        broken[place] = 0xFF
        let rest = try ReadFile(format, broken)
        #expect(rest.lines.map(\.number) == [1, 4] && rest.rejects.map(\.line) == [2])
        #expect(rest.rejects[0].reason.hasPrefix("Record 2: At byte") && rest.rejects[0].reason.contains("1 more behind it"))
    }

    @Test func `bytes behind a block's records are told, and records that become too long`() throws {
        var file = try Self.file([[("a", 1), ("b", 2)], [("c", 3)]])
        // The first block says one record instead of two.
        let count = try #require(file.firstRange(of: [4, 12, 2, 97])?.lowerBound)
        file[count] = 2
        let read = try ReadFile(format, file)
        #expect(read.texts == [#"{"type":"a","n":1}"#, #"{"type":"c","n":3}"#])
        #expect(read.rejects.map(\.reason) == ["Record 2: Its block has 3 bytes more than the records that it should have."])
        let long = try ReadFile(
            format, Self.file([[("a", 1), (String(repeating: "\n", count: 60), 2), ("b", 3)]]), limits: FormatLimits(longestLine: 100))
        #expect(long.texts.count == 2 && long.rejects.map(\.line) == [2])
    }

    @Test(arguments: [
        ("nothing of it", "does not begin with Obj1"), ("", ""),
    ]) func `what is no container file is refused`(text: String, sentence: String) {
        if sentence.isEmpty { return }
        let error = #expect(throws: FormatError.self) { _ = try ReadFile(format, Array(text.utf8)) }
        #expect(error?.description.contains(sentence) == true)
    }

    @Test func `other codecs, markers and schemas are refused with a sentence`() throws {
        for (file, sentence) in [
            (try Self.file([], codec: "snappy"), "compressed with 'snappy'"),
            (try Self.file([[("a", 1)]], sync: 8), "does not end with the file's marker"),
            (try Self.file([], schema: "{"), "The schema in its header cannot be read."),
            (Array(try Self.file([[("a", 1)]]).dropLast()), "the file ends too early"),
            (try Self.file([[("a", 1)]], codec: "deflate"), "cannot be inflated"),
        ] {
            let error = #expect(throws: FormatError.self) { _ = try ReadFile(format, file) }
            #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        }
    }

    @Test(.enabled(if: python != nil, "TESSERA_SCHEMAS_PYTHON names no Python with fastavro: files of other programs were not read."))
    func `files of fastavro are read, deflated or not`() throws {
        let folder = try Folder()
        try run("interop.py", "write", folder.path, "5", "30", "200")
        for number in 0..<30 {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(number)/records.avro")))
            let expected = try String(contentsOfFile: "\(folder.path)/\(number)/file.ndjson", encoding: .utf8).split(separator: "\n")
            let read = try ReadFile(format, bytes, cut: 1_000)
            #expect(read.rejects.isEmpty && read.texts.count == 200)
            for (text, line) in zip(read.texts, expected) {
                #expect(try JSONValue(parsing: text).comparable == JSONValue(parsing: String(line)).comparable)
            }
        }
    }

    @Test(arguments: UInt64(1)...20) func `cuts and flips never trap`(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let whole = try Self.file([[("a", 1), ("b", -2)], [("c", 3)]])
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            _ = try? ReadFile(format, bytes)
        }
    }
}
