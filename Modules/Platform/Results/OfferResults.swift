public import Content
public import EventModel

/// Every offer that is saved.
public struct OffersResult: CommandResult, Equatable {
    /// One offer.
    public struct Entry: Sendable, Equatable {
        /// What programs ask by.
        public var key: String
        /// nil where the saved text is no offer; `problem` says why.
        public var offer: Offer?
        /// Why nobody is given it; nil where it is understood.
        public var problem: String?
    }
    /// By key.
    public var offers: [Entry]

    public var json: JSONObject {
        let entries = offers.map { entry in
            var object = JSONObject(["key": .string(entry.key)])
            if let offer = entry.offer {
                if let title = offer.title { object.set("title", .string(title)) }
                object.set("kind", .string(offer.kind.rawValue))
                object.set("enabled", .bool(offer.isEnabled))
                object.set("variants", .list(offer.variants.map(\.name)))
                object.set("rules", .integer(Int64(offer.rules.count)))
            }
            if let problem = entry.problem { object.set("problem", .string(problem)) }
            return JSONValue.object(object)
        }
        return JSONObject(["offers": .array(entries)])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("key"), .init("title"), .init("kind"), .init("enabled"), .init("variants"), .init("rules", numeric: true)],
            rows: offers.map { entry in
                guard let offer = entry.offer else { return [.text(entry.key), .missing, .missing, .missing, .missing, .missing] }
                return [
                    .text(entry.key), offer.title.map { .text($0) } ?? .missing, .text(offer.kind.rawValue),
                    .text(offer.isEnabled ? "yes" : "no"), .text(offer.variants.map(\.name).joined(separator: ", ")),
                    .count(offer.rules.count),
                ]
            })
    }
    public var notes: [String] {
        if offers.isEmpty { return ["No offer is saved. A workspace's offers/*.yaml define them, and `apply` saves them."] }
        return offers.compactMap { entry in entry.problem.map { "\(entry.key): \($0)" } }
    }
}

/// One offer with its variants and rules.
public struct OfferResult: CommandResult, Equatable {
    /// The offer.
    public var offer: Offer

    public var json: JSONObject { JSONObject(["offer": .object(offer.json(withKey: true))]) }
    public var records: [JSONObject] { [json] }
    /// A line for each rule in their order, then the default.
    public var table: ResultTable {
        let rules = offer.rules.map { ($0.name, $0.when, $0.variant) } + [("default", "", offer.fallback)]
        return ResultTable(
            [.init("rule"), .init("when"), .init("variant"), .init("value")],
            rows: rules.map { name, when, variant in
                let value = offer.variants.first { $0.name.sameScalars(as: variant) }?.value ?? .null
                return [.text(name), .prose(when), .text(variant), .text(value.text)]
            })
    }
    public var notes: [String] {
        let off = offer.isEnabled ? "" : " It is switched off: everybody is given the default."
        return ["\(offer.title ?? offer.key): \(offer.kind.rawValue), the first rule that holds decides.\(off)"]
    }
}

/// What an offer gives somebody, with every rule and whether its condition holds.
public struct OfferChoiceResult: CommandResult, Equatable {
    /// The offer.
    public var offer: Offer
    /// The person's canonical id.
    public var id: String
    /// What is given, and why.
    public var choice: OfferChoice
    /// Of each rule, whether its condition holds.
    public var holds: [Bool]

    public var json: JSONObject {
        let rules = zip(offer.rules, holds).map { rule, holds in
            var object = rule.json
            object.set("holds", .bool(holds))
            return JSONValue.object(object)
        }
        var object = JSONObject([
            "offer": .string(offer.key), "variant": .string(choice.variant), "value": choice.value,
            "reason": .string(choice.reason.rawValue),
        ])
        if let rule = choice.rule { object.set("rule", .string(rule)) }
        object.set("rules", .array(rules))
        object.set("profile", .string(id))
        return object
    }
    public var records: [JSONObject] { [json] }
    public var table: ResultTable {
        ResultTable(
            [.init("rule"), .init("when"), .init("holds"), .init("variant")],
            rows: zip(offer.rules, holds).map { rule, holds in
                [.text(rule.name), .prose(rule.when), .text(holds ? "yes" : "no"), .text(rule.variant)]
            })
    }
    public var notes: [String] {
        let why =
            switch choice.reason {
            case .targetingMatch: "because of \(choice.rule ?? "")"
            case .fallback: "since no rule holds"
            case .disabled: "since the offer is switched off"
            case .fixed: "as everybody is"
            }
        return ["\(id) is given \(choice.variant), \(why): \(choice.value.text)"]
    }
}
