import Connectors
import EventModel
import Foundation
import Synchronization
import Testing

/// Records are their JSON backwards; those that begin with `!` are none, and members called `secret` cannot be written.
private struct Backwards: PayloadCodec {
    let contentType = "text/backwards"

    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        if bytes.first == UInt8(ascii: "!") || bytes.first == 0xFF { throw PayloadError("At byte 0, it is wrong.") }
        return ContiguousArray(bytes.reversed())
    }

    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8> {
        if record["secret"] != nil { throw PayloadError("The member `secret` has no place.") }
        return ContiguousArray(record.text.utf8.reversed())
    }
}

private struct Lines: EventFormat {
    static let name = "segment"
    static let summary = "Lines."
    init(settings: String?, settingsName: String) throws(FormatError) {}
    func makeReader(limits: FormatLimits) -> any EventReader { LineReader(longestLine: limits.longestLine) }
}

/// Keeps what it is given, refuses the second record of each batch, and wants the third one later.
private final class Kept: Destination {
    let batches = Mutex<[DeliveryBatch]>([])
    func probe() async throws(ConnectorError) -> String { "It is there." }
    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        batches.withLock { $0.append(batch) }
        return DeliveryReceipt(
            refused: batch.count > 1 ? [.init(record: 1, reason: "Not this one.")] : [],
            later: batch.count > 2 ? .init([2], because: busy) : nil)
    }
}

struct PayloadTests {
    private static let context = ConnectorContext(
        formats: FormatRegistry([Lines.self]), payloads: Payloads([.init(name: "backwards", codec: Backwards(), identity: 7)]), folder: "/")

    @Test func `a destination is given the bytes, and refusals come back to their own places`() async throws {
        let kept = Kept()
        let destination = try Self.context.encoding("backwards", for: kept)
        var batch = DeliveryBatch()
        for (key, json) in [("a", #"{"a":1}"#), ("b", #"{"secret":"mine"}"#), ("c", #"{"c":3}"#), ("d", "[]"), ("e", #"{"e":5}"#)] {
            batch.append(.message, key: key, profile: "p" + key, json: json.utf8)
        }
        let receipt = try await destination.deliver(batch)
        #expect(receipt.refused.map(\.record) == [1, 2, 3] && receipt.later == .init([4], because: busy))
        #expect(
            receipt.refused.map(\.reason) == [
                "The record cannot be written as `payload` says. The member `secret` has no place.", "Not this one.",
                "The record cannot be written as `payload` says. It is no JSON object.",
            ])
        let given = try #require(kept.batches.withLock { $0.first })
        #expect(given.contentType == "text/backwards" && batch.contentType == "application/json")
        #expect((0..<given.count).map { given.key($0) } == ["a", "c", "e"] && given.profile(2) == "pe")
        #expect(String(decoding: given.json(0), as: UTF8.self) == #"}1:"a"{"#)
        // Where nothing can be written, nobody is asked.
        var none = DeliveryBatch()
        none.append(.message, key: "b", profile: "", json: #"{"secret":1}"#.utf8)
        #expect(try await destination.deliver(none).refused.map(\.record) == [0])
        #expect(kept.batches.withLock { $0.count } == 1)
        #expect(try await destination.probe() == "It is there." && !destination.learns)
    }

    @Test func `a source reads what the codec says, and what is none is refused with its beginning`() throws {
        let decoder = try RecordDecoder(named: nil, payload: "backwards", Self.context)
        var batch = decoder.makeBatch(firstLine: 1, bytes: 100)
        let records: [[UInt8]] = [
            Array(#"{"a":1}"#.utf8.reversed()), Array("!text €".utf8), [0xFF, 0, 1], [], Array(#"{"b":2}"#.utf8.reversed()),
        ]
        for (number, record) in records.enumerated() {
            #expect(record.withUnsafeBytes { batch.append($0, number: number + 1) { "topic, offset \(number)" } })
        }
        let messages = batch.finished()
        #expect(String(decoding: messages.text.prefix(messages.count), as: UTF8.self) == "{\"a\":1}\n{\"b\":2}\n")
        #expect(messages.lineNumbers == [1, 5] && messages.skippedLines == 1)
        #expect(messages.rejects.map(\.line) == [2, 3] && messages.rejects.map(\.text) == ["!text €", "base64:/wAB"])
        #expect(messages.rejects.first?.reason == "topic, offset 1: At byte 0, it is wrong.")
    }

    @Test func `long records that are no text are cut`() throws {
        let decoder = RecordDecoder(try Lines(settings: nil, settingsName: ""), codec: Backwards())
        var batch = decoder.makeBatch(firstLine: 1, bytes: 100)
        // A letter of three bytes is cut where the text is.
        let long = [UInt8(ascii: "!")] + Array(String(repeating: "€", count: 40_000).utf8)
        for record in [long, [UInt8](repeating: 0xFF, count: 100_000)] {
            _ = record.withUnsafeBytes { batch.append($0, number: 1) { "here" } }
        }
        let texts = batch.finished().rejects.map(\.text)
        #expect(texts[0].hasPrefix("!€€") && (65_500...65_536).contains(texts[0].utf8.count))
        #expect(texts[1].hasPrefix("base64://///") && (65_500...65_536).contains(texts[1].utf8.count))
    }

    @Test func `payloads are known by their names`() throws {
        #expect(try Self.context.payloads.codec(named: nil) == nil && Self.context.payloads.codec(named: "json") == nil)
        #expect(Self.context.payloads.identity(of: "backwards") == 7)
        let error = #expect(throws: SettingsError.self) { _ = try Self.context.payloads.codec(named: "backward") }
        #expect(error?.description.hasPrefix("payload: there is no payload `backward`. Did you mean `backwards`? There are: ") == true)
    }
}
