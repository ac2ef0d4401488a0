import BrokerTesting
import Connectors
import ConnectorsTesting
import EventModel
import FormatSegment
import Foundation
import LocalServers
import ScriptedWeb
import Testing

@testable import ConnectorS3

private let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

private let context = ConnectorContext(formats: FormatRegistry([SegmentFormat.self]), folder: "/", isRunOnce: true)
private let secrets = ["ID": "key", "KEY": "secret-of-the-shop"]

private func settings(_ endpoint: String, _ more: String) throws -> JSONObject {
    let text =
        #"{"bucket":"shop","region":"us-east-1","accessKeyID":"env:ID","secretAccessKey":"env:KEY","endpoint":"\#(endpoint)"\#(more)}"#
    return try #require(JSONValue(parsing: text).asObject)
}

private func makeSource(_ endpoint: String, _ more: String = #","settle":0"#) throws -> S3Source {
    let source = try SourceRegistry([S3SourceSettings.self])
        .make("s3", settings: settings(endpoint, more), environment: secrets, context: context)
    return try #require(source as? S3Source)
}

private func makeDestination(_ endpoint: String, _ more: String = "") throws -> S3Destination {
    let destination = try DestinationRegistry([S3DestinationSettings.self])
        .make("s3", settings: settings(endpoint, more), environment: secrets, context: context)
    return try #require(destination as? S3Destination)
}

