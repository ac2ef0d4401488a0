import Connectors
import ConnectorsTesting
import EventModel
import ScriptedWeb
import Synchronization
import Testing

@testable import DestinationWebhook

/// Messages of three people; a place is how many came before.
private struct MessageFeed: DeliveryFeed {
    let keys: [String]

    func start() async throws(ConnectorError) -> Checkpoint { Checkpoint(version: 1, position: "0") }

    func next(after place: Checkpoint, limits: DeliveryLimits) async throws(ConnectorError) -> DeliveryPiece? {
        let first = Int(place.position) ?? 0
        guard first < keys.count else { return nil }
        let end = min(keys.count, first + limits.records)
        return DeliveryPiece(DestinationContract.batch(keys[first..<end]), then: Checkpoint(version: 1, position: "\(end)"))
    }

    func release(before place: Checkpoint) async {}
    func backlog(behind place: Checkpoint) async -> Int? { nil }
}

/// Keeps in memory, and a clock that only sleep moves.
private final class Surroundings: DeliveryKeeper {
    let kept = Mutex((state: DeliveryState?.none, dead: [DeadLetter](), time: Duration.zero, reports: [String]()))

    func deliveryState(of connector: String) async throws(ConnectorError) -> DeliveryState? { kept.withLock { $0.state } }
    func save(_ state: DeliveryState, of connector: String) async throws(ConnectorError) { kept.withLock { $0.state = state } }
    func keep(_ letters: [DeadLetter], of connector: String, at instant: Instant) async throws(ConnectorError) {
        kept.withLock { $0.dead += letters }
    }
    func replays(of connector: String) async throws(ConnectorError) -> [DeadLetter] { [] }
    func replayed(_ connector: String) async throws(ConnectorError) {}
    func isPaused(_ connector: String) async -> Bool { false }

    func runner(_ destination: any Destination, _ keys: [String]) -> DestinationRunner {
        DestinationRunner(
            name: "crm", destination: destination, feed: MessageFeed(keys: keys), policy: .init(limits: .init(records: 50)), keeper: self,
            surroundings: .init(
                now: { noon }, elapsed: { self.kept.withLock { $0.time } },
                sleep: { wait in
                    try Task.checkCancellation()
                    self.kept.withLock { $0.time += wait }
                }, chance: { 0.5 }, report: { text in self.kept.withLock { $0.reports.append(text) } }), learn: { _, _ in })
    }
}

@Suite struct RunnerTests {
    @Test(arguments: zip([1, 4], [1, 2]))
    func `a storm of failures loses nothing and doubles no effect`(concurrency: Int, seed: UInt64) async throws {
        let keys = (0..<3_000).map { "key-\($0)" }
        let unwanted = Set(stride(from: 5, to: keys.count, by: 97).map { keys[$0] })
        let chance = Mutex((seed: seed &* 0x9e37_79b9_7f4a_7c15, failed: 0))
        let server = try await ScriptedWebServer { request in
            if request.keys.contains(where: unwanted.contains) { return .answer(422) }
            return chance.withLock { chance in
                chance.seed = chance.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let drawn = chance.seed >> 40 % 200
                if drawn < 5 { chance.failed += 1 }
                return switch drawn {
                case 0: .answer(500)
                case 1: .answer(429, headers: ["Retry-After": "3"])
                case 2: .cut
                case 3: .takeAndCut
                case 4: .answer(503)
                default: .answer(200)
                }
            }
        }
        let around = Surroundings()
        let runner = around.runner(try makeWebhook(server, #""concurrency":\#(concurrency)"#), keys)
        #expect(await runner.run() == .finished)
        let wanted = keys.filter { !unwanted.contains($0) }
        let taken = server.taken.flatMap(\.keys)
        #expect(taken.count == wanted.count && Set(taken) == Set(wanted))
        if concurrency == 1 { #expect(taken == wanted) }
        for person in 0..<3 {
            let numbers = taken.compactMap { Int($0.dropFirst(4)) }.filter { $0 % 3 == person }
            #expect(numbers == numbers.sorted())
        }
        let kept = around.kept.withLock { $0 }
        #expect(Set(kept.dead.map(\.key)) == unwanted && kept.dead.count == unwanted.count)
        #expect(kept.state?.delivered == wanted.count && kept.state?.dead == unwanted.count)
        // Each failure costs its own request again, and no other; nothing piles up.
        let failed = chance.withLock { $0.failed }
        #expect(failed > 20 && server.requests.count == keys.count + failed && server.mostUnderWay <= concurrency)
        await server.close()
    }

    @Test func `a receiver that wants no more stops the connector, and what is left stays`() async throws {
        let keys = (0..<300).map { "key-\($0)" }
        let server = try await ScriptedWebServer { $0.keys == ["key-120"] ? .answer(410) : .answer(200) }
        let around = Surroundings()
        guard case .stopped(let error) = await around.runner(try makeWebhook(server), keys).run() else {
            Issue.record("it went on")
            return
        }
        #expect(error.recovery == .mendSettings && around.kept.withLock { $0.state?.place?.position } == "100")
        #expect(around.kept.withLock { $0.reports.count } == 1)
        await server.close()
    }
}
