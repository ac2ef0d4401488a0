import BuiltIn
import EventModel
import Foundation
import NIOCore
import Platform
import Storage
import TestFolder
import Testing

@testable import tessera_load

private func plan(rate: Double = 1_000, batch: Int = 10, seconds: Double = 1, people: Int = 50, markers: Double = 20) -> LoadPlan {
    LoadPlan(
        rate: rate, batch: batch, seconds: seconds, warmup: 0, people: people, asks: [:], markers: markers, connections: 2,
        events: ["Product Viewed", "Order Completed"], tellsSentAt: true)
}

@Suite struct LoadPartsTests {
    @Test(arguments: [1, 7, UInt64.max]) func `a message's id tells its number, and only in its own run`(seed: UInt64) {
        let (run, other) = (RunIDs(seed: seed), RunIDs(seed: seed &+ 1))
        for number in [0, 1, 2, 99, 1_000_003, 1 << 40] {
            #expect(run.number(of: run.id(number)) == number)
            #expect(other.number(of: run.id(number)) == nil)
        }
        #expect(run.number(of: "m-1") == nil)
    }

    @Test func `everybody sends once before anybody sends twice`() {
        let plan = plan(people: 1_000)
        #expect(Set((0..<1_000).map { plan.person($0) }).count == 1_000)
    }

    @Test func `a batch from a template is what the collector takes, with the run's ids and people`() throws {
        let (plan, ids) = (plan(), RunIDs(seed: 3))
        var template = BatchTemplate(
            plan, ids: ids, head: { "POST / HTTP/1.1\r\nContent-Length: \($0)\r\n\r\n" }, isMarked: true, variety: 5)
        for number in [0, 4] {
            let time = try #require(Instant(text: "2026-06-30T12:00:00.250Z"))
            let text = String(buffer: template.request(number, plan, time: WrittenTime(time)))
            let parts = text.components(separatedBy: "\r\n\r\n")
            #expect(parts[0].hasSuffix("Content-Length: \(parts[1].utf8.count)"))
            let body = try #require(try JSONValue(parsing: parts[1]).asObject)
            #expect(body["sentAt"] == .string(time.text))
            let messages = try #require(body["batch"]?.asArray).map {
                try Array($0.text.utf8).withUnsafeBufferPointer { try Message(parsing: $0, derivedID: nil) }
            }
            #expect(messages.map { ids.number(of: $0.messageID) } == (number * 10..<(number + 1) * 10).map { $0 })
            #expect(messages.allSatisfy { $0.timestamp == time })
            #expect(messages[0].event == BatchTemplate.markerEvent)
            #expect(messages[0].json["userId"] == .string("load-\(ids.word)-000000000\(number)"))
            let digits = { (person: Int) in String(repeating: "0", count: 9 - "\(person)".count) + "\(person)" }
            #expect(messages[3].json["userId"] == .string("p-" + digits(plan.person(number * 10 + 3))))
        }
    }

    @Test(arguments: 1...40) func `answers are told apart wherever the network cuts them`(size: Int) throws {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nDate: x\r\n\r\nabcdHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
        var scanner = AnswerScanner()
        var statuses: [Int] = []
        let bytes = Array(text.utf8)
        // The two are cut apart: a connection has one request under way.
        for answer in [bytes[..<52], bytes[52...]] {
            for start in stride(from: answer.startIndex, to: answer.endIndex, by: size) {
                let piece = Array(answer[start..<min(answer.endIndex, start + size)])
                if let status = try piece.withUnsafeBytes({ try scanner.take($0) }) { statuses.append(status) }
            }
        }
        #expect(statuses == [200, 503])
    }

    @Test(arguments: ["SSH-2.0-OpenSSH\r\n\r\n and more", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
    func `what is no such answer is refused with a sentence`(text: String) {
        var scanner = AnswerScanner()
        #expect(throws: AnswerScanner.Fault.self) { try Array(text.utf8).withUnsafeBytes { try scanner.take($0) } }
    }

    @Test func `what is lost, doubled or foreign in a store is told`() throws {
        let folder = try Folder()
        let (plan, ids, path) = (plan(), RunIDs(seed: 9), folder / "a.tessera")
        // Batches 0 and 1 were acknowledged, 2 was not answered, and of batch 99 nothing was sent.
        var fates = [Generator.Fate](repeating: .unsent, count: plan.batches)
        (fates[0], fates[1], fates[2]) = (.acknowledged, .acknowledged, .broken)
        let stored = Array(0..<19) + [25, 995]
        let lines = stored.map { #"{"type":"page","userId":"u","messageId":"\#(ids.id($0))","timestamp":"2026-01-01T00:00:00Z"}"# }
        let writer = try Tessera(path: path, plugins: .builtIn).store(.creating).makeWriter()
        _ = try writer.appendDurably(MessageBatch(lines: lines.joined(separator: "\n") + "\n"))
        try writer.close()
        let check = try StoredCheck(store: path, plan: plan, ids: ids, fates: fates)
        #expect(check.distinct == 20 && check.lost == 1 && check.doubled == 0 && check.foreign == 1)
    }

    @Test func `the worker's counts are read from its metrics`() {
        let counts = WorkerCounts(metrics: "# HELP x\ntessera_messages_accepted_total 12\ntessera_messages_duplicate_total 3\n")
        #expect(counts.accepted == 12 && counts.duplicates == 3 && counts.quarantined == 0)
    }

    @Test func `percentiles count from when something was due`() {
        var latencies = Latencies()
        for milliseconds in 1...1_000 { latencies.record(Int64(milliseconds) * 1_000_000) }
        #expect(abs(latencies.milliseconds(50) - 500) < 1 && abs(latencies.milliseconds(99) - 990) < 1)
        #expect(Latencies().json == .null)
    }

    @Test func `as many segments are made as are wanted, each with a name of its own`() {
        let segments = SampleSegments.make(120, events: ["A", "B"])
        #expect(segments.count == 120 && Set(segments.map(\.name)).count == 120)
        #expect(segments[0].name == BatchTemplate.markerSegment)
    }
}
