extension DeliveryReceipt {
    /// Sees that it speaks of the batch that the destination was given, and of nothing else.
    ///
    /// - Parameter learns: Whether the destination says that it learns.
    /// - Parameter name: The connector's.
    func check(against batch: DeliveryBatch, learns: Bool, of name: String) throws(ConnectorError) {
        func areOfBatch(_ places: [Int]) -> Bool {
            zip(places, places.dropFirst()).allSatisfy { $0 < $1 } && places.allSatisfy(batch.records.indices.contains)
        }
        guard areOfBatch(refused.map(\.record)) else {
            throw ConnectorError(
                .stop, at: name, "the destination refused records that it was not given",
                remedy: "This is an error of the connector: refusals name places of the batch, ascending.")
        }
        if let places = later?.records {
            guard !places.isEmpty, areOfBatch(places), Set(places).isDisjoint(with: refused.map(\.record)) else {
                throw ConnectorError(
                    .stop, at: name, "the destination wants records again that it was not given, or refused",
                    remedy: "This is an error of the connector: what comes later are places of the batch, ascending, none refused.")
            }
        }
        let isRight = given.allSatisfy {
            batch.records.indices.contains($0.record) && batch.records[$0.record].kind == .message && $0.traits.isWithinBounds
        }
        guard given.isEmpty || learns && isRight else {
            throw ConnectorError(
                .stop, at: name, "the destination gave traits that nobody can take",
                remedy:
                    "This is an error of the connector: it must say that it learns, of messages of the batch, within the bounds of traits.")
        }
    }
}
