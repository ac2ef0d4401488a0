/// A real NATS with JetStream for tests, made in a folder of its own, with a port of its own. It ends with the process that runs the tests,
/// however that ends.
///
/// Its user `tessera` may do everything, and `guest` nothing.
public final class LocalNATS: Sendable {
    /// The folder of the server's program; nil where there is none.
    public static let programs: String? = folder(of: ["nats-server"], besides: ["/usr/sbin"])
    /// What tests say that need one where there is none.
    public static let missing = "NATS's nats-server is not here, so this was not tried. Install nats-server."
    /// The password of its users.
    public static let password = "hunter2-password"
    private let server: ScriptedServer

    /// Makes one, and starts it. Suites that end it need one of their own.
    public init() async throws { server = try await ScriptedServer("nats.sh", [Self.programs ?? "", Self.password]) }

    /// On this machine.
    public var port: Int { Int(server.place) ?? 0 }

    /// Makes a stream.
    public func createStream(_ name: String, subjects: String) async throws { try await server.tell("stream \(name) \(subjects)") }

    /// `start`; `crash`; or `freeze`, after which it says nothing until `thaw`. Returns when that is done.
    public func tell(_ word: String) async throws { try await server.tell(word) }
}
