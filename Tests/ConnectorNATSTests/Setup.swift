import BrokerTesting
import CNATS
import Connectors
import EventModel
import Foundation
import LocalServers
import Secrets
import Synchronization
import Testing

@testable import ConnectorNATS

/// All that need the server, one after another: some of them end it.
@Suite(.serialized, .enabled(if: LocalNATS.programs != nil, Comment(rawValue: LocalNATS.missing)), .timeLimit(.minutes(30)))
struct ServerTests {}

/// A message as a stream has it.
struct Stored: Equatable {
    var subject, data: String
    var headers: [String: String]
    var key: String? { headers[Header.key] }
}

/// The server of the tests, asked through the connector's own connection.
final class Server: Sendable {
    static let shared = Task { Server(try await LocalNATS()) }

    let local: LocalNATS

    private init(_ local: LocalNATS) { self.local = local }

    private var address: NATSAddress {
        NATSAddress(
            servers: ["nats://127.0.0.1:\(local.port)"], username: "tessera", password: Secret(LocalNATS.password), timeout: .seconds(120))
    }

    /// As settings begin that name it.
    var settings: String { #""servers":["nats://127.0.0.1:\#(local.port)"],"username":"tessera","password":"env:PASSWORD""# }

    func connect() throws -> NATSConnection { try NATSConnection(address) }

    /// Makes a stream of subjects that begin with its name.
    ///
    /// - Parameter mostBytes: Of a message; nil: any.
    func create(_ stream: String, mostBytes: Int32? = nil) throws {
        let connection = try connect()
        var config = jsStreamConfig()
        jsStreamConfig_Init(&config)
        let status = withTexts([stream, "\(stream).>"]) { texts in
            var subjects: [UnsafePointer<CChar>?] = [texts[1]]
            return subjects.withUnsafeMutableBufferPointer { subjects in
                (config.Name, config.Subjects, config.SubjectsLen) = (texts[0], subjects.baseAddress, 1)
                if let mostBytes { config.MaxMsgSize = mostBytes }
                return js_AddStream(nil, connection.stream, &config, nil, nil)
            }
        }
        try connection.check(status)
    }

    func delete(_ stream: String) throws {
        let connection = try connect()
        try connection.check(js_DeleteStream(connection.stream, stream, nil, nil))
    }

    /// Publishes messages; the stream has them when this returns.
    func fill(_ subject: String, _ records: some Sequence<String>) throws {
        let connection = try connect()
        for record in records {
            try connection.check(
                js_PublishAsync(connection.stream, subject, record, Int32(record.utf8.count), nil))
        }
        try connection.check(js_PublishAsyncComplete(connection.stream, nil))
    }

    /// All messages of a stream, in their order.
    func messages(_ stream: String) throws -> [Stored] {
        let connection = try connect()
        let last = try connection.state(of: stream).last
        if last == 0 { return [] }
        return try (1...last).map { number in
            var message: OpaquePointer?
            try connection.check(js_GetMsg(&message, connection.stream, stream, number, nil, nil))
            defer { natsMsg_Destroy(message) }
            let data = UnsafeRawBufferPointer(start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message)))
            var headers: [String: String] = [:]
            for name in [Header.repeats, Header.key, Header.kind, Header.profile] {
                var text: UnsafePointer<CChar>?
                if natsMsgHeader_Get(message, name, &text) == NATS_OK, let text { headers[name] = String(cString: text) }
            }
            return Stored(
                subject: String(cString: natsMsg_GetSubject(message)), data: String(decoding: data, as: UTF8.self), headers: headers)
        }
    }

    // MARK: - connectors

    func source(_ settings: String, runsOnce: Bool = true, report: @escaping @Sendable (String) -> Void = { _ in }) throws -> NATSSource {
        try makeSource("{\(self.settings),\(settings)}", runsOnce: runsOnce, report: report)
    }

    func destination(_ settings: String) throws -> NATSDestination { try makeDestination("{\(self.settings),\(settings)}") }
}

private let trial = Trial(password: LocalNATS.password)

func makeSource(_ settings: String, runsOnce: Bool = true, report: @escaping @Sendable (String) -> Void = { _ in }) throws -> NATSSource {
    try trial.source(NATSSourceSettings.self, settings, runsOnce: runsOnce, report: report)
}

func makeDestination(_ settings: String) throws -> NATSDestination { try trial.destination(NATSDestinationSettings.self, settings) }

/// Lines that several tasks have seen.
final class SeenLines: Sendable {
    private let lines = Mutex<Set<String>>([])

    func add(_ more: [String]) { lines.withLock { $0.formUnion(more) } }

    var all: Set<String> { lines.withLock { $0 } }
}
