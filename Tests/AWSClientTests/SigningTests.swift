import EventModel
import Secrets
import Testing

@testable import AWSClient

/// Signatures of requests from Amazon's published test suite of Signature Version 4.
@Suite struct SigningTests {
    private func authorization(
        _ method: String, _ path: String, _ query: [(name: String, value: String)] = [], _ headers: [(name: String, value: String)] = [],
        body: String = "", token: String? = nil
    ) throws -> String {
        let account = try AWSAccount(
            region: "us-east-1", keyID: Secret("AKIDEXAMPLE"), key: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            sessionToken: token.map { Secret($0) })
        let request = RequestSigner.Request(
            method: method, path: path, query: query, headers: headers + [("host", "example.amazonaws.com")], body: Array(body.utf8))
        let now = try #require(Instant(text: "2015-08-30T12:36:00Z"))
        let added = RequestSigner(account: account, service: "service").headers(of: request, at: now)
        #expect(added.contains { $0 == ("x-amz-date", "20150830T123600Z") })
        return try #require(added.last?.value)
    }

    @Test func `requests are signed as published`() throws {
        func signed(_ names: String, _ signature: String) -> String {
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=\(names), Signature=\(signature)"
        }
        let usual = "host;x-amz-date"
        #expect(
            try authorization("GET", "/") == signed(usual, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"))
        #expect(
            try authorization("POST", "/") == signed(usual, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"))
        #expect(
            try authorization("GET", "/", [("Param2", "value2"), ("Param1", "value1")])
                == signed(usual, "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"))
        #expect(
            try authorization("GET", "/\(RequestSigner.escaped("ሴ"))")
                == signed(usual, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"))
    }
}
