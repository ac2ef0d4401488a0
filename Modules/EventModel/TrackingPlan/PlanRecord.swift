/// What an amended message says of itself: `context.tessera.flags` names the rules it breaks, `context.tessera.original` keeps each
/// value that was changed under its JSON Pointer (RFC 6901). Nothing is lost: `Message.beforePlan` gives back what came.
enum PlanRecord {
    static let member = "tessera"

    /// The message with the record in it; nil where it would nest deeper than messages may.
    ///
    /// A context that was null or empty, and a `context.tessera` that came with the message, are kept in the record as well.
    static func recorded(in json: JSONObject, changes: [PlanChange], flags: [String]) -> JSONObject? {
        var original = JSONObject(changes.map { .init($0.pointer, $0.before) })
        let came = json["context"]
        var context = came?.asObject ?? JSONObject()
        if let came, context.members.isEmpty { original.set("/context", came) }
        let flagList = JSONValue.array(flags.map { .string($0) })
        if let old = context[member] {
            // A message that was flagged before and is judged again already says so.
            if changes.isEmpty, old.asObject?["flags"] == flagList { return json }
            guard old.depth + 4 <= MessageLimits.jsonDepth else { return nil }
            original.set("/context/" + member, old)
        }
        var record = JSONObject()
        if !flags.isEmpty { record.set("flags", flagList) }
        if !original.members.isEmpty { record.set("original", .object(original)) }
        context.set(member, .object(record))
        var json = json
        json.set("context", .object(context))
        return json
    }
}

extension Message {
    /// The message as it came before a tracking plan amended it; itself where none did.
    ///
    /// Reads `context.tessera`, which belongs to Tessera: of a message whose sender made one up, that much is believed.
    public var beforePlan: Message {
        guard var context = json["context"]?.asObject, let record = context[PlanRecord.member]?.asObject else { return self }
        let original = record["original"]?.asObject ?? JSONObject()
        var restored = JSONValue.object(json)
        for member in original.members where !member.name.hasPrefix("/context") {
            restored.set(member.value, at: member.name.split(separator: "/", omittingEmptySubsequences: false).dropFirst())
        }
        guard var json = restored.asObject else { return self }
        if let old = original["/context/" + PlanRecord.member] {
            context.set(PlanRecord.member, old)
        } else {
            context.members.removeAll { $0.name.sameScalars(as: PlanRecord.member) }
        }
        if let came = original["/context"] {
            json.set("context", came)
        } else if context.members.isEmpty {
            json.members.removeAll { $0.name.sameScalars(as: "context") }
        } else {
            json.set("context", .object(context))
        }
        return Message(kind: kind, messageID: messageID, timestamp: timestamp, json: json)
    }
}

extension JSONValue {
    /// Levels of arrays and objects: 0 for any other value.
    fileprivate var depth: Int {
        switch self {
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map(\.value.depth).max() ?? 0)
        default: 0
        }
    }

    /// Puts a value where the steps of a JSON Pointer lead; nothing happens where they lead nowhere.
    fileprivate mutating func set(_ value: JSONValue, at steps: ArraySlice<Substring>) {
        guard let step = steps.first else {
            self = value
            return
        }
        switch self {
        case .object(var object):
            let name = step.pointerUnescaped
            guard let index = object.members.firstIndex(where: { $0.name.sameScalars(as: name) }) else { return }
            object.members[index].value.set(value, at: steps.dropFirst())
            self = .object(object)
        case .array(var elements):
            guard let index = Int(step), elements.indices.contains(index) else { return }
            elements[index].set(value, at: steps.dropFirst())
            self = .array(elements)
        default: return
        }
    }
}

extension Substring {
    /// A step of a JSON Pointer as the name it stands for.
    fileprivate var pointerUnescaped: String {
        var out = String.UnicodeScalarView()
        var escaped = false
        for scalar in unicodeScalars {
            if escaped {
                out.append(scalar == "0" ? "~" : "/")
                escaped = false
            } else if scalar == "~" {
                escaped = true
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }
}
