import CNATS
import Connectors
import EventModel
import Foundation

/// Where records are published.
struct PublishingPlan: Sendable {
    let address: NATSAddress
    let subjects: DeliveryPlaces
}

/// Publishes records, and hears of each whether its stream has it. Confined to its queue.
final class JetStreamPublisher: RecordPublisher {
    private let plan: PublishingPlan
    private let connection: NATSConnection
    /// Where answers go, each to a subject below, and who hears them.
    private let inbox: String
    private let answers: OpaquePointer
    /// What the next answer is called.
    private var nextAnswer = 0
    /// Streams that take the records, with for how long they tell repeats.
    let streams: [(subject: String, stream: String)]

    /// Records, and bytes of them, that are on their way before the first of them is answered.
    private static let mostRecords = 256, mostBytes = 1 << 20
    /// How long one look for an answer takes, in milliseconds.
    private static let look: Int64 = 100
    /// What the server says of a record that it will never take: too large for the stream.
    private static let lasting: Set<Int64> = [10_054]

    init(_ plan: PublishingPlan) throws(ConnectorError) {
        self.plan = plan
        connection = try NATSConnection(plan.address)
        var streams: [(subject: String, stream: String)] = []
        for subject in plan.subjects.all {
            guard let stream = try connection.stream(of: subject) else {
                throw ConnectorError(
                    .mendSettings, at: plan.address.shown, "no stream takes the subject `\(subject)`",
                    remedy: "Create one, or write a subject that a stream takes.")
            }
            streams.append((subject, stream))
        }
        self.streams = streams
        var made: UnsafeMutablePointer<natsInbox>?
        guard natsInbox_Create(&made) == NATS_OK, let made else { preconditionFailure("no memory") }
        inbox = String(cString: made)
        natsInbox_Destroy(made)
        var answers: OpaquePointer?
        let status = natsConnection_SubscribeSync(&answers, connection.handle, inbox + ".*")
        guard status == NATS_OK, let answers else { throw plan.address.error(status) }
        self.answers = answers
    }

    deinit { natsSubscription_Destroy(answers) }

    /// The connection goes with the client.
    func close() {}

    /// What was found, in words.
    func described() throws(ConnectorError) -> String {
        try streams.map { place throws(ConnectorError) in
            let state = try connection.state(of: place.stream)
            let window = (state.window / .seconds(1)).formatted(.number.grouping(.never))
            return "`\(place.subject)` goes to `\(place.stream)`, which has \(state.counted) and tells repeats for \(window) s"
        }.joined(separator: "; ") + "."
    }

    /// Publishes those whose lot is unknown, the first one first, until the server has said what became of each.
    ///
    /// - Throws: Where it is not known of all; the lots hold what is.
    func publish(_ batch: DeliveryBatch, _ lots: inout [RecordLot], _ cancellation: Cancellation) throws(ConnectorError) {
        /// Places of records that are not answered, by their answers.
        var underWay: [Int: Int] = [:]
        var bytes = 0
        var deadline = ContinuousClock.now + plan.address.timeout
        var failure: ConnectorError?
        for place in batch.records.indices where lots[place] == .unknown {
            let size = batch.records[place].json.count
            while !underWay.isEmpty, underWay.count >= Self.mostRecords || bytes + size > Self.mostBytes {
                try listen(batch, &lots, &underWay, &bytes, &failure, &deadline, cancellation)
            }
            if failure != nil { break }
            let status = send(batch, place)
            if status == NATS_MAX_PAYLOAD {
                lots[place] = .refused("It has more bytes than the server takes (max_payload). Let the server take more.")
                continue
            }
            try connection.check(status)
            underWay[nextAnswer] = place
            bytes += size
            nextAnswer += 1
        }
        while !underWay.isEmpty { try listen(batch, &lots, &underWay, &bytes, &failure, &deadline, cancellation) }
        if let failure { throw failure }
    }

