import Connectors
import EventModel
import Service
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// Remembers what it was given.
private final class Collecting: Destination {
    struct Given: Equatable { var kind: DeliveryBatch.Kind, key: String, profile: String, json: String }
    let given = Mutex<[Given]>([])
    let failures = Mutex(0)
    /// Records of the largest batch.
    let most = Mutex(0)

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let fails = failures.withLock { failures in
            failures -= 1
            return failures >= 0
        }
        if fails { throw ConnectorError(.retry(after: nil), at: "there", "it is busy", remedy: "Wait.") }
        most.withLock { $0 = max($0, batch.count) }
        given.withLock { given in
            for index in 0..<batch.count {
                given.append(
                    .init(
                        kind: batch.records[index].kind, key: batch.key(index), profile: batch.profile(index),
                        json: String(decoding: batch.json(index), as: UTF8.self)))
            }
        }
        return DeliveryReceipt()
    }
    func probe() async throws(ConnectorError) -> String { "It collects." }
}

private struct CollectingSettings: DestinationSettings {
    static let descriptor = ConnectorDescriptor(name: "collect", summary: "", settings: [.optional("note", .text, "A note.")])
    func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination { Collecting() }
}

private struct OwnTraitsSettings: DestinationSettings {
    var traits: SettingObject
    static let descriptor = ConnectorDescriptor(
        name: "own", summary: "", settings: [.required("traits", .object(withSecrets: false), "Traits.")])
    func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination { Collecting() }
}

/// What a worker gives destinations, and how they are read from a settings file.
@Suite struct DestinationTests {
    private func plan(_ text: String) throws -> ConnectorPlan {
        let settings = try JSONValue(parsing: text)
        return try ConnectorPlan(
            settings: settings,
            kinds: ConnectorRegistries(sources: SourceRegistry([]), destinations: DestinationRegistry([CollectingSettings.self])),
            environment: [:], context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
    }

    /// A runner that gives everything to a destination, without waiting.
    private func runner(_ bench: Bench, _ worker: Worker, _ destination: Collecting, _ settings: String) throws -> DestinationRunner {
        let plan = try plan(#"[{"name":"there","kind":"collect","batchWait":0,\#(settings)}]"#)
        guard case .destination(_, let delivery) = plan.entries[0].work else { throw ServiceError(.failed, "", remedy: "") }
        let start = ContinuousClock.now
        let surroundings = ConnectorSurroundings(
            now: bench.clock, elapsed: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: min($0, .milliseconds(20))) },
            chance: { 0 }, report: { _ in })
        return DestinationRunner(
            name: "there", destination: destination,
            feed: WorkerFeed(name: "there", plan: delivery, worker: worker, surroundings: surroundings), policy: delivery.policy,
            keeper: ConnectorFolder(store: bench.tessera.path), surroundings: surroundings, learn: { _, _ in })
    }

    private func line(_ id: String, _ event: String, by person: String) -> String {
        #"{"type":"track","messageId":"\#(id)","userId":"\#(person)","event":"\#(event)","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
    }

    private func wait(_ destination: Collecting, for count: Int) async throws -> [Collecting.Given] {
        for _ in 0..<3_000 {
            let given = destination.given.withLock { $0 }
            if given.count >= count { return given }
            try await Task.sleep(for: .milliseconds(10))
        }
        return destination.given.withLock { $0 }
    }

