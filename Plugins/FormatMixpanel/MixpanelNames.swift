import Connectors
import Crypto

/// What Mixpanel's names mean in a message, told once for both directions.
enum MixpanelNames {
    /// Properties that have a place in the context.
    static let places = [
        ContextPlace("ip", "ip"), ContextPlace("$os", "os.name"), ContextPlace("$os_version", "os.version"),
        ContextPlace("$app_version_string", "app.version"), ContextPlace("$app_build_number", "app.build"),
        ContextPlace("$manufacturer", "device.manufacturer"), ContextPlace("$model", "device.model"),
        ContextPlace("$carrier", "network.carrier"), ContextPlace("$wifi", "network.wifi"),
        ContextPlace("$screen_width", "screen.width"), ContextPlace("$screen_height", "screen.height"),
        ContextPlace("$current_url", "page.url"), ContextPlace("$referrer", "page.referrer"),
        ContextPlace("$city", "location.city"), ContextPlace("$region", "location.region"),
        ContextPlace("mp_country_code", "location.country"), ContextPlace("mp_lib", "library.name"),
        ContextPlace("$lib_version", "library.version"), ContextPlace("utm_source", "campaign.source"),
        ContextPlace("utm_medium", "campaign.medium"), ContextPlace("utm_campaign", "campaign.name"),
        ContextPlace("utm_term", "campaign.term"), ContextPlace("utm_content", "campaign.content"),
    ]

    static let time = "time"
    static let distinctID = "distinct_id"
    static let insertID = "$insert_id"
    static let deviceID = "$device_id"
    static let userID = "$user_id"
    /// The messageId where Mixpanel cannot take it as `$insert_id`.
    static let messageID = "message_id"
    /// What stands before the device id in the `distinct_id` of somebody who is not known yet.
    static let devicePrefix = "$device:"

    /// The events that pages and screens are.
    static let page = "Loaded a Page"
    static let webPage = "$mp_web_page_view"
    static let screen = "Loaded a Screen"
    static let pageName = "page_name"
    static let pageCategory = "page_category"

    /// The event that links a device to a user.
    static let identify = "$identify"
    static let identifiedID = "$identified_id"
    static let anonymousID = "$anon_id"
    /// The same in events of the library for browsers.
    static let anonymousDistinctID = "$anon_distinct_id"
    /// The event that gives a user another id.
    static let alias = "$create_alias"
    static let aliasID = "alias"
    /// The event that says two ids are one person.
    static let merge = "$merge"
    static let mergedIDs = "$distinct_ids"

    /// Names that mean more than a property; a message's own property of such a name is written with `properties.` before it.
    private static let reserved: Set<String> = Set(
        [
            time, distinctID, insertID, deviceID, userID, messageID, pageName, pageCategory, identifiedID, anonymousID,
            anonymousDistinctID, aliasID, mergedIDs,
        ] + places.map(\.name))
    private static let escape = "properties."

    /// How a message's own property is called at Mixpanel.
    static func written(_ name: String) -> String { isEscaped(name) ? escape + name : name }

    /// How a property of Mixpanel is called in the message.
    static func read(_ name: String) -> String {
        name.hasPrefix(escape) && isEscaped(name) ? String(name.dropFirst(escape.count)) : name
    }

    private static func isEscaped(_ name: String) -> Bool {
        var core = Substring(name)
        while core.hasPrefix(escape) { core = core.dropFirst(escape.count) }
        return reserved.contains(String(core))
    }

    /// Values that Mixpanel refuses as an id, since they mostly come from a slip.
    private static let refusedIDs: Set<String> = [
        "00000000-0000-0000-0000-000000000000", "anon", "anonymous", "nil", "none", "null", "na", "undefined", "unknown", "0", "-1",
        "true", "false",
    ]
    private static let longestInsertID = 36

    /// The `$insert_id` for a message: its own id where Mixpanel takes it (at most 36 letters, digits and `-`), else a hash of it.
    static func insertID(for messageID: String) -> String {
        let isPlain = messageID.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if isPlain, messageID.utf8.count <= longestInsertID, !refusedIDs.contains(messageID) { return messageID }
        var digits = ""
        for byte in SHA256.hash(data: Array(messageID.utf8)) where digits.utf8.count < longestInsertID {
            digits += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return digits
    }
}
