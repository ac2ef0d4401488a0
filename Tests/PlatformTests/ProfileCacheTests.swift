import EventModel
import Foundation
import Service
import Statistics
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// What is kept of answers about people: never another answer than without it.
@Suite struct ProfileCacheTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    private static func figure(_ worker: Worker, _ name: String) -> Double {
        worker.figures.first { $0.name == "tessera_profile_cache_" + name }?.value ?? -1
    }

    private static func limits(bytes: Int) -> ProfileCacheLimits {
        var limits = ProfileCacheLimits()
        limits.bytes = bytes
        return limits
    }

    /// Something that somebody sends about few people, who are linked now and then; some of it is of the future.
    private static func message(_ number: Int, at now: Int64, _ chance: inout SeededGenerator) -> String {
        var who = [#""userId":"u\#(Int.random(in: 0..<6, using: &chance))""#]
        if Int.random(in: 0..<4, using: &chance) == 0 { who = [] }
        if who.isEmpty || Int.random(in: 0..<6, using: &chance) == 0 {
            who.append(#""anonymousId":"a\#(Int.random(in: 0..<8, using: &chance))""#)
        }
        let time = Instant(milliseconds: now + Int64.random(in: -5_000...3_000, using: &chance)).text
        let head = #"{"messageId":"m\#(number)","timestamp":"\#(time)",\#(who.joined(separator: ",")),"#
        switch Int.random(in: 0..<4, using: &chance) {
        case 0:
            let end = Instant(milliseconds: now + Int64.random(in: 0...4_000, using: &chance)).text
            return head + #""type":"identify","traits":{"plan":"p\#(number)"},"context":{"expiresAt":"\#(end)"}}"#
        case 1:
            return head
                + #""type":"track","event":"Agreed","context":{"consent":{"categoryPreferences":{"mail":\#(number % 2 == 0)}}}}"#
        default: return head + #""type":"track","event":"Viewed"}"#
        }
    }

    private static func told(_ worker: Worker, _ question: ServiceQuestion) async -> String {
        do throws(ServiceError) { return JSONValue.object(try await worker.answer(question)).text } catch { return error.code.rawValue }
    }

    @Test(arguments: 0..<(isLong ? 40 : 4))
    func `whatever is written and asked in whatever order, answers are those of a worker that keeps none`(round: Int) async throws {
        var chance = SeededGenerator(seed: UInt64(round))
        let start = try #require(Instant(text: "2026-06-01T00:00:00Z")).milliseconds
        let benches = [try Bench(), try Bench()]
        for bench in benches { _ = try bench.shell(#"segment lately = did "Viewed" within 2s"#) }
        // A small one has to make room all the time.
        let kept = try benches[0].worker(cache: Self.limits(bytes: round % 2 == 0 ? 1 << 20 : 3_000))
        let plain = try benches[1].worker(cache: Self.limits(bytes: 0))
        var (now, unmerges) = (start, 0)
        for step in 0..<300 {
            switch Int.random(in: 0..<20, using: &chance) {
            case 0..<6:
                let batch = MessageBatch(lines: Self.message(step, at: now, &chance) + "\n")
                for worker in [kept, plain] { _ = try await worker.collect(batch, from: "k") }
            case 6..<8:
                now += Int64.random(in: 1...1_500, using: &chance)
                for bench in benches { try bench.turn(Instant(milliseconds: now).text) }
            case 8:
                let change = ServiceChange.unmerge(
                    "anonymous_id:a\(Int.random(in: 0..<8, using: &chance))", from: nil, by: "desk", reason: "")
                var outcomes: [Bool] = []
                for worker in [kept, plain] { outcomes.append((try? await worker.change(change)) != nil) }
                #expect(outcomes[0] == outcomes[1])
                unmerges += outcomes[0] ? 1 : 0
            case 9 where unmerges > 0:
                let number = Int.random(in: 1...unmerges, using: &chance)
                for worker in [kept, plain] { _ = try? await worker.change(.rejoin(number, by: "desk", reason: "")) }
            default:
                let person =
                    Bool.random(using: &chance)
                    ? "user_id:u\(Int.random(in: 0..<6, using: &chance))" : "anonymous_id:a\(Int.random(in: 0..<8, using: &chance))"
                let questions: [ServiceQuestion] = [
                    .profile(person), .traits(person), .events(person, limit: 3), .events(person, limit: 1_000), .links(person),
                    .consent(person), .merges(person), .segments(person),
                ]
                let question = questions[Int.random(in: 0..<questions.count, using: &chance)]
                // Asked twice, so that there is something to be found.
                for _ in 0..<2 {
                    let (found, expected) = (await Self.told(kept, question), await Self.told(plain, question))
                    #expect(found == expected, "step \(step), \(question)")
                }
            }
        }
        #expect(Self.figure(kept, "hits_total") > 0 && Self.figure(kept, "misses_total") > 0)
        #expect(Self.figure(kept, "evictions_total") > 0 || round % 2 == 0)
        #expect(Self.figure(kept, "bytes") <= Double(round % 2 == 0 ? 1 << 20 : 3_000) && Self.figure(plain, "bytes") == 0)
        for worker in [kept, plain] { await worker.drain() }
    }

    @Test func `what was acknowledged is in the next answer, however many ask meanwhile`() async throws {
        let bench = try Bench("2026-06-02T00:00:00Z")
        let worker = try bench.worker()
        let acknowledged = Count()
        @Sendable func total() async throws -> Int {
            guard case .integer(let total)? = try await worker.answer(.events("user_id:ada", limit: 1))["total"] else { return -1 }
            return Int(total)
        }
        @Sendable func send(_ number: Int) async throws {
            let line =
                #"{"type":"track","messageId":"m\#(number)","userId":"ada","event":"Viewed","timestamp":"2026-06-01T00:00:00Z"}"# + "\n"
            _ = try await worker.collect(MessageBatch(lines: line), from: "k")
            acknowledged.value.withLock { $0 = max($0, number + 1) }
        }
        try await send(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var known = 0
                    while known < 200 {
                        known = acknowledged.value.withLock { $0 }
                        let found = try await total()
                        #expect(found >= known)
                    }
                }
            }
            group.addTask { for number in 1..<200 { try await send(number) } }
            try await group.waitForAll()
        }
        #expect(Self.figure(worker, "hits_total") > 0)
        await worker.drain()
    }

    @Test func `the least lately used make room, an answer grows too old, and other bytes are another person`() throws {
        var limits = Self.limits(bytes: 1_000)
        limits.milliseconds = 50
        let cache = ProfileCache(limits)
        let (answer, now) = (JSONObject(["traits": .object(JSONObject())]), Instant(milliseconds: 0))
        func key(_ person: String) throws -> ProfileCache.Key { try #require(ServiceQuestion.traits("user_id:\(person)").cacheKey) }
        func keep(_ person: String, _ profile: UInt32) throws {
            cache.keep(answer, to: try key(person), about: profile, after: cache.lastChange, until: nil, steady: 0)
        }
        func isKept(_ person: String, steady: Int64 = 1) throws -> Bool { cache.find(try key(person), now: now, steady: steady) != nil }
        for (number, person) in ["a", "b", "c"].enumerated() { try keep(person, UInt32(number)) }
        #expect(try isKept("a"))
        try keep("d", 3)
        #expect(try isKept("a") && !isKept("b") && isKept("c") && isKept("d"))
        cache.change([2])
        #expect(try isKept("a") && !isKept("c"))
        #expect(try isKept("d", steady: 49) && !isKept("d", steady: 50))
        // Kept with what was known before another change, it is found no more.
        let before = cache.lastChange
        cache.change([7])
        cache.keep(answer, to: try key("e"), about: 7, after: before, until: nil, steady: 0)
        #expect(try !isKept("e"))
        cache.keep(answer, to: try key("f"), about: 8, after: before, until: Instant(milliseconds: 5), steady: 0)
        #expect(try isKept("f") && cache.find(key("f"), now: Instant(milliseconds: 5), steady: 1) == nil)
        // Two ways of writing é that texts hold equal.
        try keep("\u{e9}", 9)
        #expect(try isKept("\u{e9}") && !isKept("e\u{301}"))
        cache.changeAll()
        #expect(try !isKept("\u{e9}") && !isKept("a"))
        #expect(ServiceQuestion.traits("email:a@b.example").cacheKey == nil && ServiceQuestion.traits("ada").cacheKey == nil)
    }

    @Test func `the section cache is read, and what is wrong in it is told`() throws {
        let folder = try Folder()
        func limits(_ text: String) throws -> ProfileCacheLimits {
            try SettingsFile(path: folder.write(text, as: "tessera.yaml")).cacheLimits()
        }
        let set = try limits("cache: {bytes: 1000, seconds: 5}\n")
        #expect(set.bytes == 1_000 && set.milliseconds == 5_000)
        #expect(try limits("jobs: {}\n") == ProfileCacheLimits())
        let error = #expect(throws: CommandError.self) { try limits("cache:\n  bytes: -1\n  second: 5\n") }
        #expect(error?.message.contains("tessera.yaml:2, cache.bytes") == true && error?.message.contains("`second`") == true)
    }
}

/// A number that several tasks read.
private final class Count: Sendable {
    let value = Mutex(0)
}
