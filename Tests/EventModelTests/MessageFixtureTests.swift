import EventModel
import Foundation
import Testing

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/Messages")

private let cases: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []).filter { !$0.hasPrefix(".") }.sorted()

private func text(_ name: String, _ file: String) throws -> String {
    let bytes = try Data(contentsOf: fixtures.appendingPathComponent(name).appendingPathComponent(file))
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
}

private func outcome(of input: [UInt8]) -> String {
    input.withUnsafeBufferPointer { bytes in
        do throws(MessageError) {
            let message = try Message(parsing: bytes, derivedID: "derived")
            return "\(message.kind.word) \(message.messageID) at \(message.timestamp.text)\n\(message.json.text)"
        } catch { return "refused: \(error)" }
    }
}

/// Each folder of Fixtures/Messages is one message: `input.json`, and in `expected` either `refused: ` and the sentence, or kind, id and
/// time, and the message as it is written again.
@Suite struct MessageFixtureTests {
    @Test(arguments: cases)
    func `a message gives what its fixture says`(name: String) throws {
        let input = Array(try text(name, "input.json").utf8)
        #expect(outcome(of: input) == (try text(name, "expected")))
    }

    @Test(arguments: cases)
    func `the documentation shows each fixture as it is`(name: String) throws {
        let page = String(decoding: try Data(contentsOf: checkout.appendingPathComponent("Documentation/Messages.md")), as: UTF8.self)
        #expect(page.contains(try text(name, "input.json")), "Documentation/Messages.md does not show the input of \(name).")
        let expected = try text(name, "expected")
        if expected.hasPrefix("refused: ") {
            #expect(page.contains(expected.dropFirst(9)), "Documentation/Messages.md does not give the sentence of \(name).")
        }
    }

    @Test func `there are fixtures`() { #expect(cases.count >= 28) }
}
