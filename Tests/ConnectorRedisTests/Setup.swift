import BrokerTesting
import Connectors
import EventModel
import Foundation
import LocalServers
import Secrets
import Testing

@testable import ConnectorRedis

/// All that need the server, one after another: some of them end it.
@Suite(.serialized, .enabled(if: LocalRedis.programs != nil, Comment(rawValue: LocalRedis.missing)), .timeLimit(.minutes(30)))
struct ServerTests {}

/// The server of the tests, asked through the connector's own connection.
final class Server: Sendable {
    static let shared = Task { Server(try await LocalRedis()) }

    let local: LocalRedis

    private init(_ local: LocalRedis) { self.local = local }

    /// As settings begin that name it.
    var settings: String { #""host":"127.0.0.1","port":\#(local.port),"username":"tessera","password":"env:PASSWORD""# }
    /// The same, by its socket and as its default user.
    var socket: String { #""socket":"\#(local.socket)","password":"env:PASSWORD""# }

    var address: RedisAddress {
        RedisAddress(
            place: .socket(path: local.socket), password: Secret(LocalRedis.password), database: 0, timeout: .seconds(120))
    }

    /// Says a word; its errors are thrown.
    @discardableResult
    func say(_ words: String...) throws -> RedisReply {
        var command = RedisCommand()
        for word in words { command.append(word) }
        return try RedisConnection(address).call(command)
    }

    /// Adds entries with ids of their own, from `first`; they are on disk when this returns.
    func fill(_ stream: String, _ records: some Sequence<String>, field: String = "data", first: Int = 1) throws {
        let connection = try RedisConnection(address)
        let script = "for i = 4, #ARGV do redis.call('XADD', ARGV[1], (ARGV[2] + i - 4) .. '-0', ARGV[3], ARGV[i]) end return #ARGV - 3"
        var (place, rest) = (first, Array(records)[...])
        while !rest.isEmpty {
            var command = RedisCommand("EVAL", script, "0", stream, "\(place)", field)
            for record in rest.prefix(500) { command.append(record) }
            place += try #require(connection.call(command).value.integer)
            rest = rest.dropFirst(500)
        }
    }

    /// Fields of all entries of a stream, in their order.
    func entries(_ stream: String) throws -> [[String: String]] {
        let reply = try say("XRANGE", stream, "-", "+")
        return try #require(reply.value.list).map { entry in
            let fields = try #require(entry.list?[1].list)
            return Dictionary(
                uniqueKeysWithValues: stride(from: 0, to: fields.count, by: 2).map { (fields[$0].string, fields[$0 + 1].string) })
        }
    }

    /// How many entries of a stream its group has given, and nobody has acknowledged.
    func pending(_ stream: String, _ group: String = "g") throws -> Int {
        try #require(say("XPENDING", stream, group).value.list?[0].integer)
    }

    // MARK: - connectors

    func source(_ settings: String, runsOnce: Bool = true, report: @escaping @Sendable (String) -> Void = { _ in }) throws -> RedisSource {
        try makeSource("{\(self.settings),\(settings)}", runsOnce: runsOnce, report: report)
    }

    func destination(_ settings: String) throws -> RedisDestination { try makeDestination("{\(self.settings),\(settings)}") }
}

private let trial = Trial(password: LocalRedis.password)

func makeSource(_ settings: String, runsOnce: Bool = true, report: @escaping @Sendable (String) -> Void = { _ in }) throws -> RedisSource {
    try trial.source(RedisSourceSettings.self, settings, runsOnce: runsOnce, report: report)
}

func makeDestination(_ settings: String) throws -> RedisDestination { try trial.destination(RedisDestinationSettings.self, settings) }
