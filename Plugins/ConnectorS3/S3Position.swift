import Connectors
import EventModel

/// The object that was read last, and how much of it.
struct S3Position: Sendable, Hashable {
    var modified: Instant
    var key: String
    var tag: String
    /// Bytes of its text that are in messages.
    var text: Int
    var isDone: Bool

    init(_ object: S3Bucket.Object) { (modified, key, tag, text, isDone) = (object.modified, object.key, object.tag, 0, false) }

    /// - Throws: `.stop` where something else wrote it.
    init(_ checkpoint: Checkpoint) throws(ConnectorError) {
        guard checkpoint.version == 1, let object = (try? JSONValue(parsing: checkpoint.position))?.asObject,
            let modified = object["modified"]?.asString.flatMap({ Instant(text: $0) }), let key = object["key"]?.asString,
            let tag = object["tag"]?.asString, case .integer(let text)? = object["text"], case .bool(let isDone)? = object["done"]
        else {
            throw ConnectorError(
                .stop, at: "s3", "the kept position is of something else",
                remedy: "Reset the connector: what is read again is stored once.")
        }
        (self.modified, self.key, self.tag, self.text, self.isDone) = (modified, key, tag, Int(text), isDone)
    }

    var checkpoint: Checkpoint {
        let object = JSONObject([
            .init("modified", .string(modified.text)), .init("key", .string(key)), .init("tag", .string(tag)),
            .init("text", .integer(Int64(text))), .init("done", .bool(isDone)),
        ])
        return Checkpoint(version: 1, position: object.text)
    }

    /// Whether an object is read after this one: it came later, or in the same second under a later name.
    func precedes(_ object: S3Bucket.Object) -> Bool {
        object.modified == modified ? key.precedesByScalars(object.key) : modified < object.modified
    }
}
