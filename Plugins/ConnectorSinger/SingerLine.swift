import EventModel

/// One line of a tap.
///
/// - SeeAlso: The Singer specification, https://github.com/singer-io/getting-started/blob/master/docs/SPEC.md, and, for `BATCH`,
///   https://sdk.meltano.com/en/latest/batch.html.
enum SingerLine {
    /// What the records of a stream are like.
    case schema(stream: String, keys: [String], bookmarks: [String])
    case record(stream: String, fields: JSONObject, extracted: Instant?)
    /// Where the tap goes on the next time, as only it can read it.
    case state(String)
    /// Files that hold records.
    case batch(stream: String, format: String, files: [String])
    /// That older versions of a table's rows can be forgotten; there is nothing of the kind among events.
    case version

    /// Why a line is none of these: a sentence.
    struct Refusal: Error { var reason: String }

    init(_ bytes: [UInt8]) throws(Refusal) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: bytes) } catch {
            throw Refusal(reason: "this is no line of a Singer tap: \(error)")
        }
        guard let object = json.asObject, let type = object["type"]?.asString else {
            throw Refusal(reason: "this is no line of a Singer tap: it has no type.")
        }
        func stream() throws(Refusal) -> String {
            guard let stream = object["stream"]?.asString, !stream.isEmpty, stream.utf8.count <= MessageLimits.longestName else {
                throw Refusal(reason: "this \(type) names no stream.")
            }
            return stream
        }
        func names(_ member: String) -> [String] { object[member]?.asArray?.compactMap(\.asString) ?? [] }
        switch type {
        case "SCHEMA": self = .schema(stream: try stream(), keys: names("key_properties"), bookmarks: names("bookmark_properties"))
        case "RECORD":
            guard let fields = object["record"]?.asObject else { throw Refusal(reason: "this RECORD has no record.") }
            self = .record(
                stream: try stream(), fields: fields, extracted: object["time_extracted"]?.asString.flatMap { Instant(text: $0) })
        case "STATE": self = .state((object["value"] ?? .null).text)
        case "BATCH":
            self = .batch(
                stream: try stream(), format: object["encoding"]?.asObject?["format"]?.asString ?? "jsonl", files: names("manifest"))
        case "ACTIVATE_VERSION": self = .version
        default:
            throw Refusal(
                reason: "the type \(type.prefix(40)) is not known. A tap writes SCHEMA, RECORD, STATE, BATCH and ACTIVATE_VERSION.")
        }
    }
}
