import EventModel

/// The streams that a tap has, as its `--discover` tells them.
struct Catalog {
    private let json: JSONObject

    /// Bytes of a catalog, at most.
    static let longest = 64 << 20

    /// Nil where the text is something else.
    init?(_ text: [UInt8]) {
        guard let json = (try? JSONValue(parsing: text))?.asObject, json["streams"]?.asArray != nil else { return nil }
        self.json = json
    }

    /// The streams' names.
    var streams: [String] {
        (json["streams"]?.asArray ?? []).compactMap { $0.asObject?["stream"]?.asString ?? $0.asObject?["tap_stream_id"]?.asString }
    }

    /// The catalog with every stream and column chosen, in both of the ways that taps look for.
    var everything: String {
        var all = json
        all.set(
            "streams",
            .array(
                (json["streams"]?.asArray ?? []).map { stream in
                    guard var stream = stream.asObject else { return stream }
                    if var schema = stream["schema"]?.asObject {
                        schema.set("selected", .bool(true))
                        stream.set("schema", .object(schema))
                    }
                    stream.set("metadata", .array(Self.chosen(stream["metadata"]?.asArray ?? [])))
                    return .object(stream)
                }))
        return all.text
    }

    private static func chosen(_ metadata: [JSONValue]) -> [JSONValue] {
        var hasStream = false
        var chosen = metadata.map { entry -> JSONValue in
            guard var entry = entry.asObject, var about = entry["metadata"]?.asObject else { return entry }
            if entry["breadcrumb"]?.asArray?.isEmpty == true { hasStream = true }
            if about["inclusion"]?.asString != "unsupported" { about.set("selected", .bool(true)) }
            entry.set("metadata", .object(about))
            return .object(entry)
        }
        if !hasStream {
            chosen.append(
                .object(
                    JSONObject([
                        .init("breadcrumb", .array([])), .init("metadata", .object(JSONObject([.init("selected", .bool(true))]))),
                    ])))
        }
        return chosen
    }
}
