import Connectors

/// Writes records into the tables of a schema, a batch in one transaction.
struct PostgresDestination: AudienceReporting {
    private let warehouse: Warehouse
    private let session: Session

    init(_ server: PostgresServer, schema: String) {
        let warehouse = Warehouse(schema: schema)
        self.warehouse = warehouse
        session = Session(server, isReading: false) { connection throws(ServerFailure) in try warehouse.prepare(connection) }
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if batch.isEmpty { return DeliveryReceipt() }
        let warehouse = warehouse
        return DeliveryReceipt(
            refused: try await session.perform { connection throws(ServerFailure) in try warehouse.write(batch, connection) })
    }

    func probe() async throws(ConnectorError) -> String {
        let warehouse = warehouse
        return try await Session(session.server, isReading: true).once { connection throws(ServerFailure) in
            try warehouse.look(connection)
        }
    }

    func audiences() async throws(ConnectorError) -> [Audience] {
        let warehouse = warehouse
        return try await Session(session.server, isReading: true).once { connection throws(ServerFailure) in
            try warehouse.audiences(connection)
        }
    }

    func close() async { await session.close() }
}
