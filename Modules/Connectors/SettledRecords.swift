/// What became of a record on its way.
public enum RecordLot: Hashable, Sendable {
    /// Nobody knows whether it arrived.
    case unknown
    case arrived
    /// The other side will never take it, and why.
    case refused(String)
}

/// What became of records of a batch that failed as a whole: what is known of them is not sent again, in whatever pieces the batch comes again.
public struct SettledRecords: Sendable {
    /// Of each record of that batch that did not get through since.
    private var lots: [String: RecordLot] = [:]

    /// Nothing is known.
    public init() {}

    /// What is known of the records of a batch, in their order.
    public func lots(of batch: DeliveryBatch) -> [RecordLot] {
        if lots.isEmpty { return [RecordLot](repeating: .unknown, count: batch.count) }
        return batch.records.indices.map { lots[Self.name(batch, $0)] ?? .unknown }
    }

    /// Keeps what is known of a batch that failed, or of a piece of it; what is known of another one is forgotten.
    public mutating func keep(_ lots: [RecordLot], of batch: DeliveryBatch) {
        let names = batch.records.indices.map { Self.name(batch, $0) }
        if !names.allSatisfy({ self.lots[$0] != nil }) { self.lots = [:] }
        for (name, lot) in zip(names, lots) { self.lots[name] = lot }
    }

    /// These records are through.
    public mutating func forget(_ batch: DeliveryBatch) {
        if lots.isEmpty { return }
        for place in batch.records.indices { lots[Self.name(batch, place)] = nil }
    }

    private static func name(_ batch: DeliveryBatch, _ place: Int) -> String {
        batch.records[place].kind.rawValue + "/" + batch.key(place)
    }
}

extension DeliveryReceipt {
    /// Of a batch of which the lot of each record is known.
    ///
    /// - Parameter error: Why the lot of some is unknown: they come again.
    public init(_ lots: [RecordLot], later error: ConnectorError? = nil) {
        self.init(
            refused: lots.enumerated().compactMap { place, lot in
                if case .refused(let reason) = lot { Refusal(record: place, reason: reason) } else { nil }
            }, later: error.map { Later(lots.indices.filter { lots[$0] == .unknown }, because: $0) })
    }
}
