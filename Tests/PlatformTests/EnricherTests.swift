import BuiltIn
import Connectors
import EventModel
import Foundation
import Service
import Storage
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// An enricher that knows the length of a text, and fails or gives too much where a test wants it.
private struct Probing: EnricherSettings {
    var part: String
    var purge: Bool?
    static let descriptor = ConnectorDescriptor(
        name: "probing", summary: "Counts letters.",
        settings: [.required("part", .text, "The part."), .optional("purge", .truth, "Whether it is purged.")])

    func makeEnricher(_ context: ConnectorContext) throws(SettingsError) -> any Enricher {
        Counting(parts: [part.split(separator: ".").map(String.init)], purges: purge ?? false)
    }

    struct Counting: Enricher {
        let parts: [[String]]
        let purges: Bool
        var purged: [[String]] { purges ? parts : [] }

        func traits(of parts: [JSONValue?], at now: Instant) throws(ConnectorError) -> [GivenTraits] {
            guard let text = parts[0]?.asString else { return [] }
            if text == "fail" { throw ConnectorError(.stop, at: "probing", "it has no answer", remedy: "Ask another.") }
            if text == "flood" { return [GivenTraits(JSONObject((0..<300).map { .init("t\($0)", .bool(true)) }))] }
            return [
                GivenTraits(JSONObject([.init("letters", .integer(Int64(text.count)))])),
                GivenTraits(JSONObject([.init("short", .bool(text.count < 3))]), purpose: "audit", timeToLive: .seconds(60)),
            ]
        }
    }
}

private func track(_ id: String, _ event: String = "Wrote", user: String = "ada", at time: String = "2026-06-01T00:00:00Z", body: String)
    -> String
{
    #"{"type":"track","messageId":"\#(id)","userId":"\#(user)","event":"\#(event)","timestamp":"\#(time)","properties":{"body":"\#(body)","n":1}}"#
}

@Suite struct EnricherTests {
    private let bench: Bench

    init() throws {
        var plugins = Plugins.builtIn
        plugins.enrichers = EnricherRegistry([Probing.self])
        bench = try Bench(plugins: plugins)
    }

    private func settings(_ more: String = "", name: String = "letters") throws -> String {
        try bench.folder.write(
            "enrichers: [{name: \(name), kind: probing, part: properties.body, purpose: service\(more)}]\n", as: "tessera.yaml")
    }

    private func makeKeeper(_ more: String = "") throws -> EnricherKeeper {
        try EnricherKeeper(settings: settings(more), plugins: bench.tessera.plugins, environment: [:]) { sentence in
            bench.sentences.withLock { $0.append(sentence) }
        }
    }

    private func lines(_ batch: MessageBatch?) throws -> [JSONObject] {
        guard let batch else { return [] }
        return try String(decoding: batch.text.prefix(batch.count), as: UTF8.self).split(separator: "\n")
            .map { try #require(try JSONValue(parsing: String($0)).asObject) }
    }

    @Test func `what is given is an identify with its origin, the same bytes every time`() throws {
        let keeper = try makeKeeper(", ttl: 1d")
        let batch = MessageBatch(lines: track("1", body: "hello") + "\n\nnonsense\n" + track("2", user: "bob", body: "no") + "\n")
        let (first, second) = (keeper.enriched(batch, at: bench.clock()), keeper.enriched(batch, at: bench.clock()))
        #expect(first.batch.text == batch.text && first.given?.text == second.given?.text)
        let given = try lines(first.given)
        let found = given.map { json -> String in
            var json = json
            json.set("messageId", .string("-"))
            return json.text
        }
        #expect(
            found == [
                #"{"messageId":"-","type":"identify","timestamp":"2026-06-01T00:00:00.000Z","userId":"ada","traits":{"letters":5},"#
                    + #""context":{"source":"letters","purpose":"service","expiresAt":"2026-06-02T00:00:00.000Z"}}"#,
                #"{"messageId":"-","type":"identify","timestamp":"2026-06-01T00:00:00.000Z","userId":"ada","traits":{"short":false},"#
                    + #""context":{"source":"letters","purpose":"audit","expiresAt":"2026-06-01T00:01:00.000Z"}}"#,
                #"{"messageId":"-","type":"identify","timestamp":"2026-06-01T00:00:00.000Z","userId":"bob","traits":{"letters":2},"#
                    + #""context":{"source":"letters","purpose":"service","expiresAt":"2026-06-02T00:00:00.000Z"}}"#,
                #"{"messageId":"-","type":"identify","timestamp":"2026-06-01T00:00:00.000Z","userId":"bob","traits":{"short":true},"#
                    + #""context":{"source":"letters","purpose":"audit","expiresAt":"2026-06-01T00:01:00.000Z"}}"#,
            ], "\(found)")
        #expect(Set(given.compactMap { $0["messageId"]?.asString }).count == 4)
    }

