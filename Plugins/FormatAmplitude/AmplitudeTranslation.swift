import Connectors
import EventModel

/// Reads events of Amplitude's Export API as messages.
struct AmplitudeTranslation: RecordTranslation {
    /// Members that have a place in the context.
    private static let places = [
        ContextPlace("ip_address", "ip"), ContextPlace("language", "locale"), ContextPlace("library", "library.name"),
        ContextPlace("version_name", "app.version"), ContextPlace("os_name", "os.name"), ContextPlace("os_version", "os.version"),
        ContextPlace("device_brand", "device.brand"), ContextPlace("device_manufacturer", "device.manufacturer"),
        ContextPlace("device_model", "device.model"), ContextPlace("device_type", "device.type"),
        ContextPlace("device_carrier", "network.carrier"), ContextPlace("city", "location.city"),
        ContextPlace("region", "location.region"), ContextPlace("country", "location.country"),
        ContextPlace("location_lat", "location.latitude"), ContextPlace("location_lng", "location.longitude"),
    ]

    func messages(of record: JSONObject) throws(FormatError) -> [JSONObject] {
        var fields = RecordFields(record)
        guard let event = try fields.takeText("event_type") else {
            throw FormatError("The record has no event_type. Write the event's name as a text that is not empty.")
        }
        let isIdentify = event.sameScalars(as: "$identify")
        var message = JSONObject([.init("type", .string(isIdentify ? "identify" : "track"))])
        if !isIdentify { message.set("event", text: event) }
        message.set("userId", text: try fields.takeText("user_id"))
        message.set("anonymousId", text: try fields.takeText("device_id"))
        let (insertID, own) = (try fields.takeText("$insert_id"), fields.rest["uuid"]?.asString)
        if let insertID {
            message.set("messageId", text: insertID)
        } else if let own {
            message.set("messageId", text: own)
            _ = fields.take("uuid")
        }
        guard let time = fields.take("event_time")?.asString else {
            throw FormatError("The event has no event_time. Write it as 2026-06-30 12:00:00.000000, in UTC.")
        }
        guard let instant = Instant(text: time) else {
            throw FormatError("event_time is not a time. Write it as 2026-06-30 12:00:00.000000, in UTC.")
        }
        message.set("timestamp", text: instant.text)
        let properties = try fields.takeObject("event_properties")
        let traits = try fields.takeObject("user_properties")
        message.set("properties", unlessEmpty: properties)
        var context = JSONObject()
        fields.move(Self.places, into: &context)
        if isIdentify { message.set("traits", unlessEmpty: traits) } else { context.set("traits", unlessEmpty: traits) }
        context.set("amplitude", unlessEmpty: JSONObject(fields.rest.members.filter { $0.value != .null }))
        message.set("context", unlessEmpty: context)
        return [message]
    }
}
