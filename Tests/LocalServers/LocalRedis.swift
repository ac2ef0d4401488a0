/// A real Redis for tests, made in a folder of its own, with a port and a socket of its own. It ends with the process that runs the tests,
/// however that ends. What it has acknowledged is on disk.
///
/// Its default user and `tessera` may do everything; `guest` may read and write what begins with `allowed`, and run no scripts.
public final class LocalRedis: Sendable {
    /// The folder of the server's programs; nil where there is none.
    public static let programs: String? = folder(of: ["redis-server", "redis-cli"], besides: [])
    /// What tests say that need one where there is none.
    public static let missing = "Redis's redis-server and redis-cli are not here, so this was not tried. Install redis-server."
    /// The password of its users.
    public static let password = "hunter2-password"
    private let server: ScriptedServer

    /// Makes one, and starts it. Suites that end it need one of their own.
    public init() async throws { server = try await ScriptedServer("redis.sh", [Self.programs ?? "", Self.password]) }

    /// On this machine.
    public var port: Int { server.place.split(separator: " ").first.flatMap { Int($0) } ?? 0 }
    /// The path of its socket.
    public var socket: String { (server.place.split(separator: " ").last ?? "") + "/socket" }

    /// `start`; `crash`; `freeze`, after which it says nothing until `thaw`; or `cut`, which closes all connections. Returns when that is done.
    public func tell(_ word: String) async throws { try await server.tell(word) }
}
