import CConnector

/// The table of a source, for the one function that a library exports:
///
///     @_cdecl("tessera_connector")
///     public func connector(_ interface: UInt32) -> UnsafeRawPointer? { export(Numbers.self, to: interface) }
///
/// - Parameter interface: The newest interface that the host speaks.
/// - Returns: nil where the host is too old for this kit. The table lives as long as the process.
public func export<Exported: Source>(_ source: Exported.Type, to interface: UInt32) -> UnsafeRawPointer? {
    table(Exported.descriptor.json(role: "source"), interface) { settings throws(Failure) in SourceWork(try Exported(settings)) }
}

/// The table of a destination, likewise.
public func export<Exported: Destination>(_ destination: Exported.Type, to interface: UInt32) -> UnsafeRawPointer? {
    table(Exported.descriptor.json(role: "destination"), interface) { settings throws(Failure) in DestinationWork(try Exported(settings)) }
}

/// A connector behind the line: pointers to it cross, its type does not.
private class Work {
    func probe(_ host: ConnectorHost) throws(Failure) -> String { "" }
    func read(_ position: Position?, _ batch: Batch) throws(Failure) -> tessera_status { TESSERA_STOP }
    func deliver(_ records: Records) throws(Failure) {}
}

private final class SourceWork<Exported: Source>: Work {
    private var source: Exported
    init(_ source: Exported) { self.source = source }
    override func probe(_ host: ConnectorHost) throws(Failure) -> String { try source.probe(host) }
    override func read(_ position: Position?, _ batch: Batch) throws(Failure) -> tessera_status {
        switch try source.read(after: position, into: batch) {
        case .more: TESSERA_DONE
        case .idle: TESSERA_IDLE
        case .end: TESSERA_END
        }
    }
}

private final class DestinationWork<Exported: Destination>: Work {
    private var destination: Exported
    init(_ destination: Exported) { self.destination = destination }
    override func probe(_ host: ConnectorHost) throws(Failure) -> String { try destination.probe(host) }
    override func deliver(_ records: Records) throws(Failure) { try destination.deliver(records) }
}

/// What `make` is handed: how a connector of the exported type is made.
private final class Maker {
    let make: (Settings) throws(Failure) -> Work
    init(_ make: @escaping (Settings) throws(Failure) -> Work) { self.make = make }
}

private func table(
    _ descriptor: JSON, _ interface: UInt32, _ make: @escaping (Settings) throws(Failure) -> Work
) -> UnsafeRawPointer? {
    guard interface >= UInt32(TESSERA_CONNECTOR_INTERFACE) else { return nil }
    // It is asked for once in a process, and lives as long.
    let text = descriptor.encoded
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
    bytes.initialize(from: text, count: text.count)
    let table = UnsafeMutablePointer<tessera_connector_table>.allocate(capacity: 1)
    table.initialize(
        to: tessera_connector_table(
            interface: UInt32(TESSERA_CONNECTOR_INTERFACE), descriptor: tessera_bytes(bytes: bytes, count: text.count),
            context: Unmanaged.passRetained(Maker(make)).toOpaque(),
            make: { context, settings, count, host, made in
                guard let context, let host, let made else { return TESSERA_STOP }
                return attempt(host) { () throws(Failure) in
                    let work = try Unmanaged<Maker>.fromOpaque(context).takeUnretainedValue().make(Settings(settings, count))
                    made.pointee = Unmanaged.passRetained(work).toOpaque()
                    return TESSERA_DONE
                }
            },
            probe: { made, host in
                guard let work = work(made), let host else { return TESSERA_STOP }
                return attempt(host) { () throws(Failure) in
                    let sentence = try work.probe(ConnectorHost(table: host))
                    lending(sentence.utf8) { host.pointee.found(host.pointee.host, $0) }
                    return TESSERA_DONE
                }
            },
            read: { made, version, position, host in
                guard let work = work(made), let host else { return TESSERA_STOP }
                let start = position.map { Position($0.pointee.text, version: version) }
                return attempt(host) { () throws(Failure) in try work.read(start, Batch(host: ConnectorHost(table: host))) }
            },
            deliver: { made, records, count, host in
                guard let work = work(made), let host else { return TESSERA_STOP }
                return attempt(host) { () throws(Failure) in
                    let records = UnsafeBufferPointer(start: records, count: count)
                    try work.deliver(Records(host: ConnectorHost(table: host), records: records))
                    return TESSERA_DONE
                }
            },
            close: { made in
                guard let made else { return }
                Unmanaged<Work>.fromOpaque(made).release()
            }))
    return UnsafeRawPointer(table)
}

private func work(_ made: UnsafeMutableRawPointer?) -> Work? { made.map { Unmanaged<Work>.fromOpaque($0).takeUnretainedValue() } }

private func attempt(_ host: UnsafePointer<tessera_host>, _ call: () throws(Failure) -> tessera_status) -> tessera_status {
    do throws(Failure) { return try call() } catch { return ConnectorHost(table: host).fail(error) }
}
