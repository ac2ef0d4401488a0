public import EventModel

extension Explanation {
    /// `{"member","valid_until","tree"}` with the summary and the smallest change; instants are RFC 3339 with milliseconds, durations are
    /// milliseconds, and what is not there is null or, inside the tree, left out.
    public var json: JSONObject {
        JSONObject([
            .init("member", .bool(isMember)), .init("valid_until", validUntil.json), .init("summary", .string(summary)),
            .init("tree", .object(tree.json)), .init("smallest_change", .array(smallestChange.map { .object($0.json) })),
        ])
    }
}

extension ExplainedNode {
    /// `{"text","holds"}` for a question, `{"text","value","kind"}` for a value, with what more there is.
    var json: JSONObject {
        var json = JSONObject([.init("text", .string(text))])
        switch outcome {
        case .truth(let holds):
            json.set("holds", .bool(holds))
            json.set("valid_until", validUntil.json)
        case .value(let value):
            json.set("value", value.json)
            json.set("kind", .string(value.kindWord))
        }
        if let note { json.set("note", .string(note)) }
        if let window { json.set("window", .object(JSONObject([.init("from", window.from.json), .init("to", window.to.json)]))) }
        if totalEvents > 0 {
            json.set("events", .array(events.map { .object($0.json) }))
            json.set("total_events", .integer(Int64(totalEvents)))
        }
        if !children.isEmpty { json.set("children", .array(children.map { .object($0.json) })) }
        return json
    }
}

extension ExplainedEvent {
    /// `{"time","name","message_id"}`
    var json: JSONObject {
        JSONObject([.init("time", .string(time.text)), .init("name", .string(name)), .init("message_id", .string(messageID))])
    }
}

extension ExplainedChange {
    /// `{"kind","sentence","before","done"}` and `count`, `trait`, `consent` or `until`; the made-up messages are left out.
    var json: JSONObject {
        var json = JSONObject()
        switch kind {
        case .events(let count):
            json.set("kind", .string("events"))
            json.set("count", .integer(Int64(count)))
        case .trait(let path):
            json.set("kind", .string("trait"))
            json.set("trait", .array(path.map { .string($0.string) }))
        case .consent(let path):
            json.set("kind", .string("consent"))
            json.set("consent", .array(path.map { .string($0.string) }))
        case .wait(let until):
            json.set("kind", .string("wait"))
            json.set("until", .string(until.text))
        }
        json.set("sentence", .string(sentence))
        json.set("before", before.json)
        json.set("done", .string(done.text))
        return json
    }
}

extension Instant? {
    fileprivate var json: JSONValue { map { .string($0.text) } ?? .null }
}
