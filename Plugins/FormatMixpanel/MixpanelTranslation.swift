import Connectors
import EventModel

/// Reads events of Mixpanel as messages.
struct MixpanelTranslation: RecordTranslation {
    func messages(of record: JSONObject) throws(FormatError) -> [JSONObject] {
        var record = RecordFields(record)
        guard let event = try record.takeText("event") else {
            throw FormatError("The record has no event. Write its name as a text that is not empty.")
        }
        var fields = RecordFields(try record.takeObject("properties"))
        let time = try time(fields.take(MixpanelNames.time))
        var message = JSONObject()
        switch event {
        case MixpanelNames.page, MixpanelNames.webPage, MixpanelNames.screen:
            message.set("type", text: event.sameScalars(as: MixpanelNames.screen) ? "screen" : "page")
            let own = event.sameScalars(as: MixpanelNames.webPage) ? "current_page_title" : "name"
            message.set("name", text: try fields.takeText(MixpanelNames.pageName) ?? fields.rest[own]?.asString)
            message.set("category", text: try fields.takeText(MixpanelNames.pageCategory))
            try setPerson(&fields, &message)
        case MixpanelNames.identify:
            message.set("type", text: "identify")
            let user = try fields.takeText(MixpanelNames.identifiedID)
            let devices = [
                try fields.takeText(MixpanelNames.anonymousID), try fields.takeText(MixpanelNames.anonymousDistinctID),
            ]
            try setPerson(&fields, &message)
            message.set("userId", text: user)
            message.set("anonymousId", text: devices.lazy.compactMap { $0 }.first.map(Self.withoutPrefix))
        case MixpanelNames.alias:
            message.set("type", text: "alias")
            message.set("previousId", text: try fields.takeText(MixpanelNames.distinctID).map(Self.withoutPrefix))
            message.set("userId", text: try fields.takeText(MixpanelNames.aliasID))
            message.set("anonymousId", text: try fields.takeText(MixpanelNames.deviceID))
        case MixpanelNames.merge:
            let ids = fields.take(MixpanelNames.mergedIDs)?.asArray?.compactMap(\.asString).map(Self.withoutPrefix) ?? []
            guard ids.count == 2 else { throw FormatError("$merge names two ids in $distinct_ids. Write them as texts: [\"a\", \"b\"].") }
            _ = fields.take(MixpanelNames.distinctID)
            message.set("type", text: "alias")
            message.set("userId", text: ids[0])
            message.set("previousId", text: ids[1])
        default:
            message.set("type", text: "track")
            message.set("event", text: event)
            try setPerson(&fields, &message)
        }
        message.set("messageId", text: try messageID(&fields))
        message.set("timestamp", text: time.text)
        var context = JSONObject()
        fields.move(MixpanelNames.places, into: &context)
        let properties = fields.rest.members.map { JSONObject.Member(MixpanelNames.read($0.name), $0.value) }
        message.set("properties", unlessEmpty: JSONObject(properties))
        message.set("context", unlessEmpty: context)
        return [message]
    }

    /// `$user_id` is who, `$device_id` the device; where one is missing, `distinct_id` says it. A `distinct_id` that is neither is kept.
    private func setPerson(_ fields: inout RecordFields, _ message: inout JSONObject) throws(FormatError) {
        var (user, device) = (try fields.takeText(MixpanelNames.userID), try fields.takeText(MixpanelNames.deviceID))
        if let distinct = try fields.takeText(MixpanelNames.distinctID) {
            let bare = Self.withoutPrefix(distinct)
            let isDevice = bare.utf8.count < distinct.utf8.count
            switch (isDevice, user, device) {
            case _ where [user, device].contains { $0?.sameScalars(as: bare) == true }: break
            case (true, _, nil): device = bare
            case (false, nil, _): user = bare
            default: fields.put(MixpanelNames.distinctID, .string(distinct))
            }
        }
        message.set("userId", text: user)
        message.set("anonymousId", text: device)
    }

    private func messageID(_ fields: inout RecordFields) throws(FormatError) -> String? {
        guard let insertID = try fields.takeText(MixpanelNames.insertID) else { return nil }
        guard let whole = fields.rest[MixpanelNames.messageID]?.asString, !whole.sameScalars(as: insertID),
            MixpanelNames.insertID(for: whole).sameScalars(as: insertID)
        else { return insertID }
        _ = fields.take(MixpanelNames.messageID)
        return whole
    }

    private static func withoutPrefix(_ id: String) -> String {
        id.hasPrefix(MixpanelNames.devicePrefix) ? String(id.dropFirst(MixpanelNames.devicePrefix.count)) : id
    }

    /// Seconds or milliseconds since 1970. What would be before 1971 as milliseconds is seconds, since Mixpanel keeps nothing that old.
    private func time(_ value: JSONValue?) throws(FormatError) -> Instant {
        guard let number = value?.asDouble else {
            throw FormatError("The event has no time. Write properties.time as seconds or milliseconds since 1970.")
        }
        let isSeconds = number < Double(MixpanelWriter.earliest.milliseconds)
        let milliseconds = (isSeconds ? number * 1000 : number).rounded()
        let (earliest, latest) = (MessageLimits.earliest.milliseconds, MessageLimits.latest.milliseconds)
        guard milliseconds >= Double(earliest), milliseconds <= Double(latest) else {
            throw FormatError("properties.time is not a time. Write it as seconds or milliseconds since 1970.")
        }
        return Instant(milliseconds: Int64(milliseconds))
    }
}
