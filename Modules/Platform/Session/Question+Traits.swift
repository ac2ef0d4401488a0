import EventModel
import Storage

extension Question {
    /// Some traits of many people, as they are now; one pass over the identifies, however many people there are.
    ///
    /// - Parameter ids: Of people, each by a user id or an anonymous id, in any order; they may repeat.
    /// - Returns: For each of `ids` the traits that the person has, in the order of `names`; none where nobody is called so.
    func traits(_ names: [String], of ids: [String]) throws(CommandError) -> [JSONObject] {
        try attempt {
            let profiles = try ids.map { try snapshot.person(called: $0) }
            let people = Set(profiles.compactMap { $0 })
            var personOf: [UInt32: Int] = [:]
            for person in people { for ordinal in snapshot.identifiers(of: person) { personOf[ordinal] = person } }
            let ordinals = personOf.keys.sorted()
            var identifies: [Int: [Message]] = [:]
            for block in snapshot.blocks where block.kind == .identify && block.minTime <= now.milliseconds {
                let rows = try snapshot.rows(block, of: ordinals)
                if rows.isEmpty { continue }
                let came = try snapshot.read(block, paths: []).ordinals
                for (row, message) in zip(rows, try snapshot.messages(block, rows: rows)) where message.timestamp <= now {
                    guard let person = personOf[came[row]], let part = message.part(with: names) else { continue }
                    identifies[person, default: []].append(part)
                }
            }
            var found: [Int: JSONObject] = [:]
            for (person, messages) in identifies {
                let all = Person.traits(of: messages.sorted(by: Person.precedes), at: now).values
                found[person] = JSONObject(names.compactMap { name in all[name].map { .init(name, $0) } })
            }
            return profiles.map { $0.flatMap { found[$0] } ?? JSONObject() }
        }
    }
}

extension Message {
    /// As much of an identify as says these traits and until when; nil where it says none of them.
    fileprivate func part(with names: [String]) -> Message? {
        let traits = traits
        let wanted = names.compactMap { name in traits[name].map { JSONObject.Member(name, $0) } }
        if wanted.isEmpty { return nil }
        var json = JSONObject([.init("traits", .object(JSONObject(wanted)))])
        if let end = context["expiresAt"] { json.set("context", .object(JSONObject([.init("expiresAt", end)]))) }
        return Message(kind: kind, messageID: messageID, timestamp: timestamp, json: json)
    }
}
