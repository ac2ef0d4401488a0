import EventModel
import EventModelTesting
import Testing

@testable import VerifierMail

@Suite struct MailDomainTests {
    private static let takesMail: [MailRecord: MailAnswer] = [.mx: .found]
    private static let problem = "is an e-mail address whose domain "

    private func settings(_ json: String) throws -> JSONObject { try JSONValue(parsing: json).asObject ?? JSONObject() }

    private func verifier(_ kind: MailDomain, _ json: String = "{}") throws -> any Verifier {
        try kind.makeVerifier(settings(json), in: SettingsFolder())
    }

    private func wrong(_ problem: String) -> VerifierFinding {
        .wrong(problem: Self.problem + problem, remedy: "Send an address that takes mail.")
    }

    @Test(arguments: VerifierContract.allCases)
    func `mail-domain keeps its promises`(promise: VerifierContract) throws {
        let resolver = FakeResolver(["lovelace.test": Self.takesMail, "broken.test": [.mx: .failed], "null.test": [.mx: .nullMX]])
        try promise.verify(
            MailDomain(resolver: resolver), settings: settings(#"{"mxOnly":true,"trusted":["engine.test"]}"#),
            wrong: [
                (settings(#"{"mxOnly":"yes"}"#), "mxOnly"), (settings(#"{"trusted":"engine.test"}"#), "trusted"),
                (settings(#"{"trusted":[]}"#), "trusted"), (settings(#"{"trusted":["engine"]}"#), "trusted"),
            ],
            on: [
                "charles@lovelace.test", "charles@babbage.test", "charles@broken.test", "charles@null.test", "charles@sub.engine.test",
                "quatsch",
            ])
    }

    @Test(
        arguments: [
            ([.mx: .found], "{}", nil), ([.mx: .found], #"{"mxOnly":true}"#, nil),
            ([.mx: .nullMX, .a: .found], "{}", "says that it takes no mail"),
            ([.a: .found], "{}", nil), ([.aaaa: .found], "{}", nil), ([.aaaa: .found], #"{"mxOnly":true}"#, "names no mail server"),
            ([:], "{}", "has no mail server"), ([.a: .noDomain], "{}", "does not exist"), (nil, "{}", "does not exist"),
            (nil, #"{"trusted":["test"]}"#, nil),
        ] as [([MailRecord: MailAnswer]?, String, String?)])
    func `a domain takes mail by RFC 5321 and RFC 7505`(answers: [MailRecord: MailAnswer]?, json: String, problem: String?) throws {
        let resolver = FakeResolver()
        resolver.set("mail.test", answers)
        let json = json.replacing(#"["test"]"#, with: #"["mail.test"]"#)
        let verifier = try verifier(MailDomain(resolver: resolver), json)
        _ = verifier.finding(on: " Ada@MAIL.test ")
        verifier.learn(within: .seconds(60))
        #expect(verifier.finding(on: "ada@mail.test") == problem.map { wrong($0) } ?? .fine)
    }

    @Test(arguments: [[.mx: .failed], [.a: .failed], [.aaaa: .failed]] as [[MailRecord: MailAnswer]])
    func `what cannot be found out is not known, never wrong`(answers: [MailRecord: MailAnswer]) throws {
        let verifier = try verifier(MailDomain(resolver: FakeResolver(["mail.test": answers])))
        _ = verifier.finding(on: "ada@mail.test")
        verifier.learn(within: .seconds(60))
        #expect(verifier.finding(on: "ada@mail.test") == .unknown)
    }

    @Test func `a resolver that does not know of com is not believed that a domain is missing`() throws {
        let resolver = FakeResolver(["mail.test": Self.takesMail, "bare.test": [:]], seesTheWorld: false)
        let verifier = try verifier(MailDomain(resolver: resolver))
        let texts = ["a@mail.test", "a@bare.test", "a@gone.test"]
        for text in texts { _ = verifier.finding(on: text) }
        verifier.learn(within: .seconds(60))
        #expect(texts.map { verifier.finding(on: $0) } == [.fine, .unknown, .unknown])
    }

    @Test func `an unknown domain passes, is asked about once, and is judged from then on by every plan`() throws {
        let resolver = FakeResolver(isGated: true)
        let kind = MailDomain(resolver: resolver)
        let first = try verifier(kind)
        for _ in 0..<100 { #expect(first.finding(on: "ada@mail.test") == .unknown) }
        first.learn(within: .milliseconds(20))  // The gate is shut: it gives up waiting.
        #expect(first.finding(on: "ada@mail.test") == .unknown)
        resolver.open(1)
        first.learn(within: .seconds(60))
        #expect(first.finding(on: "ada@mail.test") == wrong("does not exist"))
        #expect(try verifier(kind).finding(on: "grace@mail.test") == wrong("does not exist"))
        #expect(resolver.asked == ["mail.test"])
        #expect(kind.counts == [VerifierCount("asked", 1), VerifierCount("failed", 0), VerifierCount("dropped", 0)])
    }

    @Test func `what was learnt counts until it is learnt anew, and is forgotten when it is very old`() throws {
        let (resolver, clock) = (FakeResolver(), TestClock())
        let verifier = try verifier(MailDomain(resolver: resolver, now: { clock.now }))
        /// What is said now, and what is said once all that was asked for is known.
        func findings() -> [VerifierFinding] {
            let now = verifier.finding(on: "ada@mail.test")
            verifier.learn(within: .seconds(60))
            return [now, verifier.finding(on: "ada@mail.test")]
        }
        let gone = wrong("does not exist")
        #expect(findings() == [.unknown, gone])
        resolver.set("mail.test", Self.takesMail)
        clock.pass(.seconds(3_599))
        #expect(findings() == [gone, gone] && resolver.asked.count == 1)
        clock.pass(.seconds(2))
        #expect(findings() == [gone, .fine])
        resolver.set("mail.test", [.mx: .failed])
        clock.pass(.seconds(86_399))
        #expect(findings() == [.fine, .fine] && resolver.asked.count == 2)
        clock.pass(.seconds(2))
        #expect(findings() == [.fine, .unknown])
        resolver.set("mail.test", nil)
        clock.pass(.seconds(59))
        #expect(findings() == [.unknown, .unknown] && resolver.asked.count == 3)
        clock.pass(.seconds(2))
        #expect(findings() == [.unknown, gone])
        clock.pass(.seconds(2 * 86_400))
        #expect(findings() == [.unknown, gone] && resolver.asked.count == 5)
    }

    @Test func `what waits is bounded, and what was dropped is asked about when it comes again`() throws {
        let resolver = FakeResolver(isGated: true)
        var limits = MailLimits()
        limits.waiting = 3
        let kind = MailDomain(resolver: resolver, limits: limits)
        let verifier = try verifier(kind)
        for number in 0..<10 { #expect(verifier.finding(on: "ada@d\(number).test") == .unknown) }
        #expect(kind.counts.last == VerifierCount("dropped", 7))
        resolver.open(3)
        verifier.learn(within: .seconds(60))
        #expect(resolver.asked == ["d0.test", "d1.test", "d2.test"])
        #expect(verifier.finding(on: "ada@d2.test") != .unknown && verifier.finding(on: "ada@d9.test") == .unknown)
        resolver.open(1)
        verifier.learn(within: .seconds(60))
        #expect(verifier.finding(on: "ada@d9.test") == wrong("does not exist"))
    }

    /// Against a plain list of what was used when.
    @Test(arguments: [2, 3, 10, 100])
    func `the cache is bounded and keeps the latest half of what is used`(entries: Int) {
        var cache = StandingCache(entries: entries)
        var latest: [Int] = []
        var state = UInt64(entries)
        for _ in 0..<5_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int((state >> 33) % UInt64(2 * entries))
            let found = cache.entry("d\(number)")
            if latest.suffix(max(1, entries / 2)).contains(number) { #expect(found != nil) }
            if found == nil { cache.set("d\(number)", .init(standing: .servers, learnt: .now)) }
            latest.removeAll { $0 == number }
            latest.append(number)
            #expect(cache.count <= max(2, entries))
        }
    }
}
