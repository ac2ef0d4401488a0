import EventModel
import Testing

/// What simdjson says a text is, as a plain value; nil where it refuses it.
private func bulkValue(_ text: [UInt8], _ parser: BulkParser) -> JSONValue? {
    let padded = text + Array(repeating: 0, count: MessageBatch.padding)
    return padded.withUnsafeBufferPointer { buffer in
        guard let tape = parser.parse(UnsafeBufferPointer(rebasing: buffer[..<text.count])) else { return nil }
        return value(at: 1, of: tape)
    }
}

private func value(at index: Int, of tape: BulkParser.Tape) -> JSONValue {
    func text(_ index: Int) -> String { String(decoding: tape.string(index), as: UTF8.self) }
    switch tape.kind(index) {
    case TapeKind.objectStart:
        var object = JSONObject()
        var at = index + 1
        while tape.kind(at) != TapeKind.objectEnd {
            object.set(text(at), value(at: at + 1, of: tape))
            at = tape.after(at + 1)
        }
        return .object(object)
    case TapeKind.arrayStart:
        var elements: [JSONValue] = []
        var at = index + 1
        while tape.kind(at) != TapeKind.arrayEnd {
            elements.append(value(at: at, of: tape))
            at = tape.after(at)
        }
        return .array(elements)
    case TapeKind.string: return .string(text(index))
    case TapeKind.integer: return .integer(Int64(bitPattern: tape.words[index + 1]))
    case TapeKind.unsigned: return .unsigned(tape.words[index + 1])
    case TapeKind.double: return .number(Double(bitPattern: tape.words[index + 1]))
    case TapeKind.yes: return .bool(true)
    case TapeKind.no: return .bool(false)
    default: return .null
    }
}

/// simdjson's tape against the reference decoder. Simdjson may refuse what the reference accepts (numbers it has no room for), since
/// such texts go to the reference; it must never accept what the reference refuses, nor read another value.
@Suite struct BulkParserTests {
    @Test(arguments: UInt64(1)...100)
    func `the tape holds the value that was written`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let parser = BulkParser()
        for _ in 0..<20 {
            let value = randomValue(depth: 5, using: &random)
            #expect(bulkValue(Array(value.text.utf8), parser) == value)
        }
    }

    @Test(.enabled(if: testData != nil, "TESSERA_TESTDATA is not set, so the JSON test suite did not run."))
    func `the tape and the reference decoder agree on the JSON test suite`() throws {
        let parser = BulkParser()
        for folder in ["vectors/jsontestsuite/test_parsing", "vectors/jsontestsuite/test_transform"] {
            for file in vectorFiles(folder) {
                let bytes = try vectorBytes(folder, file)
                let reference = try? JSONValue(parsing: bytes)
                let bulk = bulkValue(bytes, parser)
                if file.hasPrefix("y_") { #expect(bulk == reference, "\(file)") }
                if let bulk { #expect(bulk == reference, "\(file)") }
            }
        }
    }

    @Test(arguments: UInt64(1)...40)
    func `the tape and the reference decoder agree on damaged texts`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let parser = BulkParser()
        let whole = Array(randomValue(depth: 4, using: &random).text.utf8)
        for _ in 0..<1_000 where !whole.isEmpty {
            var text = whole
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                text[Int.random(in: 0..<text.count, using: &random)] =
                    Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : (Array("{}[]\",:\\ 0e.-tu".utf8).randomElement(using: &random) ?? 0)
            }
            if let bulk = bulkValue(text, parser) {
                #expect(bulk == (try? JSONValue(parsing: text)), "\(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test func `both go to the same depth`() {
        let parser = BulkParser()
        func nested(_ depth: Int) -> [UInt8] {
            Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
        }
        #expect(BulkParser.depthLimit == MessageLimits.jsonDepth)
        #expect(bulkValue(nested(MessageLimits.jsonDepth), parser) != nil)
        #expect(bulkValue(nested(MessageLimits.jsonDepth + 1), parser) == nil)
    }
}