    /// Hears an answer, or nothing for a moment.
    private func listen(
        _ batch: DeliveryBatch, _ lots: inout [RecordLot], _ underWay: inout [Int: Int], _ bytes: inout Int,
        _ failure: inout ConnectorError?,
        _ deadline: inout ContinuousClock.Instant, _ cancellation: Cancellation
    ) throws(ConnectorError) {
        if cancellation.hasHappened { throw .cancelled("nats") }
        var message: OpaquePointer?
        let status = natsSubscription_NextMsg(&message, answers, Self.look)
        if status == NATS_TIMEOUT {
            if ContinuousClock.now < deadline { return }
            throw plan.address.failed("the server does not say that it has what it was sent")
        }
        try connection.check(status)
        guard let message else { return }
        defer { natsMsg_Destroy(message) }
        deadline = .now + plan.address.timeout
        let subject = natsMsg_GetSubject(message).map { String(cString: $0) } ?? ""
        guard let answer = Int(subject.dropFirst(inbox.utf8.count + 1)), let place = underWay.removeValue(forKey: answer) else { return }
        bytes -= batch.records[place].json.count
        if natsMsg_IsNoResponders(message) {
            failure = failure ?? plan.address.failed("no stream takes what is published to `\(plan.subjects[batch.records[place].kind])`")
            return
        }
        let text = UnsafeRawBufferPointer(start: natsMsg_GetData(message), count: Int(natsMsg_GetDataLength(message)))
        let object = (try? JSONValue(parsing: Array(text)))?.asObject
        if let error = object?["error"]?.asObject {
            let said = plan.address.shortened(error["description"]?.asString ?? "it does not say why")
            if case .integer(let code) = error["err_code"], Self.lasting.contains(code) {
                lots[place] = .refused("The stream does not take it (\(said)). Let the stream take more.")
            } else {
                failure = failure ?? plan.address.failed("the stream does not take every record (\(said))")
            }
        } else if object?["seq"] != nil {
            lots[place] = .arrived
        } else {
            failure = failure ?? plan.address.failed("its answer is none of a stream")
        }
    }

    private func send(_ batch: DeliveryBatch, _ place: Int) -> natsStatus {
        let record = batch.records[place]
        var message: OpaquePointer?
        let status = batch.bytes.withUnsafeBytes { all in
            natsMsg_Create(
                &message, plan.subjects[record.kind], "\(inbox).\(nextAnswer)",
                all.baseAddress.map { ($0 + record.json.lowerBound).assumingMemoryBound(to: CChar.self) }, Int32(record.json.count))
        }
        guard status == NATS_OK, let message else { return status }
        defer { natsMsg_Destroy(message) }
        let key = Header.text(batch.bytes[record.key])
        var headers = [
            (Header.repeats, record.kind.rawValue + "/" + key), (Header.key, key), (Header.kind, record.kind.rawValue),
        ]
        if !record.profile.isEmpty { headers.append((Header.profile, Header.text(batch.bytes[record.profile]))) }
        for (name, text) in headers {
            let status = natsMsgHeader_Set(message, name, text)
            if status != NATS_OK { return status }
        }
        return natsConnection_PublishMsg(connection.handle, message)
    }
}

/// What stands beside a record.
enum Header {
    /// By it the server tells repeats.
    static let repeats = "Nats-Msg-Id"
    static let key = "tessera-key", kind = "tessera-kind", profile = "tessera-profile"

    /// A text as a header can hold it: control characters, spaces and per cent signs as per cent signs with two digits.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            if byte > 32, byte != 127, byte != UInt8(ascii: "%") {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension NATSConnection {
    /// The stream that takes what is published to a subject; nil where there is none.
    fileprivate func stream(of subject: String) throws(ConnectorError) -> String? {
        var reply: OpaquePointer?
        let question = JSONObject([.init("subject", .string(subject))]).text
        let status = natsConnection_RequestString(&reply, handle, "$JS.API.STREAM.NAMES", question, address.milliseconds)
        if status == NATS_NO_RESPONDERS { throw address.failed("the server has no JetStream, or not yet") }
        try check(status)
        defer { natsMsg_Destroy(reply) }
        let text = UnsafeRawBufferPointer(start: natsMsg_GetData(reply), count: Int(natsMsg_GetDataLength(reply)))
        let object = (try? JSONValue(parsing: Array(text)))?.asObject
        if let said = object?["error"]?.asObject?["description"]?.asString {
            throw address.failed("the server does not say which streams it has (\(address.shortened(said)))")
        }
        return object?["streams"]?.asArray?.first?.asString
    }
}
