import BuiltIn
import EventModel
import Foundation
import Platform
import Service
import Synchronization
import TestFolder
import Testing

/// What was refused, judged again once the plan is mended.
@Suite struct QuarantineTests {
    private let folder: Folder
    private let tessera: Tessera
    private let sentences = Sentences()

    init() throws {
        folder = try Folder()
        tessera = Tessera(path: folder / "q.tessera", plugins: .builtIn)
    }

    private func worker(_ plan: String) throws -> Worker {
        var limits = WorkerLimits()
        limits.definitionsEvery = 20
        return try Worker(
            tessera: tessera, settings: write(plan), limits: limits, clock: { Instant(milliseconds: 1_780_000_000_000) },
            report: { [sentences] sentence in sentences.add(sentence) })
    }

    /// Writes the settings file; gives its path.
    @discardableResult private func write(_ plan: String) throws -> String {
        let file = folder / "tessera.yaml"
        try Data("trackingPlan:\n  events:\n    Order Completed:\n      properties:\n        \(plan)\n".utf8)
            .write(to: URL(fileURLWithPath: file), options: .atomic)
        return file
    }

    private func orders(_ numbers: Range<Int>) -> MessageBatch {
        MessageBatch(
            lines: numbers.map {
                #"{"type":"track","messageId":"m\#($0)","userId":"u","event":"Order Completed","timestamp":"2026-05-01T00:00:00Z","#
                    + #""properties":{"revenue":\#($0)}}"# + "\n"
            }.joined())
    }

    private func records() throws -> [JSONObject] {
        try QuarantineFolder(store: tessera.path).records(reason: nil, limit: 10_000).records
    }

