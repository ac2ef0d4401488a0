/// A real RabbitMQ for tests, made in a folder of its own, with a node and a port of its own. It ends with the process that runs the
/// tests, however that ends.
///
/// Its user `tessera` may do everything in the virtual hosts `/`, which has a queue `orders`, and `shop`; `guest` may connect to `/` and do
/// nothing there.
public final class LocalRabbitMQ: Sendable {
    /// The folder of the server's programs; nil where there is none, or Erlang is not there.
    public static let programs: String? = {
        guard folder(of: ["erl", "epmd"], besides: []) != nil else { return nil }
        return folder(of: ["rabbitmq-server", "rabbitmqctl"], besides: ["/usr/lib/rabbitmq/bin"])
    }()
    /// What tests say that need one where there is none.
    public static let missing = "RabbitMQ's rabbitmq-server and Erlang are not here, so this was not tried. Install rabbitmq-server."
    /// The password of its users.
    public static let password = "hunter2-password"
    private let server: ScriptedServer

    /// Makes one, and starts it: some seconds. Suites that end it need one of their own.
    public init() async throws { server = try await ScriptedServer("rabbitmq.sh", [Self.programs ?? "", Self.password]) }

    /// On this machine.
    public var port: Int { Int(server.place) ?? 0 }

    /// `start`; `crash`, after which nothing of it runs any more; or `cut`, which closes all connections. Returns when that is done.
    public func tell(_ word: String) async throws { try await server.tell(word) }
}
