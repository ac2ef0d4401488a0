import CConnector
public import Connectors

/// A connector of a library in the process of its author's tests, before it is in a library.
public struct LibraryTrial: Sendable {
    private let table: LibraryTable
    private let settings: [(name: String, value: String)]

    /// - Parameter exported: What `export(_:to:)` of ConnectorKit gives.
    /// - Parameter settings: As the connector is given them: numbers in digits, secrets in the clear.
    /// - Throws: What is wrong with the table.
    public init(_ exported: UnsafeRawPointer?, settings: [String: String]) throws(ConnectorError) {
        table = try LibraryTable(exported?.assumingMemoryBound(to: tessera_connector_table.self), of: "the connector")
        self.settings = settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The source, made anew; it ends where nothing more is there.
    public func source() -> any Source { LibrarySource(connector: connector, interval: nil) }

    /// The destination, made anew.
    public func destination() -> any Destination { LibraryDestination(connector: connector) }

    private var connector: BlockingConnector { BlockingConnector(TableCalls(table, settings: settings, report: { _ in })) }
}
