import EventModel
import Rules

/// Messages of several people as they might arrive: late, twice, at the same instant, with values missing or of another kind.
struct GeneratedPopulation: Sendable {
    /// In the order of arrival. A messageId may come twice, with other contents and for another person; the first counts.
    var arrivals: [Message]
    /// Canonical id of each profile (its user id), ascending; everyone in `arrivals` who counts, empty timelines aside.
    var people: [String]
    /// The timeline of each of `people`.
    var timelines: [Timeline]

    /// Draws a population.
    ///
    /// - Parameter people: At most so many profiles; their ids are `u0`, `u1`, ... Some events come under an anonymous id `d0`, ...
    ///   that some message links to its person.
    /// - Parameter longest: At most so many messages a person, links aside.
    init(random: inout SeededRandom, people count: Int = 5, longest: Int = 14) {
        var arrivals: [Message] = []
        var number = 0
        for person in 0..<count {
            let hasDevice = random.once(in: 3)
            for _ in 0..<random.below(longest + 1) {
                number += 1
                let device = hasDevice && random.once(in: 2) ? "d\(person)" : nil
                arrivals.append(
                    Self.message(&random, number: number, user: device != nil && random.once(in: 2) ? nil : "u\(person)", device: device))
            }
            if hasDevice {
                number += 1
                var link = Self.message(&random, number: number, user: "u\(person)", device: "d\(person)")
                link.json.set("messageId", .string("link\(person)"))
                link.messageID = "link\(person)"
                arrivals.append(link)
            }
        }
        arrivals.shuffle(using: &random)
        // Duplicates: an id that came before, with whatever contents.
        if arrivals.count > 1, random.once(in: 2) {
            for _ in 0..<(1 + random.below(3)) {
                let target = 1 + random.below(arrivals.count - 1)
                guard !arrivals[target].messageID.hasPrefix("link") else { continue }
                let id = arrivals[random.below(target)].messageID
                arrivals[target].messageID = id
                arrivals[target].json.set("messageId", .string(id))
            }
        }
        self.init(arrivals: arrivals)
    }

    /// Sorts out who is who: first of each messageId, anonymous ids to their user.
    init(arrivals: [Message]) {
        self.arrivals = arrivals
        var seen: Set<Text> = []
        let counted = arrivals.filter { seen.insert(Text($0.messageID)).inserted }
        var owner: [String: String] = [:]
        for message in counted { if let user = message.userID, let device = message.anonymousID { owner[device] = user } }
        var messages: [String: [Message]] = [:]
        for message in counted {
            let person = message.userID ?? message.anonymousID.map { owner[$0] ?? $0 } ?? ""
            messages[person, default: []].append(message)
        }
        people = messages.keys.sorted { $0.precedesByScalars($1) }
        timelines = people.map { Timeline(messages[$0] ?? []) }
    }

    // MARK: One message

    private static func message(_ random: inout SeededRandom, number: Int, user: String?, device: String?) -> Message {
        let kind: Message.Kind = random.once(in: 3) ? random.pick([.identify, .identify, .page, .screen, .group, .alias]) : .track
        let timestamp = time(&random)
        // Ids whose order by scalars is not the order of arrival.
        let id = random.pick(["m", "B", "a", "\u{E9}"]) + String(number)
        var json = JSONObject()
        json.set("type", .string(kind.word))
        if let user { json.set("userId", .string(user)) }
        if let device { json.set("anonymousId", .string(device)) }
        switch kind {
        case .track: json.set("event", .string(random.pick(Vocabulary.events)))
        case .page, .screen:
            if !random.once(in: 4) { json.set("name", .string(random.pick(Vocabulary.texts))) }
            if random.once(in: 2) { json.set("category", .string(random.pick(Vocabulary.texts))) }
        case .identify: break
        case .group: json.set("groupId", .string("g"))
        case .alias: json.set("previousId", .string("alias-\(number)"))
        }
        // Some messages have traits that set none.
        if kind == .identify || random.once(in: kind == .group ? 2 : 8) { json.set("traits", .object(object(&random, Vocabulary.traits))) }
        if kind == .track || kind == .page || kind == .screen { json.set("properties", .object(object(&random, Vocabulary.properties))) }
        var context = random.once(in: 2) ? object(&random, Vocabulary.context) : JSONObject()
        if random.once(in: 4) { context.set("consent", .object(consent(&random))) }
        // What it says may end by itself, before or after the question.
        if random.once(in: 6) { context.set("expiresAt", random.once(in: 4) ? value(&random) : .string(time(&random, ahead: true).text)) }
        if !context.members.isEmpty { json.set("context", .object(context)) }
        json.set("timestamp", .string(timestamp.text))
        json.set("messageId", .string(id))
        return Message(kind: kind, messageID: id, timestamp: timestamp, json: json)
    }

    /// An instant on the edges of windows, often one that others have too; now and then after `now`.
    ///
    /// - Parameter ahead: Whether every other one is after `now`.
    static func time(_ random: inout SeededRandom, ahead: Bool = false) -> Instant {
        let length = random.pick(Vocabulary.lengths).milliseconds
        let around: Int64 = random.once(in: 4) ? random.pick([-1, 1, -1_800_000, 1_800_000, -86_400_000]) : 0
        let sign: Int64 = random.once(in: ahead ? 2 : 12) ? 1 : -1
        return Instant(milliseconds: Vocabulary.now.milliseconds + sign * length + around)
    }

    /// Any value: mostly numbers and texts, sometimes truths, null, arrays, objects.
    static func value(_ random: inout SeededRandom) -> JSONValue {
        switch random.below(12) {
        case 0...4: random.pick(Vocabulary.numbers)
        case 5...7: .string(random.pick(Vocabulary.texts))
        case 8: .bool(random.once(in: 2))
        case 9: .null
        case 10: random.once(in: 2) ? .array([.integer(1)]) : .object(JSONObject([.init("color", .string("a"))]))
        default: .integer(Vocabulary.now.milliseconds - random.pick(Vocabulary.lengths).milliseconds)
        }
    }

    private static func object(_ random: inout SeededRandom, _ paths: [[String]]) -> JSONObject {
        var object = JSONObject()
        for path in paths where random.once(in: 2) {
            if path.count == 1 {
                object.set(path[0], value(&random))
            } else if random.once(in: 6) {
                object.set(path[0], value(&random))
            } else {
                object.set(path[0], .object(JSONObject([.init(path[1], value(&random))])))
            }
        }
        return object
    }

    private static func consent(_ random: inout SeededRandom) -> JSONObject {
        var preferences = JSONObject()
        for path in Vocabulary.consents where random.once(in: 2) {
            let granted: JSONValue = random.once(in: 8) ? .string("yes") : .bool(random.once(in: 2))
            preferences.set(path[0], path.count == 1 ? granted : .object(JSONObject([.init(path[1], granted)])))
        }
        return JSONObject([.init("categoryPreferences", .object(preferences))])
    }
}
