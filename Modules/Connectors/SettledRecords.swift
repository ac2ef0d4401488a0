/// What became of records of a batch that failed as a whole: what is known of them is not sent again.
///
/// `Lot` is what became of a record; one of its values says that nobody knows.
public struct SettledRecords<Lot: Hashable & Sendable>: Sendable {
    private var lots: [String: Lot] = [:]
    private let unknown: Lot

    /// Nothing is known.
    public init(unknown: Lot) { self.unknown = unknown }

    /// What is known of the records of a batch, in their order.
    public func lots(of batch: DeliveryBatch) -> [Lot] {
        if lots.isEmpty { return [Lot](repeating: unknown, count: batch.count) }
        return batch.records.indices.map { lots[Self.name(batch, $0)] ?? unknown }
    }

    /// Keeps what is known of a batch that failed, and of no other.
    public mutating func keep(_ lots: [Lot], of batch: DeliveryBatch) {
        forget()
        for (place, lot) in lots.enumerated() where lot != unknown { self.lots[Self.name(batch, place)] = lot }
    }

    /// The batch is through.
    public mutating func forget() { lots = [:] }

    private static func name(_ batch: DeliveryBatch, _ place: Int) -> String {
        batch.records[place].kind.rawValue + "/" + batch.key(place)
    }
}
