import Connectors
import Crypto
import EventModel
import Foundation
import ScriptedWeb
import Secrets
import Testing

@testable import DestinationWebhook

@Suite struct SigningTests {
    @Test func `the signature that the reference libraries give`() throws {
        // From the tests of the specification's own libraries.
        let key = try SigningKey(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), setting: "secret")
        #expect(
            key.signature(id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
                == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `the signature that Python gives`() throws {
        // base64(hmac.new(bytes(range(32)), f"{id}.{seconds}.".encode() + body, sha256).digest())
        let key = try SigningKey(Secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), setting: "secret")
        let body = #"{"type":"membership","timestamp":"2026-06-01T00:00:00.000Z","data":{"segment":"käufer"}}"#
        #expect(
            key.signature(id: "sha256_00", seconds: 1_780_272_000, body: Array(body.utf8))
                == "v1,CWBXOcgGkiBUZ81vsQoHn2C8BDQTj+fLZiBUxp3dfDU=")
    }

    @Test(arguments: ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    func `what is no secret is refused without being shown`(text: String) {
        #expect {
            try SigningKey(Secret(text), setting: "secret")
        } throws: {
            ($0 as? SettingsError)?.path == ["secret"] && !"\($0)".contains(text.dropFirst(6)) || text == "whsec_"
        }
    }

    @Test func `ids are the keys where receivers can take them, and hashes of kind and key elsewhere`() {
        #expect(RecordID.of(.message, key: "a-B_9") == "a-B_9")
        // hashlib.sha256(b"membership/3/buyers/ada/entered")
        let membership = RecordID.of(.membership, key: "3/buyers/ada/entered")
        #expect(membership == "sha256_d760c7e7d458d10d395099d0a01b029ac8ef78c769c9b24a3c742463d3f97b04")
        // No message can be given the id of somebody else's record, nor two records one id.
        let keys = ["a.b", "a b", "käse", membership, "", String(repeating: "k", count: 129), "k\r\nx: y"]
        let ids = keys.map { RecordID.of(.message, key: $0) } + keys.map { RecordID.of(.profile, key: $0) } + [membership]
        #expect(Set(ids).count == ids.count && ids.allSatisfy { $0.hasPrefix("sha256_") && $0.utf8.count == 71 })
    }
}

@Suite struct AnswerTests {
    private let now = Instant(milliseconds: 784_111_770_000)  // 1994-11-06T08:49:30Z

    private func recovery(_ status: Int, _ retryAfter: String? = nil) -> ConnectorError.Recovery? {
        do throws(ConnectorError) {
            _ = try RecordLot(status: status, retryAfter: retryAfter, from: "there", now: now)
            return nil
        } catch { return error.recovery }
    }

    @Test func `each status has its outcome`() throws {
        for status in [200, 201, 202, 204] { #expect(try RecordLot(status: status, retryAfter: nil, from: "there", now: now) == .arrived) }
        for status in [400, 402, 409, 413, 415, 422, 451] {
            #expect(
                try RecordLot(status: status, retryAfter: nil, from: "there", now: now) == .refused("The receiver answered \(status)."))
        }
        for status in [301, 302, 304, 307, 308, 401, 403, 404, 405, 407, 410] { #expect(recovery(status) == .mendSettings) }
        for status in [408, 425, 429, 500, 502, 503, 504, 599] { #expect(recovery(status) == .retry(after: nil)) }
    }

    @Test(arguments: [
        ("0", 0), ("7", 7), ("120", 120), ("99999999999999999999999", 86_400), ("Sun, 06 Nov 1994 08:49:37 GMT", 7),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Fri, 06 Nov 2094 08:49:37 GMT", 86_400),
    ])
    func `a wait that is asked for is kept, up to a day`(text: String, seconds: Int) {
        #expect(recovery(429, text) == .retry(after: .seconds(seconds)))
    }

    @Test(arguments: ["", "-1", "soon", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994", "Sun, 31 Feb 1994 08:49:37 GMT"])
    func `a wait that cannot be read is none`(text: String) { #expect(recovery(503, text) == .retry(after: nil)) }
}

extension ScriptedWebServer.Request {
    /// Whether a signature is that of the body under this key, as the specification says; told by itself.
    func isSigned(with key: [UInt8]) -> Bool {
        let signed = Array("\(id).\(headers["webhook-timestamp"] ?? "").".utf8) + body
        return (headers["webhook-signature"] ?? "").split(separator: " ").contains { signature in
            signature.hasPrefix("v1,")
                && Data(base64Encoded: String(signature.dropFirst(3))).map {
                    HMAC<SHA256>.isValidAuthenticationCode($0, authenticating: signed, using: SymmetricKey(data: key))
                } == true
        }
    }
}