private func lines(_ numbers: Range<Int>) -> [UInt8] {
    Array(numbers.map { #"{"type":"track","event":"Sold","userId":"u","messageId":"m\#($0)"}"# + "\n" }.joined().utf8)
}

private func ids(_ batches: [SourceBatch]) -> [String] {
    batches.flatMap { batch in
        batch.messages.text.prefix(batch.messages.count).split(separator: 10)
            .compactMap { (try? JSONValue(parsing: Array($0)))?.asObject?["messageId"]?.asString }
    }
}

@Suite(.enabled(if: LocalMoto.python != nil, "\(LocalMoto.missing)")) struct S3Tests {
    private let moto: LocalMoto
    private var bucket: S3Bucket { get throws { try makeSource(moto.endpoint).bucket } }

    init() async throws {
        moto = try await LocalMoto()
        try await moto.tell("bucket shop")
    }

    private func put(_ body: [UInt8], _ key: String) async throws {
        try await bucket.put(body, as: key, type: "application/x-ndjson")
    }

    private func objects(_ prefix: String = "") async throws -> [S3Bucket.Object] {
        try await bucket.page(prefix: prefix, token: nil).objects
    }

    /// Keys of the records in all objects, in the order of when these came.
    private func arrived() async throws -> [String] {
        var all: [(S3Bucket.Object, [String])] = []
        for object in try await objects() where object.key.hasSuffix(".ndjson") {
            let body = try await #require(bucket.read(object, from: 0, count: object.size))
            all.append(
                (object, body.split(separator: 10).compactMap { (try? JSONValue(parsing: Array($0)))?.asObject?["messageId"]?.asString }))
        }
        return all.flatMap(\.1)
    }

    @Test(arguments: SourceContract.allCases) func `it keeps the promises of a source`(promise: SourceContract) async throws {
        for (number, name) in ["b.ndjson", "a/ü x+.jsonl", "c.ndjson"].enumerated() {
            try await put(lines((number * 300)..<(number * 300 + 300)), name)
        }
        try await put(Array("nothing\n".utf8), "d.ndjson")
        try await promise.verify(makeSource(moto.endpoint), records: 901, checkpoints: 20)
    }

    @Test(arguments: DestinationContract.allCases) func `it keeps the promises of a destination`(promise: DestinationContract) async throws
    {
        try await promise.verify({ try makeDestination(moto.endpoint, #","compress":false"#) }) {
            // Objects of one day lie in no order of their own: what each holds is in order.
            try await arrived().sorted { Int($0.dropFirst(4)) ?? 0 < Int($1.dropFirst(4)) ?? 0 }
        }
    }

    @Test func `what comes later is read, and what was read is not read again`() async throws {
        try await put(lines(0..<5), "x/one.ndjson")
        try await put(lines(5..<9), "x/two.ndjson")
        try await put(lines(100..<200), "y/other.ndjson")
        try await put(lines(100..<200), "x/other.txt")
        let source = try makeSource(moto.endpoint, #","settle":0,"prefix":"x/","pattern":"*.ndjson""#)
        let first = try await read(source)
        #expect(Set(ids(first)) == Set((0..<9).map { "m\($0)" }))
        let end = try #require(first.last?.checkpoint)
        #expect(try await read(source, after: end).isEmpty)
        // One second later, as the bucket counts.
        try await Task.sleep(for: .milliseconds(1_100))
        try await put(lines(9..<12), "x/a-third.ndjson")
        let later = try await read(source, after: end)
        #expect(ids(later) == ["m9", "m10", "m11"])
        // What is younger than it has to be is left for later.
        let patient = try makeSource(moto.endpoint, #","settle":3600"#)
        #expect(try await read(patient).isEmpty)
    }

    @Test func `an object whose name tells no format keeps no others back`() async throws {
        try await put(Array("notes".utf8), "a/README.txt")
        try await put(lines(0..<5), "b.ndjson")
        try await put(Array("notes".utf8), "c")
        let source = try makeSource(moto.endpoint, #","settle":0"#)
        let all = try await read(source)
        #expect(ids(all) == (0..<5).map { "m\($0)" })
        let end = try #require(all.last?.checkpoint)
        try await Task.sleep(for: .milliseconds(1_100))
        try await put(lines(5..<7), "d.ndjson")
        #expect(ids(try await read(source, after: end)) == ["m5", "m6"])
    }

    @Test func `objects of many pieces and gzip are read, and a position within them is gone on from`() async throws {
        let text = lines(0..<300_000)
        #expect(text.count > 17 << 20)
        try await put(text, "big.ndjson")
        let source = try makeSource(moto.endpoint)
        let all = try await read(source)
        #expect(ids(all).count == 300_000 && all.count > 3)
        let rest = try await read(source, after: all[all.count / 2].checkpoint)
        #expect(ids(all[...(all.count / 2)].map { $0 }) + ids(rest) == ids(all))
    }

    @Test func `objects that were delivered are read back, each record once, through a server that fails again and again`() async throws {
        let count = isLong ? 200_000 : 3_000
        let keys = (0..<count).map { "key-\($0)" }
        let destination = try makeDestination(moto.endpoint, #","prefix":"lake/""#)
        try await moto.tell("faults 4")
        func trying<Answer>(_ work: () async throws -> Answer) async throws -> Answer {
            for _ in 0..<50 {
                do { return try await work() } catch let error as ConnectorError {
                    guard case .retry = error.recovery else { throw error }
                }
            }
            return try await work()
        }
        for start in stride(from: 0, to: count, by: 250) {
            let batch = DestinationContract.batch(keys[start..<min(count, start + 250)])
            _ = try await trying { try await destination.deliver(batch) }
            // The worker ended before it knew, and brings more with the next.
            if start % 1_000 == 0, start + 250 < count {
                _ = try await trying { try await destination.deliver(DestinationContract.batch(keys[start..<(start + 500)])) }
                _ = try await trying { try await destination.deliver(batch) }
            }
        }
        let source = try makeSource(moto.endpoint, #","settle":0,"prefix":"lake/""#)
        var position: Checkpoint?
        var all: [SourceBatch] = []
        for _ in 0..<10_000 {
            do {
                for try await batch in source.batches(after: position) {
                    all.append(batch)
                    position = batch.checkpoint
                }
                break
            } catch { guard case .retry = error.recovery else { throw error } }
        }
        try await moto.tell("faults 0")
        let read = ids(all)
        #expect(read.count == count && Set(read) == Set(keys))
    }

    @Test func `names of objects say what is in them and when`() async throws {
        var batch = DeliveryBatch()
        batch.append(.membership, key: "a", profile: "p", json: #"{"segment":"s","at":"2026-06-01T10:11:12.345Z"}"#.utf8)
        batch.append(.message, key: "b", profile: "p", json: #"{"type":"track","timestamp":"2026-06-02T00:00:00Z"}"#.utf8)
        batch.append(.profile, key: "c", profile: "p", json: #"{"id":"p"}"#.utf8)
        batch.append(.membership, key: "d", profile: "p", json: #"{"segment":"s","at":"2026-06-03T10:11:12.345Z"}"#.utf8)
        _ = try await makeDestination(moto.endpoint).deliver(batch)
        let names = try await objects().map(\.key)
        #expect(names.count == 3)
        #expect(names[0].hasPrefix("memberships/2026/06/01/101112-") && names[0].hasSuffix(".ndjson.gz"))
        #expect(names[1].hasPrefix("messages/2026/06/02/000000-") && names[2].hasPrefix("profiles/") && !names[2].contains("2026"))
    }

    @Test func `a probe tells what is there, and a bucket that is not is the settings' fault`() async throws {
        try await put(lines(0..<1), "one.ndjson")
        #expect(try await makeSource(moto.endpoint).probe() == "\(moto.endpoint)/shop is there, with 1 object to read.")
        let other =
            #"{"bucket":"none","region":"us-east-1","accessKeyID":"env:ID","secretAccessKey":"env:KEY","endpoint":"\#(moto.endpoint)"}"#
        let source = try SourceRegistry([S3SourceSettings.self])
            .make("s3", settings: #require(JSONValue(parsing: other).asObject), environment: secrets, context: context)
        let error = await #expect(throws: ConnectorError.self) { _ = try await source.probe() }
        #expect(error?.recovery == .mendSettings && error?.problem == "the server answered 404 (NoSuchBucket)")
    }
}

@Suite struct S3SettingsTests {
    @Test func `an answer that is no list is tried again, and nothing of it is shown`() async throws {
        for body in ["", "<ListBucketResult>", "<a>ada@example.com</a>", "ada"] {
            let server = try await ScriptedWebServer { _ in .answer(200, body: body) }
            let source = try makeSource("http://127.0.0.1:\(server.port)")
            let error = await #expect(throws: ConnectorError.self) { _ = try await source.probe() }
            #expect(error?.recovery == .retry(after: nil) && error?.description.contains("ada") == false)
            #expect(server.requests.allSatisfy { $0.headers["authorization"]?.contains("secret-of-the-shop") == false })
            await server.close()
        }
    }

    @Test(arguments: [
        (#","bucket":"A""#, "bucket"), (#","region":"Frankfurt am Main""#, "region"), (#","endpoint":"http://example.com""#, "endpoint"),
        (#","endpoint":"https://example.com/s3""#, "endpoint"), (#","format":"none""#, "format"), (#","interval":0"#, "interval"),
        (#","secretAccessKey":"secret""#, "secretAccessKey"),
    ])
    func `wrong settings are refused at their place`(more: String, path: String) throws {
        let usual = #"{"bucket":"shop","region":"us-east-1","accessKeyID":"env:ID","secretAccessKey":"env:KEY"}"#
        var object = try #require(JSONValue(parsing: usual).asObject)
        for member in try #require(JSONValue(parsing: "{\(more.dropFirst())}").asObject).members { object.set(member.name, member.value) }
        #expect {
            _ = try SourceRegistry([S3SourceSettings.self]).make("s3", settings: object, environment: secrets, context: context)
        } throws: { ($0 as? SettingsErrors)?.errors.map(\.path) == [[path]] && !"\($0)".contains("secret-of") }
    }
}
