import Connectors
import EventModel

/// Reads events of RudderStack as messages: Segment's shape, except that facts about a person stand under `context.traits`.
struct RudderStackTranslation: RecordTranslation {
    func messages(of record: JSONObject) throws(FormatError) -> [JSONObject] {
        var fields = RecordFields(record)
        let address = try fields.takeText("request_ip")
        var message = fields.rest
        if message["context"] == .null || message["context"] == nil { message.set("context", .object(JSONObject())) }
        // What is no object stays as it is, for the decoder to refuse.
        if var context = message["context"]?.asObject {
            if let address, context["ip"] == nil { context.set("ip", .string(address)) }
            if message["type"]?.asString?.sameScalars(as: "identify") == true, let told = context["traits"]?.asObject {
                context.members.removeAll { $0.name.sameScalars(as: "traits") }
                var traits = told
                for member in message["traits"]?.asObject?.members ?? [] { traits.set(member.name, member.value) }
                message.set("traits", .object(traits))
            }
            if context.members.isEmpty {
                message.members.removeAll { $0.name.sameScalars(as: "context") }
            } else {
                message.set("context", .object(context))
            }
        }
        return [message]
    }
}
