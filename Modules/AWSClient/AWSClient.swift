public import Connectors
import EventModel
import Foundation
public import WebClient

/// Signed requests to one service of Amazon's, or to a server that speaks like it.
public struct AWSClient: Sendable {
    private let signer: RequestSigner
    /// Scheme, host and port.
    public let shown: String
    private let host: String
    /// For a request and its answer.
    private let timeout: Duration
    private let now: @Sendable () -> Instant

    init(
        _ account: AWSAccount, service: String, hostPrefix prefix: String, timeout: Duration, now: @escaping @Sendable () -> Instant
    ) {
        signer = RequestSigner(account: account, service: service)
        shown = account.endpoint?.shown ?? "https://\(prefix)\(service).\(account.region).amazonaws.com"
        host = String(shown.drop { $0 != "/" }.dropFirst(2))
        (self.timeout, self.now) = (timeout, now)
    }

    /// Sends a request.
    ///
    /// - Parameter path: Not escaped; begins with a slash.
    /// - Parameter headers: Names in lower case.
    /// - Parameter most: Bytes of the answer's body that are kept.
    /// - Returns: An answer of 2xx, or of one of the statuses that `expecting` names.
    /// - Throws: What another status, or none, means.
    public func send(
        _ method: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], expecting: [Int] = [], keeping most: Int = 1 << 20
    ) async throws(ConnectorError) -> WebAnswer {
        let escaped = RequestSigner.escaped(path, keepingSlashes: true)
        let request = RequestSigner.Request(method: method, path: escaped, query: query, headers: headers + [("host", host)], body: body)
        let text = RequestSigner.query(query)
        let answer = try await WebClient.send(
            WebRequest(
                method, shown + escaped + (text.isEmpty ? "" : "?\(text)"), headers: headers + signer.headers(of: request, at: now()),
                body: body.isEmpty && method == "GET" ? nil : body),
            to: shown, timeout: timeout, keeping: most)
        if (200..<300).contains(answer.status) || expecting.contains(answer.status) { return answer }
        throw failure(answer)
    }

    /// Codes of errors that other settings mend, whatever the status.
    private static let settings: Set<String> = [
        "AccessDenied", "AccessDeniedException", "AuthorizationHeaderMalformed", "ExpiredToken", "ExpiredTokenException",
        "IncompleteSignature", "InvalidAccessKeyId", "InvalidBucketName", "InvalidSignatureException", "InvalidToken",
        "MissingAuthenticationTokenException", "NoSuchBucket", "PermanentRedirect", "ResourceNotFoundException", "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ]
    /// Codes of errors that time mends.
    private static let busy: Set<String> = [
        "KMSThrottlingException", "LimitExceededException", "ProvisionedThroughputExceededException", "RequestTimeout", "SlowDown",
        "ThrottlingException",
    ]

    /// What an answer says is wrong. Of its text only the code is shown: the rest may repeat what was sent.
    private func failure(_ answer: WebAnswer) -> ConnectorError {
        let code = Self.code(answer)
        let problem = "the server answered \(answer.status)" + (code.map { " (\($0))" } ?? "")
        let isBusy = answer.status == 429 || answer.status >= 500 || answer.status == 408 || code.map(Self.busy.contains) == true
        if isBusy {
            let wait = answer.header("retry-after").flatMap { RetryAfter.wait($0, now: now()) }
            return ConnectorError(
                .retry(after: wait), at: shown, problem, remedy: "It is tried again; where that goes on, look at the limits of the account."
            )
        }
        if (300..<400).contains(answer.status) || [401, 403, 404].contains(answer.status) || code.map(Self.settings.contains) == true {
            return ConnectorError(
                .mendSettings, at: shown, problem, remedy: "Look at region, endpoint, the name of what is asked for, and the key's rights.")
        }
        return ConnectorError(.stop, at: shown, problem, remedy: "Look at the settings and at what the server expects.")
    }

    /// The code of an error, in XML or JSON, or in a header; nil where it says none.
    private static func code(_ answer: WebAnswer) -> String? {
        let text = String(decoding: answer.body, as: UTF8.self)
        var code: String?
        if let header = answer.header("x-amzn-errortype") {
            code = header
        } else if let type = (try? JSONValue(parsing: text))?.asObject?["__type"]?.asString {
            code = type.split(separator: "#").last.map(String.init)
        } else if let start = text.range(of: "<Code>"), let end = text.range(of: "</Code>"), start.upperBound <= end.lowerBound {
            code = String(text[start.upperBound..<end.lowerBound])
        }
        let word = code?.prefix { $0.isLetter || $0.isNumber }
        return word.flatMap { $0.isEmpty || $0.count > 80 ? nil : String($0) }
    }
}