    @Test func `it is asked about the messages that it is meant for alone`() throws {
        let keeper = try makeKeeper(", types: [track], events: [Wrote]")
        let other = #"{"type":"page","userId":"a","timestamp":"2026-06-01","properties":{"body":"x"}}"#
        let batch = MessageBatch(lines: [track("1", "Read", body: "abc"), other, track("2", body: "abcd")].joined(separator: "\n"))
        #expect(
            try lines(keeper.enriched(batch, at: bench.clock()).given).compactMap { $0["traits"]?.asObject?["letters"] } == [.integer(4)])
    }

    @Test func `a text is purged before it is stored, and the message keeps its id and its place`() throws {
        let keeper = try makeKeeper(", purge: true")
        let bare = #"{"type":"track","userId":"a","event":"Wrote","timestamp":"2026-06-01","properties":{"body":"secret"}}"#
        let batch = MessageBatch(
            lines: [track("1", body: "secret"), "nonsense", bare, track("2", "Wrote", body: "fail")].joined(separator: "\n"))
        let enriched = keeper.enriched(batch, at: bench.clock())
        let text = String(decoding: enriched.batch.text.prefix(enriched.batch.count), as: UTF8.self)
        #expect(!text.contains("secret") && !text.contains("fail") && !text.contains("body"))
        #expect(text.split(separator: "\n").count == 4 && text.split(separator: "\n")[1] == "nonsense")
        let id = bare.utf8.withContiguousStorageIfAvailable { MessageKey.derived(from: $0).uuidText }
        #expect(text.contains(#""messageId":"\#(try #require(id))""#))
        #expect(text.contains(#""n":1"#))
    }

    @Test func `a failure loses no message, is counted, and is told once`() async throws {
        let worker = try bench.worker(settings: settings())
        for id in 0..<5 {
            let batch = MessageBatch(lines: track("\(id)", body: id == 4 ? "fine" : id == 3 ? "flood" : "fail"))
            #expect(try await worker.collect(batch, from: "web") == CollectReceipt(accepted: 1, duplicates: 0))
        }
        let figures = worker.figures.map { "\($0.name) \($0.labels.values.sorted()) \($0.value)" }
        for figure in [
            "tessera_enricher_total [\"asked\", \"letters\"] 5.0", "tessera_enricher_total [\"failed\", \"letters\"] 4.0",
            "tessera_enricher_total [\"given\", \"letters\"] 2.0", "tessera_messages_accepted_total [] 5.0",
        ] { #expect(figures.contains(figure), "\(figures)") }
        let said = bench.sentences.withLock { $0 }
        #expect(
            said == ["The enricher letters: probing: it has no answer. Ask another. What it would know is missing; messages are stored."])
        await worker.drain()
    }

    @Test func `traits of an enricher are there with the message, once, and are gone when their time is over`() async throws {
        _ = try bench.shell("segment writers = trait.letters > 3")
        let path = try settings(", ttl: 1d")
        let worker = try bench.worker(settings: path)
        func members() async throws -> [JSONValue]? {
            try await worker.answer(.members(segment: "writers", after: nil, limit: 10))["members"]?.asArray
        }
        let batch = MessageBatch(lines: [track("1", body: "hello"), track("2", user: "bob", body: "no")].joined(separator: "\n"))
        #expect(try await worker.collect(batch, from: "web") == CollectReceipt(accepted: 2, duplicates: 0))
        #expect(try await members() == [.string("ada")])
        // It comes again, as after a lost answer: nothing is doubled.
        #expect(try await worker.collect(batch, from: "web") == CollectReceipt(accepted: 0, duplicates: 2))
        try bench.turn("2026-06-01T23:59:59Z")
        #expect(try await members() == [.string("ada")])
        try bench.turn("2026-06-02T00:00:00Z")
        #expect(try await members() == [])
        await worker.drain()
        #expect(try bench.shell("members trait.letters > 3")["members"] == .array([]))
        #expect(try bench.shell("recorded writers")["members"] == .array([]))
        // What was stored is durable, and whoever asks the store finds it.
        #expect(try bench.tessera.store().snapshot().blocks.reduce(0) { $0 + $1.rows } == 6)
    }

    @Test func `a changed file is taken over, and one with a mistake changes nothing`() throws {
        let keeper = try makeKeeper()
        func given() throws -> Int {
            try lines(keeper.enriched(MessageBatch(lines: track("1", body: "hello")), at: bench.clock()).given).count
        }
        #expect(try given() == 2)
        _ = try settings(", typs: [track]")
        try keeper.follow()
        let wrong = #expect(throws: CommandError.self) { try keeper.follow() }
        #expect(wrong?.message.contains("Did you mean `types`?") == true, "\(wrong?.message ?? "")")
        try keeper.follow()
        #expect(try given() == 2)
        _ = try settings(", enabled: false")
        try keeper.follow()
        try keeper.follow()
        #expect(try given() == 0)
    }

    @Test(arguments: [
        ("enrichers: {}", "tessera.yaml:1, enrichers: this is not a list of at most 64 enrichers"),
        ("enrichers:\n  - kind: probing\n", "enrichers.0.name: this enricher needs a name"),
        ("enrichers:\n  - name: a\n", "enrichers.0.kind: the kind of enricher is missing. There are: 'probing'."),
        ("enrichers:\n  - name: a\n    kind: probng\n    purpose: x", "there is no enricher `probng`. Did you mean `probing`?"),
        (
            "enrichers:\n  - name: a\n    kind: probing\n    purpose: x\n    prt: y",
            ":5, enrichers.0.prt: `probing` has no such setting. Did you mean `part`?"
        ),
        ("enrichers:\n  - name: a\n    kind: probing\n    part: y", "needs the setting `purpose`"),
        ("enrichers:\n  - name: a\n    kind: probing\n    part: y\n    purpose: x\n    types: [alias]", "there is no such kind of message"),
        ("enrichers:\n  - name: a\n    kind: probing\n    part: y\n    purpose: x\n    ttl: soon", ":6, enrichers.0.ttl: this is not"),
        (
            "enrichers:\n  - {name: a, kind: probing, part: y, purpose: x}\n  - {name: a, kind: probing, part: y, purpose: x}",
            ":3, enrichers.1.name: another enricher is called `a`"
        ), ("enricher: []", "there is no section `enricher`. Did you mean `enrichers`?"),
    ])
    func `a mistake is told with its file, line and setting`(text: String, sentence: String) throws {
        let path = try bench.folder.write(text, as: "tessera.yaml")
        let error = #expect(throws: CommandError.self) {
            _ = try SettingsFile(path: path).enrichers(bench.tessera.plugins, environment: [:])
        }
        #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
    }
}
