import CKafka
import Connectors
import EventModel

/// A client that writes, in order and without repeats of its own. Confined to its queue.
final class KafkaProducer {
    private let connection: KafkaConnection
    private let handle: OpaquePointer
    private let events = KafkaEvents()
    /// Whether each record goes in a request of its own.
    private let isAlone: Bool
    /// Of the batch that is under way.
    private var lots: [RecordLot] = []
    private var underWay = 0
    /// What the first record that did not arrive was told.
    private var failure: rd_kafka_resp_err_t?
    private var isGivenUp = false

    /// Milliseconds after which it is looked whether the batch is still wanted.
    private static let look: Int32 = 50

    init(_ connection: KafkaConnection, isAlone: Bool) throws(ConnectorError) {
        (self.connection, self.isAlone) = (connection, isAlone)
        // Records never time out one by one: what is left of a batch is given up at once, so that none overtakes another of its profile.
        handle = try connection.open(
            RD_KAFKA_PRODUCER,
            usual: [.init(name: "partitioner", value: "murmur2_random"), .init(name: "linger.ms", value: "5")],
            own: [
                .init(name: "enable.idempotence", value: "true"), .init(name: "acks", value: "all"),
                .init(name: "message.timeout.ms", value: "0"),
            ] + (isAlone ? [.init(name: "batch.num.messages", value: "1")] : []), events: events)
        events.delivered = { [unowned self] in take($0.pointee) }
    }

    /// Lets go of everything.
    func close() {
        giveUp()
        while underWay > 0, rd_kafka_poll(handle, Self.look) > 0 {}
        rd_kafka_destroy(handle)
    }

    /// Sends the records whose lot is not known, and waits for the brokers' word on each.
    ///
    /// - Parameter lots: One for each record; what becomes known is entered, also where this throws.
    /// - Returns: False where some were refused together with others.
    func send(
        _ batch: DeliveryBatch, _ lots: inout [RecordLot], _ topics: DeliveryPlaces, timeout: Duration, _ cancellation: Cancellation
    ) throws(ConnectorError) -> Bool {
        (self.lots, failure) = (lots, nil)
        let clock = ContinuousClock()
        let end = clock.now + timeout
        func look() { if cancellation.hasHappened || clock.now >= end || events.failure != nil { giveUp() } }
        for place in batch.records.indices where self.lots[place] == .unknown && !isGivenUp {
            while !hand(batch, place, topics), !isGivenUp {
                rd_kafka_poll(handle, Self.look)
                look()
            }
            if place % 256 == 0 { rd_kafka_poll(handle, 0) }
        }
        while underWay > 0 {
            rd_kafka_poll(handle, Self.look)
            look()
        }
        lots = self.lots
        if let failure {
            if Self.isOfRecord(failure), !isAlone { return false }
            let isMissing = [RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART].contains(failure)
            if isMissing {
                throw ConnectorError(
                    .mendSettings, at: topics.all.joined(separator: ", "), "there is no such topic",
                    remedy: "Create it, or write the name of one that is there.")
            }
            throw connection.error(failure)
        }
        if let problem = events.failure { throw connection.error(problem) }
        if cancellation.hasHappened {
            throw ConnectorError(.retry(after: nil), at: connection.brokers, "it was asked to end", remedy: "Start it again.")
        }
        if isGivenUp {
            let error = connection.silence(events)
            throw ConnectorError(
                error.recovery, at: error.place, "the brokers did not take everything within the setting `timeout`",
                remedy: error.recovery == .retry(after: nil) ? "It is tried again; where that goes on, look at the cluster." : error.remedy)
        }
        return true
    }

    /// Hands a record over; false where there is no room for it at present.
    private func hand(_ batch: DeliveryBatch, _ place: Int, _ topics: DeliveryPlaces) -> Bool {
        let record = batch.records[place]
        let headers = rd_kafka_headers_new(2)
        guard let headers else { return false }
        let error = batch.bytes.withUnsafeBytes { bytes in
            func add(_ name: StaticString, _ value: UnsafeRawPointer?, _ count: Int) {
                _ = name.withUTF8Buffer { name in
                    name.withMemoryRebound(to: CChar.self) { rd_kafka_header_add(headers, $0.baseAddress, $0.count, value, count) }
                }
            }
            let kind: StaticString =
                switch record.kind {
                case .message: "message"
                case .membership: "membership"
                case .profile: "profile"
                }
            add("tessera-key", bytes.baseAddress.map { $0 + record.key.lowerBound }, record.key.count)
            kind.withUTF8Buffer { add("tessera-kind", $0.baseAddress, $0.count) }
            guard let base = bytes.baseAddress else { preconditionFailure("a record has bytes") }
            return topics[record.kind].withCString { topic in
                tessera_kafka_produce(
                    handle, topic, record.profile.isEmpty ? nil : base + record.profile.lowerBound, record.profile.count,
                    base + record.json.lowerBound, record.json.count, headers, UnsafeMutableRawPointer(bitPattern: place + 1))
            }
        }
        guard let error else {
            underWay += 1
            return true
        }
        rd_kafka_headers_destroy(headers)
        let code = rd_kafka_error_code(error)
        rd_kafka_error_destroy(error)
        switch code {
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: return false
        case _ where Self.isOfRecord(code): lots[place] = .refused(Self.reason(code))
        default:
            failure = failure ?? code
            giveUp()
        }
        return true
    }

    /// What became of a record that was handed over.
    private func take(_ report: rd_kafka_message_t) {
        underWay -= 1
        let place = Int(bitPattern: report._private) - 1
        if report.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            events.isWell()
            lots[place] = .arrived
        } else if isAlone, Self.isOfRecord(report.err) {
            lots[place] = .refused(Self.reason(report.err))
        } else if !isGivenUp {
            failure = failure ?? report.err
            giveUp()
        }
    }

    /// Takes back what is not known to have arrived: of each partition it is a tail.
    private func giveUp() {
        if isGivenUp { return }
        isGivenUp = true
        rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// Whether the record itself is what is wrong.
    private static func isOfRecord(_ code: rd_kafka_resp_err_t) -> Bool {
        [
            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
            RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
        ].contains(code)
    }

    private static func reason(_ code: rd_kafka_resp_err_t) -> String {
        switch code {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            "The record is larger than the topic, or message.max.bytes, allows."
        default: "The broker refuses the record: \(String(cString: rd_kafka_err2str(code)))."
        }
    }
}
