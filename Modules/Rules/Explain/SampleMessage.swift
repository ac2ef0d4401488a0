import EventModel

/// A message that is made up, before it has a time and an id.
struct Draft: Hashable {
    var kind: Message.Kind
    var json: JSONObject
}

/// Makes up messages that a selection of events looks at and whose condition holds.
struct SampleMessage {
    let reading: ProfileReading

    /// A draft that matches, with some fields given; nil where none was found, which does not mean that there is none.
    func draft(for events: Selection, with given: [(Field, Value)] = []) -> Draft? {
        for kind in events.possibleKinds {
            var draft = Draft(kind: kind, json: JSONObject([.init("type", .string(kind.word))]))
            switch (events.events, kind) {
            case (.named(let name), _): draft.json.set("event", .string(name.string))
            case (.any, .track): draft.json.set("event", .string(anyEventName))
            case (.any, .group): draft.json.set("groupId", .string("any"))
            case (.any, .alias): draft.json.set("previousId", .string("any"))
            case (.any, _): break
            }
            guard given.allSatisfy({ draft.set($0.0, to: $0.1) }) else { continue }
            if let whole = completed(draft, for: events, keeping: given.map(\.0)) { return whole }
            // An event that matches already shows how it is done.
            if let message = reading.select(Selection(events.events, where: events.condition)).last, message.kind == kind {
                var draft = Draft(kind: kind, json: message.json)
                if given.allSatisfy({ draft.set($0.0, to: $0.1) }), matches(draft, events) { return draft }
            }
        }
        return nil
    }

    /// A name that no rule asks for, so that what is said of `any` event is not true of one name only.
    private let anyEventName = "\u{FFFD} any event"

    private func matches(_ draft: Draft, _ events: Selection) -> Bool { reading.matches(draft.message(at: reading.instant), events) }

    // MARK: Conditions

    private func completed(_ draft: Draft, for events: Selection, keeping given: [Field]) -> Draft? {
        guard let condition = events.condition else { return draft }
        var steps = 400
        return complete(draft, [(condition, true)], given, &steps) { matches($0, events) }
    }

    /// Fulfils goals one after another, going back where a later one cannot be had; `steps` bounds how often.
    private func complete(
        _ draft: Draft, _ goals: [(Clause, Bool)], _ given: [Field], _ steps: inout Int, _ isDone: (Draft) -> Bool
    ) -> Draft? {
        steps -= 1
        if steps < 0 { return nil }
        guard let (goal, wanted) = goals.first else { return isDone(draft) ? draft : nil }
        let rest = Array(goals.dropFirst())
        let subject = EventOfProfile(profile: reading, message: draft.message(at: reading.instant))
        if goal.holds(for: subject) == wanted, let done = complete(draft, rest, given, &steps, isDone) { return done }
        switch (goal, wanted) {
        case (.not(let clause), _): return complete(draft, [(clause, !wanted)] + rest, given, &steps, isDone)
        case (.all(let clauses), true), (.any(let clauses), false):
            return complete(draft, clauses.map { ($0, wanted) } + rest, given, &steps, isDone)
        case (.all(let clauses), false), (.any(let clauses), true):
            for clause in clauses { if let done = complete(draft, [(clause, wanted)] + rest, given, &steps, isDone) { return done } }
            return nil
        default:
            let search = TargetSearch<(Field, Value), EventOfProfile<ProfileReading>>(subject: subject, features: []) { variable, target in
                guard case .field(let field) = variable else { return [] }
                return target.candidates.map { (field, $0) }
            }
            for (value, target) in goal.targets(holds: wanted, for: subject) {
                for (field, value) in search.answers(value, target) where !given.contains(field) {
                    var next = draft
                    if next.set(field, to: value), let done = complete(next, rest, given, &steps, isDone) { return done }
                }
            }
            return nil
        }
    }
}

extension Draft {
    /// Writes a field; false where a message of this kind cannot have that value there.
    mutating func set(_ field: Field, to value: Value) -> Bool {
        switch value {
        case .instant, .duration: return false
        case .missing, .text, .number, .truth: break
        }
        switch field {
        case .timestamp, .type: return false
        case .name, .category:
            guard kind == .page || kind == .screen, case .text = value else { return false }
        case .trait:
            guard kind.setsTraits else { return false }
        case .property, .context: break
        }
        guard let path = field.path else { return false }
        json.write(value.json, at: path)
        return true
    }

    /// The message, dated and named.
    func message(at instant: Instant, id: String = "made-up") -> Message {
        var json = json
        json.set("messageId", .string(id))
        json.set("timestamp", .string(instant.text))
        return Message(kind: kind, messageID: id, timestamp: instant, json: json)
    }
}

extension JSONObject {
    /// Puts a value at a path, making objects where there are none.
    mutating func write(_ value: JSONValue, at path: [String]) {
        guard let first = path.first else { return }
        if path.count == 1 {
            set(first, value)
        } else {
            var inner = self[first]?.asObject ?? JSONObject()
            inner.write(value, at: Array(path.dropFirst()))
            set(first, .object(inner))
        }
    }
}
