import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import FormatSegment
import Foundation
import LocalServers
import Testing

@testable import ConnectorKinesis

private let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

private let secrets = ["ID": "key", "KEY": "secret"]

private func settings(_ endpoint: String, _ more: String) throws -> JSONObject {
    let text =
        #"{"stream":"clicks","region":"us-east-1","accessKeyID":"env:ID","secretAccessKey":"env:KEY","endpoint":"\#(endpoint)"\#(more)}"#
    return try #require(JSONValue(parsing: text).asObject)
}

private func makeSource(_ moto: LocalMoto, _ more: String = "", runsOnce: Bool = true) throws -> KinesisSource {
    let context = ConnectorContext(formats: FormatRegistry([SegmentFormat.self]), folder: "/", isRunOnce: runsOnce)
    let source = try SourceRegistry([KinesisSourceSettings.self])
        .make("kinesis", settings: settings(moto.endpoint, more), environment: secrets, context: context)
    return try #require(source as? KinesisSource)
}

private func makeDestination(_ moto: LocalMoto) throws -> any Destination {
    try DestinationRegistry([KinesisDestinationSettings.self]).make(
        "kinesis", settings: settings(moto.endpoint, ""), environment: secrets,
        context: ConnectorContext(formats: FormatRegistry([]), folder: "/"))
}

private func ids(_ batches: [SourceBatch]) -> [String] {
    batches.flatMap { batch in
        batch.messages.text.prefix(batch.messages.count).split(separator: 10)
            .compactMap { (try? JSONValue(parsing: Array($0)))?.asObject?["messageId"]?.asString }
    }
}

@Suite(.enabled(if: LocalMoto.python != nil, "\(LocalMoto.missing)")) struct KinesisTests {
    private let moto: LocalMoto

    init() async throws {
        moto = try await LocalMoto()
        try await moto.tell("stream clicks 2")
    }

    private func put(_ numbers: Range<Int>) async throws {
        let stream = try makeSource(moto).stream
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 500) {
            let failures = try await stream.put(
                (start..<min(numbers.upperBound, start + 500)).map {
                    ("p\($0 % 7)", Array(#"{"type":"track","event":"Sold","userId":"u\#($0 % 7)","messageId":"m\#($0)"}"#.utf8))
                })
            #expect(failures.allSatisfy { $0 == nil })
        }
    }

    @Test(arguments: SourceContract.allCases) func `it keeps the promises of a source`(promise: SourceContract) async throws {
        try await put(0..<900)
        _ = try await makeSource(moto).stream.put([("x", Array("nothing".utf8))])
        try await promise.verify(makeSource(moto, #","batchRecords":100"#), records: 901, checkpoints: 10)
    }

    /// A stream tells no repeats.
    @Test(arguments: [DestinationContract.takesEveryRecordInOrder, .takesAnySize, .probesQuietly])
    func `it keeps the promises of a destination that a stream can keep`(promise: DestinationContract) async throws {
        try await promise.verify({ try makeDestination(moto) }) {
            // Shards have an order each, and there are two of them.
            try await ids(read(makeSource(moto))).sorted { Int($0.dropFirst(4)) ?? 0 < Int($1.dropFirst(4)) ?? 0 }
        }
    }

    @Test func `records of one profile stay in their order`() async throws {
        let destination = try makeDestination(moto)
        // Its messages are of three people in turn.
        for start in stride(from: 0, to: 1_020, by: 51) {
            _ = try await destination.deliver(DestinationContract.batch((start..<(start + 51)).map { "key-\($0)" }[...]))
        }
        let read = ids(try await read(makeSource(moto))).compactMap { Int($0.dropFirst(4)) }
        #expect(read.count == 1_020)
        for person in 0..<3 {
            let own = read.filter { $0 % 3 == person }
            let isInOrder = own == own.sorted()
            #expect(isInOrder && !own.isEmpty)
        }
    }

    @Test func `a shard that is split is read before those that continue it`() async throws {
        try await put(0..<100)
        let first = try await read(makeSource(moto))
        #expect(ids(first).count == 100)
        try await put(100..<200)
        try await moto.tell("split clicks")
        try await put(200..<300)
        let all = try await ids(read(makeSource(moto)))
        #expect(all.count == 300)
        for person in 0..<7 {
            let own = all.compactMap { Int($0.dropFirst()) }.filter { $0 % 7 == person }
            let isInOrder = own == own.sorted()
            #expect(isInOrder && !own.isEmpty)
        }
        #expect(try await ids(read(makeSource(moto), after: first.last?.checkpoint)).count == 200)
    }

    @Test(.timeLimit(.minutes(10))) func `from the latest on nothing that came before is read, and what comes is`() async throws {
        try await put(0..<50)
        let source = try makeSource(moto, #","start":"latest","interval":0.2"#, runsOnce: false)
        // The time of a record and of the beginning are whole milliseconds at best.
        try await Task.sleep(for: .milliseconds(20))
        var iterator = source.batches(after: nil).makeAsyncIterator()
        let begun = try #require(try await iterator.next(isolation: nil))
        #expect(begun.messages.count == 0)
        try await Task.sleep(for: .milliseconds(20))
        try await put(100..<110)
        let wanted = Set((100..<110).map { "m\($0)" })
        // It goes on from there, and so does one that knows the position alone.
        for start in [iterator, source.batches(after: begun.checkpoint).makeAsyncIterator()] {
            var batches = start
            var got: Set<String> = []
            while got.count < 10, let batch = try await batches.next(isolation: nil) { got.formUnion(ids([batch])) }
            #expect(got == wanted)
        }
    }

    @Test func `a server that fails again and again takes every record, and gives each`() async throws {
        let count = isLong ? 100_000 : 2_000
        let keys = (0..<count).map { "key-\($0)" }
        let destination = try makeDestination(moto)
        try await moto.tell("faults 13")
        for start in stride(from: 0, to: count, by: 200) {
            let batch = DestinationContract.batch(keys[start..<(start + 200)])
            while true {
                do {
                    _ = try await destination.deliver(batch)
                    break
                } catch { guard case .retry = error.recovery else { throw error } }
            }
        }
        let source = try makeSource(moto, #","batchRecords":300"#)
        var position: Checkpoint?
        var all: [SourceBatch] = []
        while true {
            do {
                for try await batch in source.batches(after: position) {
                    all.append(batch)
                    position = batch.checkpoint
                }
                break
            } catch { guard case .retry = error.recovery else { throw error } }
        }
        // What had its effect unheard is there twice: a stream tells no repeats, and whoever reads it tells them by their ids.
        #expect(Set(ids(all)) == Set(keys))
    }

    @Test func `what is too large for a record is refused alone, and a stream that is not there is the settings' fault`() async throws {
        var batch = DestinationContract.batch(["key-1"])
        batch.append(.message, key: "big", profile: "p", json: Array(repeating: UInt8(ascii: "x"), count: 1_048_600))
        let receipt = try await makeDestination(moto).deliver(batch)
        #expect(receipt.refused.map(\.record) == [1])
        let stream = KinesisStream(client: try makeSource(moto).stream.client, name: "none")
        let error = await #expect(throws: ConnectorError.self) { _ = try await stream.shards() }
        #expect(error?.recovery == .mendSettings && error?.problem.contains("ResourceNotFoundException") == true)
        #expect(try await makeSource(moto).probe() == "The stream `clicks` is there, with 2 shards.")
    }
}
