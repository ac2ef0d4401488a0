import Connectors
import EventModel
import Foundation
import LocalServers
import Testing

@testable import DestinationSMTP

/// How much more a run with `TESSERA_LONG` does.
let scale = ProcessInfo.processInfo.environment["TESSERA_LONG"] == nil ? 1 : 50

let noon = Instant(milliseconds: 1_781_956_800_000)  // 2026-06-20T12:00:00Z

/// All that need a server, one after another: some of them end it.
@Suite(.serialized, .enabled(if: LocalSMTP.python != nil, Comment(rawValue: LocalSMTP.missing)), .timeLimit(.minutes(30)))
struct ServerTests {}

private let secrets = ["PASSWORD": LocalSMTP.password, "WRONG": "hunter3-password"]

/// A destination of settings without their braces.
func makeDestination(_ settings: String) throws -> SMTPDestination {
    let object = try #require(JSONValue(parsing: Array("{\(settings)}".utf8)).asObject)
    let context = ConnectorContext(formats: FormatRegistry([]), folder: "/")
    let checked = try SMTPSettings.descriptor.checked(object, besides: [], environment: secrets)
    do {
        return try JSONDecoder().decode(SMTPSettings.self, from: Data(checked.text.utf8)).makeDestination(context) { noon }
    } catch let error as SettingsError { throw SettingsErrors([error]) }
}

extension LocalSMTP {
    /// Settings that reach it, and mails with the key as their subject, to one address.
    func settings(_ more: String = #""to":"all@example.com""#, port: Int? = nil) -> String {
        #""host":"localhost","port":\#(port ?? self.port),"certificates":"\#(certificate)","user":"tessera","password":"env:PASSWORD","#
            + #""from":"The Shop <shop@example.com>","subject":"{.messageId}","text":"It is {.properties.n}.","#
            + more
    }

    func destination(_ more: String = #""to":"all@example.com""#) throws -> SMTPDestination { try makeDestination(settings(more)) }

    /// Subjects of the mails in their order, each `Message-ID` once: a mail that came twice has no further effect.
    func subjects() throws -> [String] {
        var seen: Set<String> = []
        return try mails().compactMap { mail in
            guard let id = mail.header("Message-ID"), seen.insert(id).inserted else { return nil }
            return mail.header("Subject")
        }
    }
}

/// A batch of records of one kind, each with a key and a profile.
func batch(_ kind: DeliveryBatch.Kind, _ records: [(key: String, profile: String, json: String)]) -> DeliveryBatch {
    var batch = DeliveryBatch()
    for record in records { batch.append(kind, key: record.key, profile: record.profile, json: record.json.utf8) }
    return batch
}

/// Messages to people with addresses of their own: the key is the local part.
func messages(_ keys: some Sequence<String>) -> DeliveryBatch {
    batch(
        .message,
        keys.map {
            ($0, "p-\($0)", #"{"type":"track","messageId":"\#($0)","traits":{"email":"\#($0)@example.com"},"properties":{"n":1}}"#)
        })
}
