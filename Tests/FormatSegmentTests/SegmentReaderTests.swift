import Connectors
import ConnectorsTesting
import EventModel
import FormatSegment
import Foundation
import Testing

private func format() throws -> SegmentFormat { try SegmentFormat(settings: nil, settingsName: "") }

private func read(_ text: String, longestLine: Int = 1 << 20, cut: Int = 1 << 20) throws -> ReadFile {
    try ReadFile(format(), Array(text.utf8), limits: FormatLimits(longestLine: longestLine), cut: cut)
}

@Test func `lines keep their numbers, and empty ones count`() throws {
    let file = try read("{\"a\":1}\n\n{\"b\":2}\r\n\r\n{\"c\":3}")
    #expect(file.lines == [.init(number: 1, text: "{\"a\":1}"), .init(number: 3, text: "{\"b\":2}"), .init(number: 5, text: "{\"c\":3}")])
    #expect(file.sourceLines == 5)
    #expect(file.rejects.isEmpty)
}

@Test func `a byte order mark at the start is passed over, and only there`() throws {
    for cut in 1...5 {
        let file = try read("\u{FEFF}{}\n\u{FEFF}{}\n", cut: cut)
        #expect(file.texts.map { Array($0.utf8) } == [Array("{}".utf8), Array("\u{FEFF}{}".utf8)])
    }
    #expect(try read("\u{FEFF}").lines.isEmpty)
}

@Test func `an over-long line is rejected by its number, and its neighbours live`() throws {
    let long = String(repeating: "x", count: 101)
    for cut in [1, 7, 50, 1_000] {
        let file = try read("{}\n\(long)\n\(long.dropLast())\n\(long)", longestLine: 100, cut: cut)
        #expect(file.lines.map(\.number) == [1, 3])
        #expect(file.rejects.map(\.line) == [2, 4])
        #expect(file.rejects[0].text == long)
        #expect(
            file.rejects[0].reason == "line 2 is 101 bytes long, and 100 are allowed. Shorten it, or allow longer lines with --max-line.")
        #expect(file.sourceLines == 4)
    }
}

@Test func `the bytes of a line of ten megabytes are let go as they come`() throws {
    let reader = try format().makeReader(limits: FormatLimits())
    let piece = [UInt8](repeating: UInt8(ascii: "y"), count: 1 << 16)
    var waiting: [UInt8] = Array("{}\n".utf8)
    var batches: [MessageBatch] = []
    var longestWait = 0
    for index in 0...160 {
        waiting += index < 160 ? piece : Array("\n{}\n".utf8)
        longestWait = max(longestWait, waiting.count)
        while true {
            let (batch, consumed) = try waiting.withUnsafeBytes { try reader.read($0, atEnd: false) }
            waiting.removeFirst(consumed)
            batches.append(batch)
            if consumed == 0 || waiting.isEmpty { break }
        }
    }
    let rejects = batches.flatMap(\.rejects)
    #expect(rejects.map(\.line) == [2])
    #expect(rejects[0].text.utf8.count == Reject.longestText)
    #expect(rejects[0].reason.hasPrefix("line 2 is \(160 * 65_536) bytes long"))
    #expect(batches.map(\.sourceLines).reduce(0, +) == 3)
    #expect(longestWait < 1 << 21)
}

@Test func `large files come in batches of about a megabyte`() throws {
    let line = "{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\"}\n"
    let bytes = Array(String(repeating: line, count: 100_000).utf8)
    let reader = try format().makeReader(limits: FormatLimits())
    var (place, lines, largest) = (0, 0, 0)
    while place < bytes.count {
        let (batch, consumed) = try bytes.withUnsafeBytes { try reader.read(UnsafeRawBufferPointer(rebasing: $0[place...]), atEnd: true) }
        #expect(batch.firstLine == lines + 1)
        #expect(batch.text.count == batch.count + MessageBatch.padding)
        place += consumed
        lines += batch.sourceLines
        largest = max(largest, batch.count)
    }
    #expect(lines == 100_000)
    #expect(largest <= 1 << 20 && largest > 1 << 19)
}

@Test func `a mapping is refused, since lines are messages already`() {
    #expect(throws: FormatError.self) { try SegmentFormat(settings: "csv: {}", settingsName: "m.yaml") }
}

@Test(arguments: FormatContract.allCases, UInt64(1)...12)
func `the segment format keeps its promises`(promise: FormatContract, seed: UInt64) throws {
    var random = SeededBytes(seed: seed)
    let alphabet: [UInt8] = Array("ab{}\"\n\r\n".utf8) + [0, 0xFF, 0xEF, 0xBB, 0xBF]
    let file = (0..<Int.random(in: 0..<300, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
    try promise.verify(format(), on: file, limits: FormatLimits(longestLine: Int.random(in: 1...40, using: &random)))
}

@Test(arguments: FormatContract.allCases)
func `the sample file keeps the promises too`(promise: FormatContract) throws {
    let sample = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Plugins/FormatSegment/sample.ndjson")
    let bytes = Array(try Data(contentsOf: sample))
    try promise.verify(format(), on: bytes)
    let file = try ReadFile(format(), bytes)
    #expect(file.lines.count == 6)
    for line in file.lines { _ = try JSONValue(parsing: line.text.utf8) }
}

/// A small generator whose seed repeats it: SplitMix64.
struct SeededBytes: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
