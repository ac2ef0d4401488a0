public import Connectors
import Crypto
public import EventModel
import Foundation
import Records
import Secrets

/// Settings of `webhook` as a source: how senders sign, and which messages their bodies are.
public struct WebhookSourceSettings: SourceSettings {
    var signature: String
    var secret: Secret
    var previousSecret: Secret?
    var header: String?
    var algorithm: String?
    var encoding: String?
    var prefix: String?
    var verification: Secret?
    var records: String?
    var streamHeader: String?
    var streamPath: String?
    var idHeader: String?
    var idPath: String?
    var streams: SettingObject?
    var userId: String?

    private static let schemes = ["standard-webhooks", "github", "stripe", "hmac"]

    public static let descriptor = ConnectorDescriptor(
        name: "webhook", summary: "Takes signed requests that others send to the worker, and maps their bodies to messages.",
        settings: [
            .required(
                "signature", .word(schemes),
                "How requests are signed: as Standard Webhooks, GitHub or Stripe have it, or with a header of "
                    + "the body's code (hmac)."),
            .required("secret", .secret, "What requests are signed with."),
            .optional("previousSecret", .secret, "A second one that is taken, while senders go over to a new secret."),
            .optional(
                "header", .text, "The header with the signature: of `hmac`, and of `stripe` where it is another.", usual: "stripe-signature"
            ),
            .optional(
                "algorithm", .word(RequestSignature.Algorithm.allCases.map(\.rawValue)), "Of `hmac`: the hash.", usual: "sha256"),
            .optional(
                "encoding", .word(RequestSignature.Encoding.allCases.map(\.rawValue)), "Of `hmac`: how the code is written.", usual: "hex"),
            .optional("prefix", .text, "Of `hmac`: what stands before the code, such as sha256=."),
            .optional(
                "verification", .secret, "What a sender's first request (GET, hub.verify_token) has to know, to be given its challenge."),
            .optional(
                "records", .text, "Where the records stand in a body, such as .entry; lists are gone through.", usual: "the body is one"),
            .optional("streamHeader", .text, "The header that says which stream a record is of."),
            .optional("streamPath", .text, "Where a record, or the body around it, says it, such as .type."),
            .optional("idHeader", .text, "The header that tells a delivery from all others, also when it comes again."),
            .optional("idPath", .text, "Where a record, or the body around it, says it, such as .id.", usual: "all that the record says"),
            .optional(
                "streams", .object(withSecrets: false), "What records become: by a stream's name, a rule, a list of rules, or skip.",
                usual: "track messages named after the stream, with the record as properties"),
            .optional("userId", .text, "Whose messages are where a rule names nobody, such as .customer_id."),
        ])

    /// How long a request waits for the disk; senders give up after some ten seconds.
    static let patience = Duration.seconds(10)

    /// Checks names and rules.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        let scheme = try makeScheme()
        var keys = [try Self.key(secret, "secret", scheme)]
        if let previousSecret { keys.append(try Self.key(previousSecret, "previousSecret", scheme)) }
        let mapping = try RecordMapping(streams: streams?.object ?? JSONObject(), userID: userId.map { .string($0) })
        if userId == nil, streams?.object.members.isEmpty ?? true {
            throw SettingsError(
                at: [], "nothing says whose the messages are",
                remedy: "Write userId with the member of the records that says it, such as .customer_id, or rules under streams.")
        }
        return WebhookSource(
            signature: RequestSignature(scheme: scheme, keys: keys),
            mapping: RequestMapping(
                mapping: mapping,
                stream: .init(header: try Self.header(streamHeader, "streamHeader"), path: try Self.path(streamPath, "streamPath")),
                delivery: .init(header: try Self.header(idHeader, "idHeader"), path: try Self.path(idPath, "idPath")),
                records: try Self.path(records, "records")),
            verification: verification, isRunOnce: context.isRunOnce, queue: RequestQueue(patience: Self.patience))
    }

    private func makeScheme() throws(SettingsError) -> RequestSignature.Scheme {
        let own = [("algorithm", algorithm), ("encoding", encoding), ("prefix", prefix)]
        if signature != "hmac", let (name, _) = own.first(where: { $0.1 != nil }) {
            throw SettingsError(at: [name], "only `hmac` has it", remedy: "Leave it out, or write `signature: hmac`.")
        }
        if header != nil, !["hmac", "stripe"].contains(signature) {
            throw SettingsError(at: ["header"], "only `hmac` and `stripe` have it", remedy: "Leave it out, or write `signature: hmac`.")
        }
        switch signature {
        case "standard-webhooks": return .standard
        case "github": return .plain(header: "x-hub-signature-256", .sha256, .hex, prefix: "sha256=")
        case "stripe": return .timed(header: try Self.header(header, "header") ?? "stripe-signature")
        default:
            guard let header = try Self.header(header, "header") else {
                throw SettingsError(at: [], "nothing says where the signature stands", remedy: "Write `header`, such as X-Signature.")
            }
            return .plain(
                header: header, algorithm.flatMap { .init(rawValue: $0) } ?? .sha256, encoding.flatMap { .init(rawValue: $0) } ?? .hex,
                prefix: prefix ?? "")
        }
    }

    /// The bytes that codes are made with: as they are written, but for Standard Webhooks, which writes them in base64.
    private static func key(_ secret: Secret, _ setting: String, _ scheme: RequestSignature.Scheme) throws(SettingsError) -> SymmetricKey {
        guard scheme == .standard else {
            guard secret.value.utf8.count >= shortestSecret else {
                throw SettingsError(
                    at: [setting], "this leads to a secret that can be guessed", remedy: "Let it have \(shortestSecret) bytes or more.")
            }
            return SymmetricKey(data: Array(secret.value.utf8))
        }
        let prefix = "whsec_"
        guard secret.value.hasPrefix(prefix), let bytes = Data(base64Encoded: String(secret.value.dropFirst(prefix.count))),
            bytes.count >= shortestSecret
        else {
            throw SettingsError(
                at: [setting], "this leads to no secret of Standard Webhooks",
                remedy: "It is whsec_ and 24 to 64 random bytes in base64, as the sender shows it.")
        }
        return SymmetricKey(data: bytes)
    }

    /// Bytes of a secret, at least.
    private static let shortestSecret = 8

    private static func header(_ name: String?, _ setting: String) throws(SettingsError) -> String? {
        guard let name = name?.lowercased() else { return nil }
        let isToken = name.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
        guard isToken else { throw SettingsError(at: [setting], "this is no name of a header", remedy: "Write letters, digits and `-`.") }
        return name
    }

    private static func path(_ text: String?, _ setting: String) throws(SettingsError) -> [String]? {
        guard let text else { return nil }
        let names = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard text.hasPrefix("."), names.allSatisfy({ !$0.isEmpty }) else {
            throw SettingsError(at: [setting], "this is no path", remedy: "Write names behind dots, such as .data.id.")
        }
        return names
    }
}

extension RequestSignature.Scheme {
    /// As sentences call it.
    var name: String {
        switch self {
        case .standard: "Standard Webhooks"
        case .timed(let header): "`t=,v1=` in \(header)"
        case .plain(let header, let algorithm, _, _): "\(algorithm.rawValue) in \(header)"
        }
    }
}
