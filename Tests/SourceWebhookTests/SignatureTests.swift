import Connectors
import EventModel
import Foundation
import SourceWebhook
import Testing

/// Who is let in.
struct SignatureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var settings, secret, body: String
        var headers: [String: String]
        /// The header that has the code.
        var signed: String
        var testDescription: String { settings }
    }
    private static let stripe = "t=1614265330,v1=\(code("1614265330.{}", Receiving.secret))"

    /// The first two are those that the specification and GitHub publish.
    static let cases = [
        Case(
            settings: #""signature": "standard-webhooks""#, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            body: #"{"test": 2432232314}"#,
            headers: [
                "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
                "webhook-signature": "v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ], signed: "webhook-signature"),
        Case(
            settings: #""signature": "github""#, secret: "It's a Secret to Everybody", body: "Hello, World!",
            headers: ["x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"],
            signed: "x-hub-signature-256"),
        Case(
            settings: #""signature": "stripe""#, secret: Receiving.secret, body: "{}", headers: ["stripe-signature": stripe],
            signed: "stripe-signature"),
        Case(
            settings: #""signature": "stripe", "header": "X-Pay-Signature""#, secret: Receiving.secret, body: "{}",
            headers: ["x-pay-signature": "v1=00," + stripe], signed: "x-pay-signature"),
        Case(
            settings: #""signature": "hmac", "header": "X-Sign""#, secret: Receiving.secret, body: "{}",
            headers: ["x-sign": code("{}", Receiving.secret)], signed: "x-sign"),
        Case(
            settings: #""signature": "hmac", "header": "X-Sign", "encoding": "base64", "prefix": "v0=", "algorithm": "sha1""#,
            // echo -n '{}' | openssl dgst -sha1 -hmac 'the secret of the shop' -binary | base64
            secret: Receiving.secret, body: "{}", headers: ["x-sign": "v0=PzXXuQmIg58XfyoRybwPkUvAnf4="], signed: "x-sign"),
        Case(
            settings: #""signature": "hmac", "header": "X-Sign", "previousSecret": "env:OLD""#, secret: Receiving.secret, body: "{}",
            headers: ["x-sign": code("{}", "the secret before")], signed: "x-sign"),
    ]

    private func receiving(_ one: Case) throws -> Receiving {
        try Receiving(#"{\#(one.settings), "secret": "env:SECRET", "userId": "nobody"}"#, secret: one.secret)
    }

    @Test(arguments: cases)
    func `a request of its sender is taken`(one: Case) async throws {
        #expect(try await receiving(one).request(one.body, one.headers) == .taken)
    }

    @Test(arguments: cases)
    func `a request that was changed, or is somebody else's, is not`(one: Case) async throws {
        let receiving = try receiving(one)
        func isStranger(_ body: String, _ headers: [String: String], at instant: Instant = Receiving.now) async -> Bool {
            if case .stranger = await receiving.request(body, headers, at: instant) { true } else { false }
        }
        #expect(await isStranger(one.body + " ", one.headers))
        for name in one.headers.keys { #expect(await isStranger(one.body, one.headers.filter { $0.key != name })) }
        let header = try #require(one.headers[one.signed])
        for wrong in [
            "", "=", ",", "v1,", header.replacingOccurrences(of: "7", with: "8").replacingOccurrences(of: "S", with: "T"), header + "é",
        ] {
            var headers = one.headers
            headers[one.signed] = wrong
            if wrong == header { continue }
            #expect(await isStranger(one.body, headers), "\(wrong)")
        }
        let isTimed = one.settings.contains("standard") || one.settings.contains("stripe")
        for seconds: Int64 in [-301, 301] {
            let late = Instant(milliseconds: Receiving.now.milliseconds + seconds * 1_000)
            #expect(await isStranger(one.body, one.headers, at: late) == isTimed)
        }
        #expect(await !isStranger(one.body, one.headers, at: Instant(milliseconds: Receiving.now.milliseconds + 299_000)))
        // Nothing of a stranger is kept.
        await receiving.stop()
        #expect(receiving.batches.flatMap(\.messages.rejects).allSatisfy { $0.text == one.body })
    }

    @Test func `a challenge is given back to those who know the token`() async throws {
        let one = try Receiving(
            #"{"signature": "github", "secret": "env:SECRET", "verification": "env:TOKEN", "userId": "nobody"}"#)
        let query = ["hub.mode": "subscribe", "hub.verify_token": "a token of tokens", "hub.challenge": "1158201444"]
        #expect(await one.ask(query) == .text("1158201444"))
        for (name, value) in [("hub.verify_token", "a token"), ("hub.verify_token", ""), ("hub.mode", "unsubscribe")] {
            #expect(await one.ask(query.merging([name: value]) { $1 }) == .stranger("The verification names another token."))
        }
        #expect(await one.ask([:]) == .nothing)
        let other = try Receiving(#"{"signature": "github", "secret": "env:SECRET", "userId": "nobody"}"#)
        #expect(await other.ask(query) == .nothing)
    }

    @Test(arguments: [
        (#"{"secret": "env:SECRET"}"#, "`webhook` needs the setting `signature`"),
        (#"{"signature": "github"}"#, "`webhook` needs the setting `secret`"),
        (#"{"signature": "none", "secret": "env:SECRET"}"#, "signature: this is not 'standard-webhooks', 'github', 'stripe' or 'hmac'"),
        (#"{"signature": "standard-webhooks", "secret": "env:SECRET"}"#, "secret: this leads to no secret of Standard Webhooks"),
        (#"{"signature": "hmac", "secret": "env:SECRET"}"#, "nothing says where the signature stands"),
        (#"{"signature": "hmac", "secret": "env:SECRET", "header": "X Sign"}"#, "header: this is no name of a header"),
        (#"{"signature": "github", "secret": "env:SECRET", "header": "X-Sign"}"#, "header: only `hmac` and `stripe` have it"),
        (#"{"signature": "github", "secret": "env:SECRET", "prefix": "v1="}"#, "prefix: only `hmac` has it"),
        (#"{"signature": "github", "secret": "env:SHORT"}"#, "secret: the environment has no variable SHORT"),
        (#"{"signature": "github", "secret": "env:SECRET", "userId": "x", "records": "entry"}"#, "records: this is no path"),
        (#"{"signature": "github", "secret": "env:SECRET", "userId": "x", "idPath": ".a..b"}"#, "idPath: this is no path"),
        (#"{"signature": "github", "secret": "env:SECRET"}"#, "nothing says whose the messages are"),
        (#"{"signature": "github", "secret": "env:SECRET", "userid": ".a"}"#, "`webhook` has no such setting. Did you mean `userId`?"),
    ])
    func `settings that cannot be taken are named`(settings: String, expected: String) throws {
        do {
            _ = try Receiving(settings, isRead: false)
            Issue.record("the settings were taken")
        } catch let errors as SettingsErrors { #expect(errors.description.contains(expected), "\(errors)") }
    }
}
