import Connectors
import EventModel

/// Writes messages as Mixpanel's import takes them.
///
/// Groups, people who are told of and not linked, and what happened before 1971 have no event there.
struct MixpanelWriter: EventWriter {
    /// Mixpanel refuses what is older: 1971-01-01T00:00:00Z.
    static let earliest = Instant(milliseconds: 31_536_000_000)

    func append(_ message: UnsafeBufferPointer<UInt8>, to text: inout ContiguousArray<UInt8>) -> Bool {
        guard let message = try? Message(parsing: message, derivedID: nil), message.timestamp >= Self.earliest,
            let event = event(of: message)
        else { return false }
        JSONObject([.init("event", .string(event.name)), .init("properties", .object(event.properties))]).append(to: &text)
        return true
    }

    private func event(of message: Message) -> (name: String, properties: JSONObject)? {
        var properties = JSONObject([.init(MixpanelNames.time, .integer(message.timestamp.milliseconds))])
        let name: String
        switch message.kind {
        case .group: return nil
        case .track:
            guard let event = message.event else { return nil }
            name = event
        case .page, .screen:
            name = message.kind == .page ? MixpanelNames.page : MixpanelNames.screen
            properties.set(MixpanelNames.pageName, text: message.name)
            properties.set(MixpanelNames.pageCategory, text: message.category)
        case .identify:
            guard let user = message.userID, let device = message.anonymousID else { return nil }
            name = MixpanelNames.identify
            properties.set(MixpanelNames.identifiedID, text: user)
            properties.set(MixpanelNames.anonymousID, text: device)
        case .alias:
            guard let user = message.userID, let previous = message.previousID else { return nil }
            name = MixpanelNames.alias
            properties.set(MixpanelNames.distinctID, text: previous)
            properties.set(MixpanelNames.aliasID, text: user)
        }
        identify(message, &properties)
        for place in MixpanelNames.places {
            switch message.context.value(at: place.path) {
            case nil, .null?, .object?: continue
            case let value?: properties.set(place.name, value)
            }
        }
        for member in message.properties.members { properties.set(MixpanelNames.written(member.name), member.value) }
        return (name, properties)
    }

    /// Says who it was, and which message it is.
    private func identify(_ message: Message, _ properties: inout JSONObject) {
        if message.kind == .alias {
            properties.set(MixpanelNames.deviceID, text: message.anonymousID)
        } else {
            properties.set(MixpanelNames.distinctID, text: message.userID ?? message.anonymousID)
            properties.set(MixpanelNames.deviceID, text: message.anonymousID)
            properties.set(MixpanelNames.userID, text: message.userID)
        }
        let insertID = MixpanelNames.insertID(for: message.messageID)
        properties.set(MixpanelNames.insertID, text: insertID)
        if !insertID.sameScalars(as: message.messageID) { properties.set(MixpanelNames.messageID, text: message.messageID) }
    }
}
