public import EventModel

extension ConnectorContext {
    /// A destination that is given its records as the setting `payload` says.
    ///
    /// - Parameter payload: Nil: JSON, as they are.
    public func encoding(_ payload: String?, for destination: any Destination) throws(SettingsError) -> any Destination {
        try payloads.codec(named: payload).map { EncodingDestination(destination, codec: $0) } ?? destination
    }
}

/// Writes records by a codec before another destination is given them. What cannot be written so is refused.
struct EncodingDestination: Destination {
    private let destination: any Destination
    private let codec: any PayloadCodec

    init(_ destination: any Destination, codec: any PayloadCodec) { (self.destination, self.codec) = (destination, codec) }

    var learns: Bool { destination.learns }
    func probe() async throws(ConnectorError) -> String { try await destination.probe() }
    func close() async { await destination.close() }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        var encoded = DeliveryBatch(contentType: codec.contentType)
        var places: [Int] = []
        var refused: [DeliveryReceipt.Refusal] = []
        for (place, record) in batch.records.enumerated() {
            do throws(PayloadError) {
                let bytes = try codec.encode(record.object(in: batch, place), record.kind)
                encoded.append(record.kind, key: batch.key(place), profile: batch.profile(place), json: bytes)
                places.append(place)
            } catch {
                refused.append(.init(record: place, reason: "The record cannot be written as `payload` says. \(error.description)"))
            }
        }
        guard !encoded.isEmpty else { return DeliveryReceipt(refused: refused) }
        // Whoever refuses a place that it was not given is told by the platform, which knows more than these.
        func place(_ inner: Int) -> Int { places.indices.contains(inner) ? places[inner] : inner + batch.count }
        let receipt = try await destination.deliver(encoded)
        refused += receipt.refused.map { .init(record: place($0.record), reason: $0.reason) }
        return DeliveryReceipt(
            refused: refused.sorted { $0.record < $1.record },
            given: receipt.given.map { .init(record: place($0.record), traits: $0.traits) },
            later: receipt.later.map { .init($0.records.map(place), because: $0.error) })
    }
}

extension DeliveryBatch.Record {
    fileprivate func object(in batch: DeliveryBatch, _ place: Int) throws(PayloadError) -> JSONObject {
        if let object = (try? JSONValue(parsing: batch.json(place)))?.asObject { return object }
        throw PayloadError("It is no JSON object.")
    }
}