    private func stored() throws -> Double? {
        let session = Session(tessera: tessera, format: .json, clock: { Instant(milliseconds: 1_790_000_000_000) })
        let answer = try session.answer(try #require(try Command("events"))).json["events"]?.asArray?.first?.asObject
        return answer?["count"]?.asDouble
    }

    @Test func `once the plan is mended, what it takes is stored once and the rest stays with its new reason`() async throws {
        let strict = try worker("revenue: {kind: number, minimum: 100}")
        #expect(try await strict.collect(orders(0..<2_500), from: "web").quarantined == 100)
        await strict.drain()
        let summary = try QuarantineFolder(store: tessera.path).summary()
        #expect(summary.entries.map(\.rule) == ["Order Completed/revenue/minimum"] && summary.entries.first?.messages == 100)
        #expect(summary.entries.first?.replayable == 100 && summary.entries.first?.last == "2026-05-28T20:26:40.000Z")

        let mended = try worker("revenue: {kind: number, minimum: 10}")
        // One of them was sent again meanwhile, and mended.
        _ = try await mended.collect(orders(50..<51), from: "web")
        let result = try await mended.replayQuarantine()
        #expect(result.json.members.prefix(5).map(\.value) == [.integer(100), .integer(89), .integer(1), .integer(10), .integer(0)])
        #expect(try await mended.answer(.events("u", limit: 1))["total"] == .integer(2_490))
        // Nothing more to do, and new refusals come behind those that stayed.
        _ = try await mended.collect(orders(5_000..<5_001), from: "web")
        _ = try await mended.collect(orders(3..<4), from: "late")
        #expect(try await mended.replayQuarantine().entries.first?.refused == 11)
        await mended.drain()
        let left = try records()
        #expect(left.count == 11 && left.allSatisfy { $0["reason"]?.asString?.contains("below the minimum, 10") ?? false })
        #expect(left.last?["file"] == .string("late") && left.first?["file"] == .string("web"))
        #expect(try stored() == 2_491)
    }

    @Test func `a running worker judges by the plan that its file has now, and a plan that is wrong changes nothing`() async throws {
        let worker = try worker("revenue: {kind: number, minimum: 100}")
        #expect(try await worker.collect(orders(0..<200), from: "web").quarantined == 100)
        try write("revenue: {kind: nonsense}")
        let refusal = await #expect(throws: CommandError.self) { try await worker.replayQuarantine() }
        #expect(refusal?.code == .data && refusal?.message.contains("tessera.yaml:5") == true, "\(refusal?.message ?? "")")
        let told = await #expect(throws: ServiceError.self) { try await worker.answer(.replayQuarantine) }
        #expect(told?.code == .conflict)
        for _ in 0..<3_000 where sentences.all.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        #expect(sentences.all.first?.contains("the one before counts") == true)
        #expect(try await worker.collect(orders(0..<1), from: "web").quarantined == 1)
        try write("revenue: {kind: number, minimum: 10}")
        let result = try await worker.replayQuarantine()
        #expect(result.entries.first?.stored == 90 && result.entries.first?.refused == 11)
        // What comes is judged by it, too, and so it is when nobody asks for a replay.
        #expect(try await worker.collect(orders(10..<11), from: "web") == CollectReceipt(duplicates: 1))
        try write("revenue: {kind: number, minimum: 1}")
        var accepted = 0
        for _ in 0..<3_000 where accepted == 0 {
            try await Task.sleep(for: .milliseconds(20))
            accepted = try await worker.collect(orders(5..<6), from: "web").accepted
        }
        #expect(accepted == 1 && sentences.all.count == 1, "\(sentences.all)")
        await worker.drain()
    }

    @Test func `what is refused during a replay stays, behind what stayed of it`() async throws {
        let strict = try worker("revenue: {kind: number, minimum: 1000000}")
        _ = try await strict.collect(orders(0..<4_000), from: "web")
        await strict.drain()
        let mended = try worker("revenue: {kind: number, minimum: 2000}")
        async let replayed = mended.replayQuarantine()
        for number in 0..<50 { _ = try await mended.collect(orders(number..<number + 1), from: "late") }
        #expect(try await replayed.entries.first?.stored == 2_000)
        await mended.drain()
        let left = try records()
        #expect(left.count == 2_050 && left.count { $0["file"] == .string("late") } == 50)
        #expect(try stored() == 2_000)
    }

    @Test func `what was not kept whole stays as it is, and only what was asked for is judged`() async throws {
        let rejecting = try worker("revenue: {kind: number, minimum: 1, action: reject}")
        _ = try await rejecting.collect(orders(0..<1), from: "web")
        _ = try await rejecting.collect(MessageBatch(lines: "{\"type\":\"track\",\"userId\":\"u\"\n"), from: "web")
        await rejecting.drain()
        let before = try records()
        #expect(before.count == 2)
        let open = try worker("revenue: {kind: number}")
        #expect(try await open.replayQuarantine(reason: "revenue").entries.first?.left == 2)
        #expect(try records() == before)
        // The message that was cut is judged, and refused for what it is.
        let all = try await open.replayQuarantine()
        #expect(all.entries.first?.refused == 1 && all.entries.first?.left == 1)
        await open.drain()
        #expect(try records().count == 2)
    }

    @Test func `import's rejects are judged, too`() async throws {
        let lines = #"{"type":"track","event":"Seen","userId":"u","messageId":"a"}"# + "\nnonsense\n"
        let file = try folder.write(lines, as: "a.ndjson")
        let summary = try tessera.importFiles(ImportRequest(files: [file]), interruption: Interruption()).summary
        #expect(summary.rejected == 2)
        let open = try worker("revenue: {kind: number}")
        let result = try await open.replayQuarantine()
        await open.drain()
        #expect(result.entries.map(\.file) == ["a.ndjson.ndjson"] && result.entries.first?.refused == 1)
        #expect(try records().count == 2)
    }
}

/// What a worker says to its log.
private final class Sentences: Sendable {
    private let sentences = Mutex<[String]>([])
    var all: [String] { sentences.withLock { $0 } }
    func add(_ sentence: String) { sentences.withLock { $0.append(sentence) } }
}
