import CRabbitMQ
import Connectors
import Foundation
import Secrets

/// A connection to a broker with one channel. Its calls block the thread for a bounded time. Confined to its queue.
final class BrokerConnection {
    let address: BrokerAddress
    let handle: amqp_connection_state_t
    /// Whether the other side still listens, as far as is known.
    private var isOpen = false
    /// The message whose frames are coming.
    private var content: Content?

    /// The only channel.
    static let channel: amqp_channel_t = 1
    /// How long the broker may take for an answer, in seconds.
    private static let patience = 10
    /// Bytes of a frame, at most.
    private static let frameBytes: Int32 = 131_072
    /// How long a farewell may take, in seconds.
    private static let farewell = 2

    /// Connects, logs in, and opens the channel.
    init(_ address: BrokerAddress) throws(ConnectorError) {
        self.address = address
        guard let state = amqp_new_connection() else { preconditionFailure("no memory") }
        handle = state
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        amqp_set_handshake_timeout(handle, &patience)
        amqp_set_rpc_timeout(handle, &patience)
        let socket = address.caFile == nil ? amqp_tcp_socket_new(handle) : amqp_ssl_socket_new(handle)
        guard let socket else { preconditionFailure("no memory") }
        if let file = address.caFile {
            guard amqp_ssl_socket_set_cacert(socket, file) == AMQP_STATUS_OK.rawValue else {
                throw ConnectorError(
                    .mendSettings, at: file, "it holds no certificates", remedy: "Write the path of a PEM file in `caFile`.")
            }
            amqp_ssl_socket_set_verify_peer(socket, 1)
            amqp_ssl_socket_set_verify_hostname(socket, 1)
        }
        try check(amqp_socket_open_noblock(socket, address.host, address.port, &patience))
        isOpen = true
        try check(tessera_amqp_login(handle, address.vhost, Self.frameBytes, address.heartbeat, address.user, address.password.value))
        amqp_channel_open(handle, Self.channel)
        try check(amqp_get_rpc_reply(handle))
    }

    deinit { amqp_destroy_connection(handle) }

    /// Says farewell where the other side may still listen. What was given and not acknowledged goes back to its queue.
    func close() {
        guard isOpen else { return }
        isOpen = false
        var patience = timeval(tv_sec: Self.farewell, tv_usec: 0)
        amqp_set_rpc_timeout(handle, &patience)
        _ = amqp_connection_close(handle, 200)
    }

    /// Passes on what a call said.
    func check(_ status: Int32) throws(ConnectorError) {
        if status == AMQP_STATUS_OK.rawValue { return }
        isOpen = false
        throw address.error(status: status)
    }

    /// Passes on what an answer said.
    func check(_ reply: amqp_rpc_reply_t) throws(ConnectorError) {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: amqp_maybe_release_buffers(handle)
        case AMQP_RESPONSE_LIBRARY_EXCEPTION: try check(reply.library_error)
        case AMQP_RESPONSE_SERVER_EXCEPTION: try end(reply.reply)
        default: try check(AMQP_STATUS_CONNECTION_CLOSED.rawValue)
        }
    }

    /// Looks whether a queue is there.
    ///
    /// - Returns: How many of its messages wait, besides those that were given to somebody.
    func waiting(in queue: String) throws(ConnectorError) -> Int {
        let answer = queue.withBytes { amqp_queue_declare(handle, Self.channel, $0, 1, 0, 0, 0, amqp_empty_table) }
        let count = answer.map { Int($0.pointee.message_count) }
        try check(amqp_get_rpc_reply(handle))
        return count ?? 0
    }

    /// What the broker says next; nil where it says nothing for so long.
    func next(within wait: Duration) throws(ConnectorError) -> Incoming? {
        let deadline = ContinuousClock.now + wait
        while true {
            let left = max(.zero, deadline - .now)
            var time = timeval(
                tv_sec: Int(left.components.seconds), tv_usec: Int(left.components.attoseconds / 1_000_000_000_000))
            var frame = amqp_frame_t()
            let status = amqp_simple_wait_frame_noblock(handle, &frame, &time)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
            try check(status)
            let incoming = try take(frame)
            if content == nil { amqp_maybe_release_buffers(handle) }
            if let incoming { return incoming }
        }
    }

    private func take(_ frame: amqp_frame_t) throws(ConnectorError) -> Incoming? {
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD: return try take(frame.payload.method)
        case AMQP_FRAME_HEADER:
            guard var open = content else { return nil }
            open.missing = frame.payload.properties.body_size
            if let properties = frame.payload.properties.decoded?.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee {
                open.take(properties)
            }
            content = open
        case AMQP_FRAME_BODY:
            // Taken out while it grows: it would be copied each time else.
            guard var open = content else { return nil }
            content = nil
            open.append(frame.payload.body_fragment)
            content = open
        default: return nil
        }
        guard let open = content, open.missing == 0 else { return nil }
        content = nil
        return open.isReturned ? .returned(open) : .delivery(open)
    }

    private func take(_ method: amqp_method_t) throws(ConnectorError) -> Incoming? {
        func fields<Fields>(_ type: Fields.Type) -> Fields? { method.decoded?.assumingMemoryBound(to: type).pointee }
        switch Int64(method.id) {
        case 0x3C_003C:  // basic.deliver
            guard let fields = fields(amqp_basic_deliver_t.self) else { return nil }
            content = Content(tag: fields.delivery_tag, isRedelivered: fields.redelivered != 0)
        case 0x3C_0032:  // basic.return
            guard let fields = fields(amqp_basic_return_t.self) else { return nil }
            content = Content(reason: fields.reply_text.text)
        case 0x3C_0050:  // basic.ack
            return fields(amqp_basic_ack_t.self).map { .confirmed($0.delivery_tag, isMultiple: $0.multiple != 0, isTaken: true) }
        case 0x3C_0078:  // basic.nack
            return fields(amqp_basic_nack_t.self).map { .confirmed($0.delivery_tag, isMultiple: $0.multiple != 0, isTaken: false) }
        case 0x3C_001E:  // basic.cancel: the queue is gone, or has moved.
            throw ConnectorError(
                .retry(after: nil), at: address.shown, "the broker gives nothing any more of this queue",
                remedy: "It is tried again; where that goes on, look whether the queue is there.")
        case 0x0A_0032, 0x14_0028: try end(method)  // connection.close, channel.close
        default: break
        }
        return nil
    }

    /// The broker ends the connection or the channel, which here is the same.
    private func end(_ method: amqp_method_t) throws(ConnectorError) -> Never {
        isOpen = false
        // Both methods have the same fields.
        let fields = method.decoded?.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
        throw address.error(code: Int(fields?.reply_code ?? 0), text: fields?.reply_text.text ?? "")
    }
}

