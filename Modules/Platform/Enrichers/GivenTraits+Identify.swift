import Connectors
import EventModel
import Storage

extension GivenTraits {
    /// The identify that carries traits for the person of a message.
    ///
    /// Its id is made from the name of who knew them, the message's id and the traits: what is given again is stored once.
    ///
    /// - Parameter name: Of the enricher or connector that knew them.
    /// - Parameter usualPurpose: Where they do not say one.
    /// - Parameter usualTime: For how long they hold where they do not say that.
    func identify(_ message: Message, from name: String, purpose usualPurpose: String, timeToLive usualTime: Duration?) -> JSONObject {
        let origin = ContiguousArray([name, message.messageID, traits.text].joined(separator: "\n").utf8)
        let id = origin.withUnsafeBufferPointer { MessageKey.derived(from: $0).uuidText }
        var context = JSONObject([.init("source", .string(name)), .init("purpose", .string(purpose ?? usualPurpose))])
        if let timeToLive = timeToLive ?? usualTime {
            let end = min(message.timestamp.milliseconds + timeToLive.milliseconds, MessageLimits.latest.milliseconds)
            context.set("expiresAt", .string(Instant(milliseconds: end).text))
        }
        var json = JSONObject([
            .init("messageId", .string(id)), .init("type", .string("identify")), .init("timestamp", .string(message.timestamp.text)),
        ])
        for member in ["userId", "anonymousId"] {
            if let value = message.json[member] { json.set(member, value) }
        }
        json.set("traits", .object(traits))
        json.set("context", .object(context))
        return json
    }
}

extension Worker {
    /// Stores what a connector learned of the people of messages, as identifies; when it returns, that is on disk.
    func learn(_ given: [DeliveryReceipt.Given], of batch: DeliveryBatch, by connector: String) async throws(ConnectorError) {
        var lines = ContiguousArray<UInt8>()
        for given in given {
            let message = batch.json(given.record).withUnsafeBufferPointer { try? Message(parsing: $0, derivedID: batch.key(given.record)) }
            guard let message else { continue }
            given.traits.identify(message, from: connector, purpose: connector, timeToLive: nil).append(to: &lines)
            lines.append(10)
        }
        var identifies = MessageBatch()
        identifies.fill(lines)
        _ = try await store(identifies, of: connector)
    }
}
