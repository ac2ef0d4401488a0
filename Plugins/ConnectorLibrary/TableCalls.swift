import CConnector
import Connectors
import EventModel

/// A connector in this process. What traps there takes the process down, and what hangs cannot be ended.
final class TableCalls: ConnectorCalls, @unchecked Sendable {
    private let table: LibraryTable
    private let settings: [(name: String, value: String)]
    private let report: @Sendable (String) -> Void
    private let heard: @Sendable () -> Void
    private let flooded: @Sendable (ConnectorError) -> Void
    /// Touched by one call at a time.
    private var made: UnsafeMutableRawPointer?

    init(
        _ table: LibraryTable, settings: [(name: String, value: String)], report: @escaping @Sendable (String) -> Void,
        heard: @escaping @Sendable () -> Void = {}, flooded: @escaping @Sendable (ConnectorError) -> Void = { _ in }
    ) { (self.table, self.settings, self.report, self.heard, self.flooded) = (table, settings, report, heard, flooded) }

    deinit { close() }

    func probe(_ cancellation: Cancellation) throws(ConnectorError) -> String {
        let (made, results) = (try connector(cancellation), results(cancellation))
        _ = try results.call { table.pointer.pointee.probe(made, $0) }
        return results.found
    }

    func read(after position: Checkpoint?, most: Int?, _ cancellation: Cancellation) throws(ConnectorError) -> ReadResult {
        let (made, results) = (try connector(cancellation), results(cancellation, most: most))
        let read = table.pointer.pointee.read!
        _ = try results.call { host in
            guard let position else { return read(made, 0, nil, host) }
            return lending(position.position) { bytes in withUnsafePointer(to: bytes) { read(made, position.version, $0, host) } }
        }
        return results.read
    }

    func deliver(_ batch: DeliveryBatch, _ cancellation: Cancellation) throws(ConnectorError) -> DeliveryReceipt {
        let (made, results) = (try connector(cancellation), results(cancellation))
        let deliver = table.pointer.pointee.deliver!
        _ = try results.call { host in
            batch.bytes.withUnsafeBufferPointer { bytes in
                func part(_ range: Range<Int>) -> tessera_bytes {
                    tessera_bytes(bytes: bytes.baseAddress.map { $0 + range.lowerBound }, count: range.count)
                }
                let records = batch.records.map { record in
                    tessera_record(kind: record.kind.raw, key: part(record.key), profile: part(record.profile), json: part(record.json))
                }
                return records.withUnsafeBufferPointer { deliver(made, $0.baseAddress, $0.count, host) }
            }
        }
        return DeliveryReceipt(refused: results.refused)
    }

    func close() {
        if let made { table.pointer.pointee.close(made) }
        made = nil
    }

    private func results(_ cancellation: Cancellation, most: Int? = nil) -> CallResults {
        CallResults(
            path: table.path, words: table.about.language, most: most, isCancelled: { cancellation.hasHappened }, report: report,
            heard: heard,
            flooded: flooded)
    }

    /// Makes the connector where that has not happened yet.
    private func connector(_ cancellation: Cancellation) throws(ConnectorError) -> UnsafeMutableRawPointer {
        if let made { return made }
        let results = results(cancellation)
        var found: UnsafeMutableRawPointer?
        var texts: [(name: ContiguousArray<UInt8>, value: ContiguousArray<UInt8>)] = []
        for setting in settings { texts.append((ContiguousArray(setting.name.utf8), ContiguousArray(setting.value.utf8))) }
        _ = try results.call { host in
            Self.lendingAll(texts[...], []) { settings in
                settings.withUnsafeBufferPointer {
                    table.pointer.pointee.make(table.pointer.pointee.context, $0.baseAddress, $0.count, host, &found)
                }
            }
        }
        guard let found else {
            throw ConnectorError(
                .stop, at: table.path, "it made no connector and did not say why", remedy: "This is an error of the library: set `made`.")
        }
        made = found
        return found
    }

    /// Hands out settings, each as long as all of them are needed.
    private static func lendingAll(
        _ texts: ArraySlice<(name: ContiguousArray<UInt8>, value: ContiguousArray<UInt8>)>, _ given: [tessera_setting],
        _ call: ([tessera_setting]) -> tessera_status
    ) -> tessera_status {
        guard let first = texts.first else { return call(given) }
        return first.name.withUnsafeBufferPointer { name in
            first.value.withUnsafeBufferPointer { value in
                let setting = tessera_setting(
                    name: .init(bytes: name.baseAddress, count: name.count), value: .init(bytes: value.baseAddress, count: value.count))
                return lendingAll(texts.dropFirst(), given + [setting], call)
            }
        }
    }
}

private func lending<Answer>(_ text: String, _ call: (tessera_bytes) -> Answer) -> Answer {
    ContiguousArray(text.utf8).withUnsafeBufferPointer { call(tessera_bytes(bytes: $0.baseAddress, count: $0.count)) }
}

extension DeliveryBatch.Kind {
    fileprivate var raw: tessera_record_kind {
        switch self {
        case .message: TESSERA_MESSAGE
        case .membership: TESSERA_MEMBERSHIP
        case .profile: TESSERA_PROFILE
        }
    }
}