/// What a broker says of itself.
enum Incoming {
    /// A message of the queue.
    case delivery(Content)
    /// A message that was published and reaches no queue.
    case returned(Content)
    /// The broker has taken what was published with this number, or did not, and with all lower ones.
    case confirmed(UInt64, isMultiple: Bool, isTaken: Bool)
}

/// A message.
struct Content {
    /// What it is acknowledged by.
    var tag: UInt64 = 0
    /// Whether it was given to somebody before.
    var isRedelivered = false
    /// Why it came back; nil where it did not.
    var reason: String?
    /// At most `mostBytes`.
    var bytes: [UInt8] = []
    var isCut = false
    /// What this connector wrote with a record.
    var key, kind, profile: String?
    /// In seconds.
    var timestamp: UInt64?
    /// Bytes that are to come.
    var missing: UInt64 = .max

    static let mostBytes = SourceBatch.mostBytes

    var isReturned: Bool { reason != nil }

    fileprivate mutating func take(_ properties: amqp_basic_properties_t) {
        if properties._flags & Flag.timestamp != 0 { timestamp = properties.timestamp }
        guard properties._flags & Flag.headers != 0 else { return }
        for index in 0..<Int(properties.headers.num_entries) {
            let entry = properties.headers.entries[index]
            guard entry.value.kind == UInt8(ascii: "S") else { continue }
            switch entry.key.text {
            case Header.key: key = entry.value.value.bytes.text
            case Header.kind: kind = entry.value.value.bytes.text
            case Header.profile: profile = entry.value.value.bytes.text
            default: break
            }
        }
    }

    fileprivate mutating func append(_ fragment: amqp_bytes_t) {
        missing -= min(missing, UInt64(fragment.len))
        let room = Self.mostBytes - bytes.count
        isCut = isCut || fragment.len > room
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: fragment.bytes, count: min(room, fragment.len)))
    }
}

/// Names of headers that a record is published with.
enum Header {
    static let key = "tessera-key"
    static let kind = "tessera-kind"
    static let profile = "tessera-profile"
}

/// Which properties a message has.
enum Flag {
    static let contentType: amqp_flags_t = 1 << 15
    static let headers: amqp_flags_t = 1 << 13
    static let deliveryMode: amqp_flags_t = 1 << 12
    static let messageID: amqp_flags_t = 1 << 7
    static let timestamp: amqp_flags_t = 1 << 6
}

extension amqp_bytes_t {
    var text: String { String(decoding: UnsafeRawBufferPointer(start: bytes, count: len), as: UTF8.self) }
}

extension String {
    /// As the library takes it, for the time of a call.
    func withBytes<Answer>(_ call: (amqp_bytes_t) -> Answer) -> Answer {
        var copy = self
        return copy.withUTF8 { call(amqp_bytes_t(len: $0.count, bytes: UnsafeMutableRawPointer(mutating: $0.baseAddress))) }
    }
}

/// Texts as the library takes them, for the time of a call.
func withBytes<Answer>(_ texts: [String], _ call: ([amqp_bytes_t]) -> Answer) -> Answer {
    var (all, ends) = ([UInt8](), [Int]())
    for text in texts {
        all.append(contentsOf: text.utf8)
        ends.append(all.count)
    }
    return all.withUnsafeMutableBytes { buffer in
        var start = 0
        return call(
            ends.map { end in
                defer { start = end }
                return amqp_bytes_t(len: end - start, bytes: buffer.baseAddress.map { $0 + start })
            })
    }
}
