import Connectors
import EventModel

/// Reads events of PostHog as messages.
struct PostHogTranslation: RecordTranslation {
    /// Properties that have a place in the context.
    private static let places = [
        ContextPlace("$ip", "ip"), ContextPlace("$raw_user_agent", "userAgent"), ContextPlace("$timezone", "timezone"),
        ContextPlace("$lib", "library.name"), ContextPlace("$lib_version", "library.version"), ContextPlace("$os", "os.name"),
        ContextPlace("$os_version", "os.version"), ContextPlace("$app_name", "app.name"), ContextPlace("$app_version", "app.version"),
        ContextPlace("$app_build", "app.build"), ContextPlace("$app_namespace", "app.namespace"),
        ContextPlace("$device_manufacturer", "device.manufacturer"), ContextPlace("$device_model", "device.model"),
        ContextPlace("$device_type", "device.type"), ContextPlace("$screen_width", "screen.width"),
        ContextPlace("$screen_height", "screen.height"), ContextPlace("$current_url", "page.url"),
        ContextPlace("$pathname", "page.path"), ContextPlace("$referrer", "page.referrer"),
        ContextPlace("$geoip_city_name", "location.city"), ContextPlace("$geoip_country_name", "location.country"),
        ContextPlace("utm_source", "campaign.source"), ContextPlace("utm_medium", "campaign.medium"),
        ContextPlace("utm_campaign", "campaign.name"), ContextPlace("utm_term", "campaign.term"),
        ContextPlace("utm_content", "campaign.content"),
    ]

    /// One event; or all that a body of the batch API holds.
    func messages(of record: JSONObject) throws(FormatError) -> [JSONObject] {
        guard let batch = record["batch"]?.asArray else { return try messages(ofEvent: record) }
        var messages: [JSONObject] = []
        for event in batch {
            guard let event = event.asObject else { throw FormatError("batch holds something that is no object. Write events: {...}.") }
            messages += try self.messages(ofEvent: event)
        }
        return messages
    }

    private func messages(ofEvent record: JSONObject) throws(FormatError) -> [JSONObject] {
        var record = RecordFields(record)
        guard let event = try record.takeText("event") else {
            throw FormatError("The record has no event. Write its name as a text that is not empty.")
        }
        var fields = RecordFields(try record.takeObject("properties"))
        let inner = try fields.takeText("distinct_id")
        guard let distinctID = try record.takeText("distinct_id") ?? inner else {
            throw FormatError("The event has no distinct_id. Write who it was as a text that is not empty.")
        }
        var common = JSONObject()
        common.set(isAnonymous(distinctID, fields.rest) ? "anonymousId" : "userId", text: distinctID)
        let id = try record.takeText("uuid")
        let time = record.take("timestamp") ?? .null

        var message = JSONObject()
        let told = try traits(&record, &fields)
        switch event {
        case "$identify":
            message.set("type", text: "identify")
            common = JSONObject([.init("userId", .string(distinctID))])
            common.set("anonymousId", text: try fields.takeText("$anon_distinct_id"))
            message.set("traits", unlessEmpty: told)
        case "$set":
            message.set("type", text: "identify")
            message.set("traits", unlessEmpty: told)
        case "$pageview":
            message.set("type", text: "page")
            message.set("name", text: fields.rest["title"]?.asString)
        case "$screen":
            message.set("type", text: "screen")
            message.set("name", text: try fields.takeText("$screen_name"))
        case "$groupidentify":
            message.set("type", text: "group")
            message.set("groupId", text: try fields.takeText("$group_key"))
            message.set("traits", unlessEmpty: try fields.takeObject("$group_set"))
        case "$create_alias":
            message.set("type", text: "alias")
            message.set("previousId", text: distinctID)
            common = JSONObject()
            common.set("userId", text: try fields.takeText("alias"))
        default:
            message.set("type", text: "track")
            message.set("event", text: event)
        }
        for member in common.members { message.set(member.name, member.value) }
        message.set("messageId", text: id)
        message.set("timestamp", time)
        var context = JSONObject()
        fields.move(Self.places, into: &context)
        _ = record.take("api_key")
        context.set("posthog", unlessEmpty: JSONObject(record.rest.members.filter { $0.value != .null }))
        message.set("properties", unlessEmpty: fields.rest)
        message.set("context", unlessEmpty: context)
        let isTold = ["$identify", "$set"].contains(event) || told.members.isEmpty
        return isTold ? [message] : [message, identify(common, told, id, time)]
    }

    /// What an event of another kind tells of its person, as a message of its own.
    private func identify(_ person: JSONObject, _ traits: JSONObject, _ id: String?, _ time: JSONValue) -> JSONObject {
        var message = JSONObject([.init("type", .string("identify"))])
        for member in person.members { message.set(member.name, member.value) }
        message.set("messageId", text: id.map { $0 + "/set" })
        message.set("timestamp", time)
        message.set("traits", unlessEmpty: traits)
        return message
    }

    /// `$set` of the event and of its properties; `$set_once` of the event goes to the properties, since no trait means "unless known".
    private func traits(_ record: inout RecordFields, _ fields: inout RecordFields) throws(FormatError) -> JSONObject {
        var told = try fields.takeObject("$set")
        for member in try record.takeObject("$set").members { told.set(member.name, member.value) }
        let once = try record.takeObject("$set_once")
        if fields.rest["$set_once"] == nil, !once.members.isEmpty { fields.put("$set_once", .object(once)) }
        return told
    }

    /// Somebody without a name: the id is the device's, or the event says so.
    private func isAnonymous(_ distinctID: String, _ properties: JSONObject) -> Bool {
        properties["$device_id"]?.asString?.sameScalars(as: distinctID) == true || properties["$is_identified"] == .bool(false)
            || properties["$process_person_profile"] == .bool(false)
    }
}
