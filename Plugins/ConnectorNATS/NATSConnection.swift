import CNATS
import Connectors
import Foundation
import Secrets

/// A connection to a server with JetStream. It is made once: whoever loses it makes another. Confined to its queue.
final class NATSConnection {
    let address: NATSAddress
    let handle: OpaquePointer
    let stream: OpaquePointer

    /// How long the server may take to be connected to, in milliseconds.
    private static let patience: Int64 = 10_000
    /// Looks, without an answer between them, after which a server has gone away.
    private static let looks = 2

    init(_ address: NATSAddress) throws(ConnectorError) {
        self.address = address
        var options: OpaquePointer?
        guard natsOptions_Create(&options) == NATS_OK, let options else { preconditionFailure("no memory") }
        defer { natsOptions_Destroy(options) }
        // Who goes on after a gap decides where from.
        natsOptions_SetAllowReconnect(options, false)
        natsOptions_SetTimeout(options, Self.patience)
        natsOptions_SetPingInterval(options, max(50, address.milliseconds / Int64(Self.looks + 1)))
        natsOptions_SetMaxPingsOut(options, Int32(Self.looks))
        natsOptions_SetWriteDeadline(options, address.milliseconds)
        natsOptions_SetName(options, "tessera")
        withTexts(address.servers) { texts in
            var texts = texts
            natsOptions_SetServers(options, &texts, Int32(texts.count))
        }
        if let name = address.username, let password = address.password { natsOptions_SetUserInfo(options, name, password.value) }
        if let token = address.token { natsOptions_SetToken(options, token.value) }
        if let file = address.credentialsFile { natsOptions_SetUserCredentialsFromFiles(options, file, nil) }
        if let file = address.caFile {
            natsOptions_SetSecure(options, true)
            if natsOptions_LoadCATrustedCertificates(options, file) != NATS_OK {
                throw ConnectorError(
                    .mendSettings, at: file, "it holds no certificates", remedy: "Write the path of a PEM file in `caFile`.")
            }
        }
        var made: OpaquePointer?
        let status = natsConnection_Connect(&made, options)
        guard status == NATS_OK, let made else { throw address.error(status) }
        var context: OpaquePointer?
        var own = jsOptions()
        jsOptions_Init(&own)
        own.Wait = address.milliseconds
        let isMade = natsConnection_JetStream(&context, made, &own)
        guard isMade == NATS_OK, let context else {
            natsConnection_Destroy(made)
            throw address.error(isMade)
        }
        (handle, stream) = (made, context)
    }

    deinit {
        jsCtx_Destroy(stream)
        natsConnection_Destroy(handle)
    }

    /// Passes on what a call said.
    func check(_ status: natsStatus, missing: String? = nil) throws(ConnectorError) {
        if status != NATS_OK { throw address.error(status, missing: missing) }
    }

    /// Whether the connection has ended.
    var isClosed: Bool { natsConnection_IsClosed(handle) }

    /// What is in a stream.
    func state(of name: String) throws(ConnectorError) -> StreamState {
        var info: UnsafeMutablePointer<jsStreamInfo>?
        try check(js_GetStreamInfo(&info, stream, name, nil, nil), missing: "the stream `\(name)`")
        defer { jsStreamInfo_Destroy(info) }
        guard let found = info?.pointee else { throw address.failed("the server does not say what is in `\(name)`") }
        return StreamState(
            messages: found.State.Msgs, last: found.State.LastSeq, created: found.Created,
            window: .nanoseconds(found.Config?.pointee.Duplicates ?? 0))
    }
}

/// A stream as the server has it.
struct StreamState {
    var messages: UInt64
    /// The highest number that it ever gave.
    var last: UInt64
    /// When it was made, in nanoseconds.
    var created: Int64
    /// For how long it tells repeats.
    var window: Duration

    /// How much it holds, in words.
    var counted: String { messages == 1 ? "1 message" : "\(messages) messages" }
}

/// Lends texts as C has them.
func withTexts<Answer>(_ texts: [String], _ work: ([UnsafePointer<CChar>?]) -> Answer) -> Answer {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return work(copies.map { UnsafePointer($0) })
}
