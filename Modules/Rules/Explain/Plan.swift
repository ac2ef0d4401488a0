import EventModel

/// Changes that together may turn an answer round.
struct Plan {
    /// One thing to happen.
    struct Part {
        enum Deed {
            /// These come, at one instant, or one after another.
            case events([Draft], inTurn: Bool)
            case trait([Text], Value)
            case consent([Text], Bool)
            case wait(Instant)
            /// Once everything else is done, so many milliseconds pass.
            case settle(Int64)
        }
        var deed: Deed
        var sentence: String
        /// The same behind "becomes a member with"; nil where the sentence reads well there.
        var phrase: String?
        /// Why it is needed: "2 of 3 ...".
        var reason: String?
        /// When events already there leave their window, so that more would be needed.
        var deadline: Instant?
        /// Above 0 for what seldom happens, such as a negative sale.
        var oddity = 0
    }
    var parts: [Part]
    /// The waits of `settle` belong to the events before them and are not counted.
    var cost: Int { parts.reduce(0) { $0 + $1.cost } }

    /// Whether it only waits after events that it does not have.
    var isHollow: Bool { parts.allSatisfy { if case .settle = $0.deed { true } else { false } } }

    static func + (a: Plan, b: Plan) -> Plan { Plan(parts: a.parts + b.parts) }
}

extension Plan.Part {
    /// The same with fewer events, half-way down to the least that may do; nil where there is nothing between.
    func fewer(than least: Int) -> (part: Plan.Part, count: Int)? {
        guard case .events(let drafts, inTurn: false) = deed, drafts.count > least else { return nil }
        let count = (least + drafts.count) / 2
        var part = self
        part.deed = .events(Array(drafts.prefix(count)), inTurn: false)
        part.sentence = "\(count)" + sentence.dropFirst(String(drafts.count).count)
        return (part, count)
    }

    fileprivate var cost: Int {
        // Tenths break ties: an event is plainer than a trait, a trait than waiting.
        switch deed {
        case .events(let drafts, _): drafts.count * 10 + oddity
        case .trait, .consent: 11 + oddity
        case .wait: 12 + oddity
        case .settle: 1
        }
    }
}

/// A plan with times and ids: what would have come, and when it is done.
struct Scenario {
    /// The messages of each part of the plan.
    var messages: [[Message]] = []
    var done: Instant

    /// - Parameter start: Nothing comes before this instant; without it, right after `now`. Waits are waited for first.
    init(_ plan: Plan, for reading: ProfileReading, start: Instant? = nil) {
        done = start ?? reading.instant
        for part in plan.parts { if case .wait(let until) = part.deed { done = max(done, until) } }
        // With a start given, the first message stands at it.
        if start != nil { done.milliseconds -= 1 }
        var (settle, number): (Int64, Int) = (0, 0)
        var traits: [Text: JSONValue] = [:]
        for part in plan.parts {
            var drafts: [Draft] = []
            var inTurn = false
            switch part.deed {
            case .wait: break
            case .settle(let milliseconds): settle = max(settle, milliseconds)
            case .events(let events, let oneByOne): (drafts, inTurn) = (events, oneByOne)
            case .trait(let path, let value):
                let whole = traits[path[0]] ?? reading.wholeTrait(path[0]) ?? .null
                var object = JSONObject([.init(path[0].string, whole)])
                object.write(value.json, at: path.map(\.string))
                traits[path[0]] = object[path[0].string]
                drafts = [Draft(kind: .identify, json: JSONObject([.init("type", .string("identify")), .init("traits", .object(object))]))]
            case .consent(let path, let granted):
                var json = JSONObject([.init("type", .string("identify"))])
                json.write(.bool(granted), at: ["context", "consent", "categoryPreferences"] + path.map(\.string))
                drafts = [Draft(kind: .identify, json: json)]
            }
            if !drafts.isEmpty { done.milliseconds += 1 }
            messages.append(
                drafts.enumerated().map { place, draft in
                    if inTurn, place > 0 { done.milliseconds += 1 }
                    number += 1
                    // Ids in the order made, also by scalars.
                    return draft.message(at: done, id: "made-up-" + String(100_000 + number))
                })
        }
        done.milliseconds += settle
    }
}
