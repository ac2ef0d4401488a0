import BrokerTesting
import CRabbitMQ
import Connectors
import EventModel
import Foundation
import LocalServers
import Secrets
import Testing

@testable import ConnectorRabbitMQ

/// All that need the broker, one after another: some of them end it.
@Suite(.serialized, .enabled(if: LocalRabbitMQ.programs != nil, Comment(rawValue: LocalRabbitMQ.missing)), .timeLimit(.minutes(30)))
struct BrokerTests {}

/// The broker of the tests, asked through the connector's own connection.
final class Broker: Sendable {
    static let shared = Task { Broker(try await LocalRabbitMQ()) }

    let server: LocalRabbitMQ

    private init(_ server: LocalRabbitMQ) { self.server = server }

    private var address: BrokerAddress {
        BrokerAddress(
            host: "127.0.0.1", port: Int32(server.port), user: "tessera", password: Secret(LocalRabbitMQ.password), vhost: "/",
            heartbeat: 30)
    }

    /// As settings begin that name it.
    var settings: String { #""url":"amqp://tessera@127.0.0.1:\#(server.port)","password":"env:PASSWORD""# }

    /// Speaks to it; a connection of its own each time.
    func speak<Answer>(_ work: (BrokerConnection) throws -> Answer) throws -> Answer {
        let connection = try BrokerConnection(address)
        defer { connection.close() }
        return try work(connection)
    }

    /// Makes a queue that outlives the broker.
    ///
    /// - Parameter arguments: Such as `x-max-length`: whole numbers, or texts.
    func create(_ queue: String, _ arguments: [String: String] = [:]) throws {
        try speak { connection in
            let texts = arguments.flatMap { [$0.key, $0.value] } + [queue]
            withBytes(texts) { texts in
                var entries = stride(from: 0, to: texts.count - 1, by: 2).map { place in
                    var entry = amqp_table_entry_t()
                    entry.key = texts[place]
                    if let number = Int64(texts[place + 1].text) {
                        entry.value.kind = UInt8(ascii: "l")
                        entry.value.value.i64 = number
                    } else {
                        entry.value.kind = UInt8(ascii: "S")
                        entry.value.value.bytes = texts[place + 1]
                    }
                    return entry
                }
                entries.withUnsafeMutableBufferPointer { entries in
                    let table = amqp_table_t(num_entries: Int32(entries.count), entries: entries.baseAddress)
                    _ = amqp_queue_declare(connection.handle, BrokerConnection.channel, texts[texts.count - 1], 0, 1, 0, 0, table)
                }
            }
            try connection.check(amqp_get_rpc_reply(connection.handle))
        }
    }

    /// Makes an exchange of topics.
    func createExchange(_ name: String, bound queue: String, to key: String) throws {
        try speak { connection in
            withBytes([name, "topic", queue, key]) { texts in
                _ = amqp_exchange_declare(
                    connection.handle, BrokerConnection.channel, texts[0], texts[1], 0, 1, 0, 0, amqp_empty_table)
                _ = amqp_queue_bind(connection.handle, BrokerConnection.channel, texts[2], texts[0], texts[3], amqp_empty_table)
            }
            try connection.check(amqp_get_rpc_reply(connection.handle))
        }
    }

    /// Puts messages into a queue; they are on disk when this returns.
    func fill(_ queue: String, _ bodies: some Sequence<String>) throws {
        try speak { connection in
            amqp_confirm_select(connection.handle, BrokerConnection.channel)
            try connection.check(amqp_get_rpc_reply(connection.handle))
            var (sent, confirmed) = (UInt64(0), Set<UInt64>())
            func listen() throws {
                while confirmed.count < Int(sent) {
                    guard case .confirmed(let tag, let isMultiple, true) = try connection.next(within: .seconds(30)) else { return }
                    if isMultiple { confirmed.formUnion(1...tag) } else { confirmed.insert(tag) }
                }
            }
            for body in bodies {
                var properties = amqp_basic_properties_t()
                properties._flags = Flag.deliveryMode | Flag.timestamp
                (properties.delivery_mode, properties.timestamp) = (2, 1_750_000_000)
                try connection.check(
                    withBytes([queue, body]) {
                        amqp_basic_publish(
                            connection.handle, BrokerConnection.channel, amqp_empty_bytes, $0[0], 0, 0, &properties, $0[1])
                    })
                sent += 1
                if sent % 500 == 0 { try listen() }
            }
            try listen()
        }
    }

    /// Takes all that is in a queue, in its order.
    func drain(_ queue: String) throws -> [Content] {
        try speak { connection in
            var all: [Content] = []
            let count = try connection.waiting(in: queue)
            queue.withBytes {
                _ = amqp_basic_consume(connection.handle, BrokerConnection.channel, $0, amqp_empty_bytes, 0, 1, 0, amqp_empty_table)
            }
            try connection.check(amqp_get_rpc_reply(connection.handle))
            while all.count < count, case .delivery(let content) = try connection.next(within: .seconds(30)) { all.append(content) }
            return all
        }
    }

    func waiting(in queue: String) throws -> Int { try speak { try $0.waiting(in: queue) } }

    // MARK: - connectors

    func source(_ settings: String, runsOnce: Bool = true) throws -> RabbitMQSource {
        try makeSource("{\(self.settings),\(settings)}", runsOnce: runsOnce)
    }

    func destination(_ settings: String) throws -> RabbitMQDestination { try makeDestination("{\(self.settings),\(settings)}") }
}

private let trial = Trial(password: LocalRabbitMQ.password)

func makeSource(_ settings: String, runsOnce: Bool = true) throws -> RabbitMQSource {
    try trial.source(RabbitMQSourceSettings.self, settings, runsOnce: runsOnce)
}

func makeDestination(_ settings: String) throws -> RabbitMQDestination { try trial.destination(RabbitMQDestinationSettings.self, settings) }
