import Foundation

/// A moto for tests: a server of PyPI's that speaks S3 and Kinesis as Amazon's do, and keeps all in memory. It ends with the process that runs
/// the tests, however that ends.
public final class LocalMoto: Sendable {
    /// A Python that has it; nil: none.
    public static let python: String? = ProcessInfo.processInfo.environment["TESSERA_MOTO"].flatMap {
        FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil
    }
    /// What tests say that need one where there is none.
    public static let missing = "TESSERA_MOTO names no Python with moto, so this was not tried. Tools/test installs it from PyPI."
    private let server: ScriptedServer

    /// Makes one, and starts it: some seconds.
    public init() async throws { server = try await ScriptedServer("moto.sh", [Self.python ?? ""], isUnprivileged: false) }

    /// Where it is.
    public var endpoint: String { "http://127.0.0.1:\(server.place)" }

    /// `bucket NAME`, `stream NAME SHARDS`, `split NAME`, or `faults N`: every Nth request fails then. Returns when that is done.
    public func tell(_ words: String) async throws { try await server.tell(words) }
}
