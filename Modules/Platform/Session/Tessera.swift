public import Storage
import Synchronization

/// A running system over one store: what apps and other programs embed.
///
/// The store is opened when it is first needed and kept open, so that what it decoded stays warm between commands.
public final class Tessera: Sendable {
    /// The parts it is made of.
    public let plugins: Plugins
    /// The store's file.
    public let path: String
    private let opened = Mutex<(any EventStore)?>(nil)

    /// A system over the store at `path`; nothing is opened yet.
    public init(path: String, plugins: Plugins) { (self.path, self.plugins) = (path, plugins) }

    /// The store's file when nothing names one: `$TESSERA_DB`, else `customers.tessera` here.
    public static func defaultPath(environment: [String: String]) -> String {
        environment["TESSERA_DB"].flatMap { $0.isEmpty ? nil : $0 } ?? "./customers.tessera"
    }

    /// The store, opened or (when `access` allows it) made.
    public func store(_ access: Plugins.Access = .existing) throws(CommandError) -> any EventStore {
        let result: Result<any EventStore, StoreError> = opened.withLock { opened in
            if let store = opened { return .success(store) }
            return Result { () throws(StoreError) in
                let store = try plugins.openStore(path, access)
                opened = store
                return store
            }
        }
        do { return try result.get() } catch { throw CommandError(error) }
    }
}
