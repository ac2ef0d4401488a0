import Foundation

/// A real PostgreSQL for tests, made in a folder of its own. It ends with the process that runs the tests, however that ends.
public final class LocalPostgres: Sendable {
    /// The folder of the server's programs, the newest where there are several; nil where there is none.
    public static let programs: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return LocalServers.folder(
            of: ["initdb", "pg_ctl", "postgres"],
            besides: versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" })
    }()
    /// What tests say that need one where there is none.
    public static let missing = "PostgreSQL's initdb and pg_ctl are not here, so this was not tried. Install postgresql."
    private let server: ScriptedServer

    /// Makes one, and starts it: some seconds. Suites that end it need one of their own.
    public init() async throws { server = try await ScriptedServer("postgres.sh", [Self.programs ?? ""]) }

    /// Of its socket.
    public var folder: String { server.place }
    /// As settings name it.
    public var connection: String { "host=\(folder) user=tessera dbname=postgres" }

    /// `start`, or `crash`, which is an immediate shutdown: returns when that is done.
    public func tell(_ word: String) async throws { try await server.tell(word) }
}
