import Connectors
import EventModel
import Foundation
import LocalServers
import Secrets
import Testing

@testable import ConnectorPostgres

/// The server of the tests, asked through the connector's own connection.
final class LocalServer: Sendable {
    static let shared = Task { LocalServer(try await LocalPostgres()) }

    private let postgres: LocalPostgres
    private let place: PostgresServer
    private let session: Session

    private init(_ postgres: LocalPostgres) {
        self.postgres = postgres
        place = PostgresServer(
            text: Secret(postgres.connection), password: nil, shown: "PostgreSQL", connectTimeout: .seconds(30),
            statementTimeout: .seconds(300))
        session = Session(place, isReading: false)
    }

    var folder: String { postgres.folder }

    func tell(_ word: String) async throws { try await postgres.tell(word) }

    /// A session of its own.
    func makeSession() -> Session { Session(place, isReading: false) }

    @discardableResult
    func sql(_ text: String) async throws -> [[String?]] {
        try await session.perform { connection throws(ServerFailure) in try connection.query(text).values }
    }

    func number(_ text: String) async throws -> Int { Int(try await sql(text).first?.first.flatMap { $0 } ?? "") ?? -1 }

    /// Keys of the messages in a schema, as they arrived; none where it is not there.
    func keys(_ schema: String) async throws -> [String] {
        if try await number("SELECT count(*) FROM pg_tables WHERE schemaname = '\(schema)'") == 0 { return [] }
        return try await sql("SELECT message_id FROM \(schema).messages ORDER BY position").compactMap { $0[0] }
    }

    // MARK: - connectors

    func destination(_ schema: String, _ more: String = "") throws -> any Destination {
        try makeDestination(#"{"connection":"\#(postgres.connection)","schema":"\#(schema)"\#(more)}"#)
    }

    func source(_ settings: String, isRunOnce: Bool = true) throws -> any Source {
        try makeSource(#"{"connection":"\#(postgres.connection)",\#(settings)}"#, isRunOnce: isRunOnce)
    }
}

let secrets = ["WRONG": "hunter2", "URL": "postgresql://ada:hunter2@localhost/shop"]

func makeDestination(_ settings: String) throws -> any Destination {
    try DestinationRegistry([PostgresDestinationSettings.self]).make(
        "postgres", settings: try #require(try JSONValue(parsing: settings).asObject), environment: secrets,
        context: ConnectorContext(formats: FormatRegistry([]), folder: "/"))
}

func makeSource(_ settings: String, isRunOnce: Bool = true) throws -> any Source {
    try SourceRegistry([PostgresSourceSettings.self]).make(
        "postgres", settings: try #require(try JSONValue(parsing: settings).asObject), environment: secrets,
        context: ConnectorContext(formats: FormatRegistry([]), folder: "/", isRunOnce: isRunOnce))
}

/// More with `TESSERA_LONG`.
let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

/// All that need the server, one after another: some of them end it.
@Suite(
    .serialized, .enabled(if: LocalPostgres.programs != nil, Comment(rawValue: LocalPostgres.missing)), .timeLimit(.minutes(20)))
struct ServerTests {}
