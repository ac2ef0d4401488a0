import CRabbitMQ
import Connectors

/// Publishes records on a channel whose broker confirms each. Confined to its queue.
final class ExchangePublisher: RecordPublisher {
    private let plan: PublishingPlan
    private let connection: BrokerConnection
    /// What the next record is confirmed by.
    private var nextTag: UInt64 = 1

    /// Bytes that are on their way before the first of them is confirmed: a broker that takes nothing fills no more than the network's room.
    private static let window = 64 << 10
    /// How long one look for a confirmation takes.
    private static let look = Duration.milliseconds(100)

    init(_ plan: PublishingPlan) throws(ConnectorError) {
        self.plan = plan
        connection = try BrokerConnection(plan.address)
        if !plan.exchange.isEmpty {
            _ = plan.exchange.withBytes { exchange in
                // The type is not looked at where an exchange is only asked for.
                "direct".withBytes {
                    amqp_exchange_declare(connection.handle, BrokerConnection.channel, exchange, $0, 1, 0, 0, 0, amqp_empty_table)
                }
            }
            try connection.check(amqp_get_rpc_reply(connection.handle))
        }
        amqp_confirm_select(connection.handle, BrokerConnection.channel)
        try connection.check(amqp_get_rpc_reply(connection.handle))
    }

    func close() { connection.close() }

    /// Publishes those whose lot is unknown, the first one first, until the broker has said what became of each.
    ///
    /// - Throws: Where it is not known of all; the lots hold what is.
    func publish(_ batch: DeliveryBatch, _ lots: inout [RecordLot], _ cancellation: Cancellation) throws(ConnectorError) {
        let deadline = ContinuousClock.now + plan.timeout
        /// Places of records that are not confirmed, by their numbers.
        var underWay: [UInt64: Int] = [:]
        var bytes = 0
        var isRefused = false
        func size(_ place: Int) -> Int { batch.records[place].json.count + batch.records[place].key.count }
        for place in batch.records.indices where lots[place] == .unknown {
            while bytes > Self.window { try listen(batch, &lots, &underWay, &bytes, &isRefused, deadline, cancellation) }
            try connection.check(send(batch, place))
            underWay[nextTag] = place
            bytes += size(place)
            nextTag += 1
        }
        while !underWay.isEmpty { try listen(batch, &lots, &underWay, &bytes, &isRefused, deadline, cancellation) }
        if isRefused {
            throw ConnectorError(
                .retry(after: nil), at: plan.address.shown, "the broker did not take every record",
                remedy: "They are sent again; where that goes on, look whether a queue is full.")
        }
    }

    /// Hears what the broker says, for a moment.
    private func listen(
        _ batch: DeliveryBatch, _ lots: inout [RecordLot], _ underWay: inout [UInt64: Int], _ bytes: inout Int, _ isRefused: inout Bool,
        _ deadline: ContinuousClock.Instant, _ cancellation: Cancellation
    ) throws(ConnectorError) {
        if cancellation.hasHappened || ContinuousClock.now >= deadline {
            throw ConnectorError(
                .retry(after: nil), at: plan.address.shown,
                cancellation.hasHappened ? "it was asked to end" : "the broker does not confirm what it was sent",
                remedy: "It is sent again; where that goes on, look whether the broker lacks memory or disk.")
        }
        switch try connection.next(within: Self.look) {
        case .returned(let content):
            // It is confirmed after that: of those with its key it is the first without a lot.
            let place = underWay.filter { _, place in
                batch.key(place) == content.key && batch.records[place].kind.rawValue == content.kind && lots[place] == .unknown
            }.min { $0.key < $1.key }?.value
            if let place { lots[place] = .refused("It reaches no queue (\(content.reason ?? "")). Bind one to the exchange.") }
        case .confirmed(let tag, let isMultiple, let isTaken):
            for number in isMultiple ? underWay.keys.filter({ $0 <= tag }) : [tag] {
                guard let place = underWay.removeValue(forKey: number) else { continue }
                bytes -= batch.records[place].json.count + batch.records[place].key.count
                if !isTaken {
                    isRefused = true
                } else if lots[place] == .unknown {
                    lots[place] = .arrived
                }
            }
        case .delivery, nil: break
        }
    }

    private func send(_ batch: DeliveryBatch, _ place: Int) -> Int32 {
        let record = batch.records[place]
        return batch.bytes.withUnsafeBytes { all in
            func part(_ range: Range<Int>) -> amqp_bytes_t {
                amqp_bytes_t(len: range.count, bytes: UnsafeMutableRawPointer(mutating: all.baseAddress.map { $0 + range.lowerBound }))
            }
            func entry(_ name: amqp_bytes_t, _ value: amqp_bytes_t) -> amqp_table_entry_t {
                var entry = amqp_table_entry_t()
                entry.key = name
                entry.value.kind = UInt8(ascii: "S")
                entry.value.value.bytes = value
                return entry
            }
            return withBytes([
                Header.key, Header.kind, Header.profile, record.kind.rawValue, batch.contentType, plan.exchange,
                plan.routingKeys[record.kind],
            ]) { texts in
                var headers = [entry(texts[0], part(record.key)), entry(texts[1], texts[3])]
                if !record.profile.isEmpty { headers.append(entry(texts[2], part(record.profile))) }
                return headers.withUnsafeMutableBufferPointer { entries in
                    var properties = amqp_basic_properties_t()
                    properties._flags = Flag.contentType | Flag.headers | Flag.deliveryMode
                    properties.content_type = texts[4]
                    properties.headers = amqp_table_t(num_entries: Int32(entries.count), entries: entries.baseAddress)
                    properties.delivery_mode = 2  // On disk.
                    // The protocol has no longer ones; the header has all.
                    if record.key.count <= ShortName.mostBytes {
                        properties._flags |= Flag.messageID
                        properties.message_id = part(record.key)
                    }
                    return amqp_basic_publish(
                        connection.handle, BrokerConnection.channel, texts[5], texts[6], plan.isMandatory ? 1 : 0, 0, &properties,
                        part(record.json))
                }
            }
        }
    }
}