    @Test func `messages, memberships and profiles are given once, through runs and failures`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\""])
        var worker = try bench.worker()
        _ = try await worker.collect(MessageBatch(lines: line("before", "Sold", by: "old")), from: "k")
        let destination = Collecting()
        let settings = #""deliver":["messages","memberships","profiles"]"#
        var task = Task { [worker] in try? await runner(bench, worker, destination, settings).run() }
        // Members are given full; messages from before are not.
        var given = try await wait(destination, for: 1)
        #expect(given.map(\.kind) == [.membership] && given[0].profile == "old" && given[0].json.contains(#""cause":"full""#))
        destination.failures.withLock { $0 = 3 }
        _ = try await worker.collect(
            MessageBatch(
                lines: line("m1", "Sold", by: "ada") + line("m2", "Seen", by: "ada") + line("m1", "Sold", by: "ada")
                    + #"{"type":"identify","messageId":"i1","userId":"ada","traits":{"plan":"pro"},"timestamp":"2026-06-01T00:00:00Z"}"#
                    + "\n"),
            from: "k")
        given = try await wait(destination, for: 6)
        #expect(given.filter { $0.kind == .message }.map(\.key) == ["m1", "m2", "i1"])
        #expect(given.filter { $0.kind == .membership }.map(\.profile) == ["old", "ada"])
        let profile = try #require(given.first { $0.kind == .profile })
        #expect(profile.profile == "ada" && profile.json.contains(#""plan":"pro""#))
        task.cancel()
        _ = await task.value
        await worker.drain()

        // What comes while nobody delivers is there afterwards, behind a new writer.
        worker = try bench.worker()
        let folder = ConnectorFolder(store: bench.tessera.path)
        let kept = try #require(try await folder.deliveryState(of: "there")?.place)
        try await worker.holdLog(["there": DeliveryPlace(kept, of: "there").log])
        _ = try await worker.collect(MessageBatch(lines: line("m3", "Sold", by: "bob")), from: "k")
        await worker.drain()
        worker = try bench.worker()
        try await worker.holdLog(["there": DeliveryPlace(kept, of: "there").log])
        task = Task { [worker] in try? await runner(bench, worker, destination, settings).run() }
        given = try await wait(destination, for: 8)
        #expect(given.filter { $0.kind == .message }.map(\.key) == ["m1", "m2", "i1", "m3"])
        #expect(given.filter { $0.kind == .membership }.map(\.profile) == ["old", "ada", "bob"])
        #expect(Set(given.map(\.key)).count == given.count)
        task.cancel()
        _ = await task.value
        await worker.drain()
    }

    @Test(arguments: [1, 500]) func `profiles that are there already are given once where that is wanted`(atOnce: Int) async throws {
        let bench = try Bench()
        let worker = try bench.worker()
        _ = try await worker.collect(
            MessageBatch(lines: line("m1", "Sold", by: "ada") + line("m2", "Sold", by: "bob") + line("m3", "Sold", by: "cyd")), from: "k")
        let destination = Collecting()
        func profiles(_ settings: String, until count: Int) async throws -> [String] {
            let task = Task { try? await runner(bench, worker, destination, settings + #","batchRecords":\#(atOnce)"#).run() }
            let given = try await wait(destination, for: count)
            // Whatever else would come.
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            _ = await task.value
            return given.map(\.profile)
        }
        #expect(try await profiles(#""deliver":["profiles"],"existing":true"#, until: 3) == ["ada", "bob", "cyd"])
        // Not again; and whoever gets another id is given under it.
        _ = try await worker.collect(
            MessageBatch(
                lines: #"{"type":"alias","messageId":"a1","userId":"abe","previousId":"bob","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"),
            from: "k")
        #expect(try await profiles(#""deliver":["profiles"],"existing":true"#, until: 4) == ["ada", "bob", "cyd", "abe"])
        #expect(try await profiles(#""deliver":["profiles"]"#, until: 4).count == 4)
        // Wanted later: all are given, each once.
        #expect(try await profiles(#""deliver":["profiles"],"existing":true"#, until: 7).suffix(3) == ["abe", "ada", "cyd"])
        await worker.drain()
    }

    @Test func `members of a segment that is defined meanwhile are given, whoever recorded them`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\""])
        let worker = try bench.worker()
        _ = try await worker.collect(MessageBatch(lines: line("m1", "Seen", by: "ada")), from: "k")
        let destination = Collecting()
        let task = Task { try? await runner(bench, worker, destination, #""deliver":["memberships"]"#).run() }
        for _ in 0..<1_000 {
            if try await ConnectorFolder(store: bench.tessera.path).deliveryState(of: "there")?.place != nil { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        _ = try bench.shell("segment seers = did \"Seen\"")
        _ = try await worker.collect(MessageBatch(lines: line("m2", "Sold", by: "bob")), from: "k")
        let given = try await wait(destination, for: 2)
        #expect(given.contains { $0.profile == "ada" && $0.json.contains(#""segment":"seers""#) && $0.json.contains(#""entered":true"#) })
        #expect(given.contains { $0.profile == "bob" && $0.json.contains(#""segment":"buyers""#) })
        task.cancel()
        _ = await task.value
        await worker.drain()
    }

    @Test func `only what was asked for is given`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\"", "segments/seers.segment": "did \"Seen\""])
        let worker = try bench.worker()
        let destination = Collecting()
        let settings = #""deliver":["messages","memberships"],"events":["Sold"],"segments":["seers"]"#
        let task = Task { try? await runner(bench, worker, destination, settings).run() }
        // It has begun once its place is kept.
        for _ in 0..<1_000 {
            if try await ConnectorFolder(store: bench.tessera.path).deliveryState(of: "there") != nil { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        _ = try await worker.collect(
            MessageBatch(lines: line("m1", "Sold", by: "ada") + line("m2", "Seen", by: "ada") + line("m3", "Sold", by: "bob")), from: "k")
        let given = try await wait(destination, for: 3)
        #expect(given.filter { $0.kind == .message }.map(\.key) == ["m1", "m3"])
        #expect(given.filter { $0.kind == .membership }.map(\.json).allSatisfy { $0.contains(#""segment":"seers""#) })
        task.cancel()
        _ = await task.value
        await worker.drain()
    }

    private func identify(_ id: String, _ person: String, _ traits: String, more: String = "") -> String {
        #"{"type":"identify","messageId":"\#(id)","userId":"\#(person)","traits":\#(traits)\#(more),"#
            + #""timestamp":"2026-05-\#(id)T00:00:00Z"}"# + "\n"
    }

    @Test func `traits stand beside memberships, as they are when the record is made`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\""])
        let worker = try bench.worker()
        let over = #","context":{"expiresAt":"2026-05-30T00:00:00Z"}"#
        _ = try await worker.collect(
            MessageBatch(
                lines: identify("02", "old", #"{"email":"b@example.com","plan":"pro","age":7}"#)
                    + identify("01", "old", #"{"email":"a@example.com","city":"Linz"}"#)
                    + identify("03", "old", #"{"plan":null,"points":9007199254740993}"#)
                    + identify("04", "old", #"{"mood":"well"}"#, more: over)
                    + line("m1", "Sold", by: "old") + line("m2", "Sold", by: "nobody")), from: "k")
        let destination = Collecting()
        let settings = #""deliver":["memberships"],"traits":["points","mood","email","plan","none"]"#
        let task = Task { try? await runner(bench, worker, destination, settings).run() }
        var given = try await wait(destination, for: 2)
        #expect(given.map(\.profile) == ["nobody", "old"])
        #expect(given.first?.json.hasSuffix(#","traits":{}}"#) == true, "\(given)")
        #expect(given.last?.json.hasSuffix(#","traits":{"points":9007199254740993,"email":"b@example.com"}}"#) == true, "\(given)")
        // Somebody who says who they are and enters at once.
        _ = try await worker.collect(
            MessageBatch(lines: identify("05", "ada", #"{"email":"ada@example.com"}"#) + line("m3", "Sold", by: "ada")), from: "k")
        given = try await wait(destination, for: 3)
        #expect(given.last?.json.hasSuffix(#","traits":{"email":"ada@example.com"}}"#) == true, "\(given)")
        #expect(given.last?.key.hasSuffix("/buyers/ada/entered") == true)
        task.cancel()
        _ = await task.value
        await worker.drain()
    }

    @Test func `large traits make small batches, and each membership comes once`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\"", "segments/seers.segment": "did \"Seen\""])
        let worker = try bench.worker()
        let large = String(repeating: "x", count: 700)
        func lines(_ people: Range<Int>) -> String {
            people.map { identify("01", "u\($0)", #"{"note":"\#(large)"}"#).replacing("\"01\"", with: "\"i\($0)\"") }.joined()
                + people.map { line("m\($0)", "Sold", by: "u\($0)") + line("s\($0)", "Seen", by: "u\($0)") }.joined()
        }
        _ = try await worker.collect(MessageBatch(lines: lines(0..<20)), from: "k")
        let destination = Collecting()
        let settings = #""deliver":["memberships"],"segments":["buyers"],"traits":["note"],"batchBytes":1024"#
        let task = Task { try? await runner(bench, worker, destination, settings).run() }
        _ = try await wait(destination, for: 20)
        _ = try await worker.collect(MessageBatch(lines: lines(20..<50)), from: "k")
        let given = try await wait(destination, for: 50)
        #expect(given.count == 50 && Set(given.map(\.profile)).count == 50 && Set(given.map(\.key)).count == 50)
        #expect(given.allSatisfy { $0.json.contains(#""traits":{"note":"\#(large)"}"#) && $0.json.contains("buyers") })
        #expect(destination.most.withLock { $0 } == 2)
        task.cancel()
        _ = await task.value
        await worker.drain()
    }

    @Test func `a kind's own traits are not those of memberships`() throws {
        let own = DestinationRegistry([OwnTraitsSettings.self])
        let kinds = ConnectorRegistries(sources: SourceRegistry([]), destinations: own)
        let plan = try ConnectorPlan(
            settings: JSONValue(parsing: #"[{"name":"a","kind":"own","deliver":["messages"],"traits":{"a":"b"}}]"#), kinds: kinds,
            environment: [:], context: ConnectorContext(formats: FormatRegistry([]), folder: ""))
        guard case .destination(_, let delivery)? = plan.entries.first?.work else { throw ServiceError(.failed, "", remedy: "") }
        #expect(delivery.traits == nil)
        #expect(kinds.described[0].descriptor.settings.count { $0.name == "traits" } == 1)
    }

    @Test(arguments: [
        (#"{"name":"a","kind":"collect"}"#, "there is no", false),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"traits":["a"]}"#, "none are delivered", true),
        (#"{"name":"a","kind":"collect","deliver":["memberships"],"traits":[]}"#, "1 to 32 traits", true),
        (#"{"name":"a","kind":"collect","deliver":["memberships"],"traits":["a","b","a"]}"#, "twice", true),
        (#"{"name":"a","kind":"collect","deliver":["memberships"],"traits":["a",""]}"#, "list of texts", true),
        (#"{"name":"a","kind":"collect","deliver":["memberships"],"traits":{"a":"b"}}"#, "list of texts", true),
        (
            #"{"name":"a","kind":"collect","deliver":["memberships"],"traits":["#
                + (0..<33).map { "\"t\($0)\"" }.joined(separator: ",") + "]}", "1 to 32 traits", true
        ),
        (#"{"name":"a","kind":"collect","deliver":["mesages"]}"#, "messages", true),
        (#"{"name":"a","kind":"collect","deliver":"messages"}"#, "a list of texts", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"types":["trak"]}"#, "track", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"batchRecords":0}"#, "a whole number from 1", true),
        (#"{"name":"a","kind":"collect","deliver":[]}"#, "0.deliver: this list is empty", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"events":[]}"#, "0.events: this list is empty", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"types":[]}"#, "0.types: this list is empty", true),
        (#"{"name":"a","kind":"collect","deliver":["memberships"],"segments":[]}"#, "0.segments: this list is empty", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"segments":["s"]}"#, "0.segments: segments choose among memberships", true),
        (#"{"name":"a","kind":"collect","deliver":["messages","messages"]}"#, "0.deliver.1: `messages` is there twice", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"nope":1}"#, "no such setting", true),
        (#"{"name":"a","kind":"collect","deliver":["messages"],"notes":""}"#, "Did you mean `note`?", true),
        (#"{"name":"a","kind":"colect","deliver":["messages"]}"#, "Did you mean `collect`?", true),
    ]) func `a mistake is told with its place`(entry: String, part: String, isThere: Bool) throws {
        let error = try #require(throws: SettingsErrors.self) { try plan("[\(entry)]") }
        #expect(error.description.contains(part) == isThere, "\(error)")
        #expect(error.errors.allSatisfy { $0.path.first == "0" })
    }

    @Test func `the members of a segment are walked through once, batch by batch`() async throws {
        let bench = try Bench()
        try bench.apply(["segments/buyers.segment": "did \"Sold\"", "segments/everybody.segment": "did any"])
        let worker = try bench.worker()
        _ = try await worker.collect(
            MessageBatch(lines: (0..<25).map { line("m\($0)", $0 % 5 == 0 ? "Sold" : "Seen", by: "u\($0)") }.joined()), from: "k")
        let destination = Collecting()
        let task = Task {
            try? await runner(bench, worker, destination, #""deliver":["memberships"],"batchRecords":4"#).run()
        }
        let given = try await wait(destination, for: 30)
        #expect(given.count == 30 && Set(given.map(\.key)).count == 30)
        #expect(given.prefix(5).allSatisfy { $0.json.contains(#""segment":"buyers""#) })
        task.cancel()
        _ = await task.value
        await worker.drain()
    }
}
