import Connectors
import EventModel

/// Tessera's own schemas, and the codec of all three: single-object encoding tells them apart.
struct PublishedAvro: PayloadCodec {
    static let codec = PublishedAvro()

    let contentType = "avro/binary"
    private let codecs: [DeliveryBatch.Kind: AvroCodec]

    /// The files of all versions, by what they are of; `Documentation/Schemas/avro` of the repository has the same.
    static let files: [DeliveryBatch.Kind: [String]] = [.message: [message], .membership: [membership], .profile: [profile]]

    /// What records of messages are read as that others wrote by one of its versions.
    static let newestMessage: AvroSchema = {
        do throws(PayloadError) { return try AvroSchema(parsing: message.utf8) } catch {
            preconditionFailure("a published schema is none: \(error)")
        }
    }()

    private init() {
        codecs = Self.files.mapValues { files in
            do throws(PayloadError) {
                let versions = try files.enumerated().map { (number, text) throws(PayloadError) in
                    (number: number + 1, schema: try AvroSchema(parsing: text.utf8))
                }
                return try AvroCodec(
                    SchemaVersions(versions), framing: .singleObject, ids: SchemaFraming(AvroCodec.Framing.singleObject.rawValue))
            } catch { preconditionFailure("a published schema is none: \(error)") }
        }
    }

    /// Only messages are read.
    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        guard let codec = codecs[.message] else { preconditionFailure("messages have a schema") }
        return try codec.decode(bytes, longest: longest)
    }

    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8> {
        guard let codec = codecs[kind] else { preconditionFailure("every kind has a schema") }
        return try codec.encode(record, kind)
    }

    // A line of each field, the same as in the files.

    private static let message = """
        {"type": "record", "name": "Message", "namespace": "tessera.v1",
         "doc": "What somebody did, or what is known of them. Documentation/Messages.md says what each member means.",
         "fields": [
           {"name": "type", "type": ["null", {"type": "enum", "name": "MessageType", "default": "unknown",
             "symbols": ["unknown", "track", "identify", "page", "screen", "group", "alias"]}], "default": null},
           {"name": "messageId", "type": ["null", "string"], "default": null},
           {"name": "timestamp", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": null},
           {"name": "userId", "type": ["null", "string"], "default": null},
           {"name": "anonymousId", "type": ["null", "string"], "default": null},
           {"name": "event", "type": ["null", "string"], "default": null, "doc": "Of a track."},
           {"name": "name", "type": ["null", "string"], "default": null, "doc": "Of a page or a screen."},
           {"name": "category", "type": ["null", "string"], "default": null, "doc": "Of a page or a screen."},
           {"name": "groupId", "type": ["null", "string"], "default": null, "doc": "Of a group."},
           {"name": "previousId", "type": ["null", "string"], "default": null, "doc": "Of an alias."},
           {"name": "properties", "type": ["null", {"type": "string", "logicalType": "json"}], "default": null, "doc": "A JSON object."},
           {"name": "traits", "type": ["null", {"type": "string", "logicalType": "json"}], "default": null, "doc": "A JSON object."},
           {"name": "context", "type": ["null", {"type": "string", "logicalType": "json"}], "default": null, "doc": "A JSON object."},
           {"name": "other", "type": {"type": "string", "logicalType": "json"}, "default": "{}", "tessera": "others",
            "doc": "A JSON object: all other members, and those that their fields cannot say exactly. They hold before the fields."}
         ]}

        """

    private static let membership = """
        {"type": "record", "name": "Membership", "namespace": "tessera.v1", "doc": "Somebody entered or exited a segment.",
         "fields": [
           {"name": "segment", "type": ["null", "string"], "default": null},
           {"name": "profile", "type": ["null", "string"], "default": null, "doc": "The canonical id of the profile."},
           {"name": "entered", "type": ["null", "boolean"], "default": null},
           {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": null},
           {"name": "cause", "type": ["null", "string"], "default": null, "doc": "A message, the clock, or a definition that was changed."},
           {"name": "version", "type": ["null", "long"], "default": null, "doc": "Ascends: one is a consistent state of all segments."},
           {"name": "other", "type": {"type": "string", "logicalType": "json"}, "default": "{}", "tessera": "others",
            "doc": "A JSON object: all other members, and those that their fields cannot say exactly. They hold before the fields."}
         ]}

        """

    private static let profile = """
        {"type": "record", "name": "Profile", "namespace": "tessera.v1", "doc": "Somebody's profile as it is now.",
         "fields": [
           {"name": "id", "type": ["null", "string"], "default": null, "doc": "Canonical."},
           {"name": "identifiers", "type": ["null", {"type": "array", "items": {"type": "record", "name": "Identifier", "fields": [
             {"name": "namespace", "type": "string"}, {"name": "id", "type": "string"}]}}], "default": null},
           {"name": "traits", "type": ["null", {"type": "string", "logicalType": "json"}], "default": null, "doc": "A JSON object."},
           {"name": "as_of", "type": ["null", {"type": "map", "values": "string"}], "default": null,
            "doc": "When each trait was last said."},
           {"name": "messages", "type": ["null", "long"], "default": null},
           {"name": "first_seen", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": null},
           {"name": "last_seen", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}], "default": null},
           {"name": "segments", "type": ["null", {"type": "array", "items": "string"}], "default": null},
           {"name": "other", "type": {"type": "string", "logicalType": "json"}, "default": "{}", "tessera": "others",
            "doc": "A JSON object: all other members, and those that their fields cannot say exactly. They hold before the fields."}
         ]}

        """
}
