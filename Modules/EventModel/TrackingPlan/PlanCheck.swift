/// How a rule is called, and what happens where it is broken.
///
/// A class, since a judgement passes over many of them and copies none.
final class PlanRule: Sendable {
    let id: String
    let action: PlanAction
    /// Whom the rule is about, as a reason begins: `Order Completed, property 'revenue'`.
    let subject: String

    init(id: String, action: PlanAction, subject: String) { (self.id, self.action, self.subject) = (id, action, subject) }
}

/// What a rule asks of one value.
enum PlanCheck: Sendable {
    case normalise(Normaliser)
    case kind(PlanKind)
    case minimum(PlanBound)
    case maximum(PlanBound)
    /// In Unicode scalars.
    case minimumLength(Int)
    case maximumLength(Int)
    /// The pattern as written, and whether a whole text fits it.
    case pattern(String, @Sendable (String) -> Bool)
    case enumeration([JSONValue])
    /// In elements.
    case minimumCount(Int)
    case maximumCount(Int)
    /// What verifiers say of a text, in their order.
    case verify([Verify])

    /// The question that a verifier answers.
    typealias Verify = @Sendable (String) -> VerifierFinding

    /// What a check says of a value that is there.
    enum Answer {
        case kept
        case turned(JSONValue)
        /// A verifier does not know yet.
        case unknown
        /// What is wrong (the rest of a sentence that begins with the rule's subject), and what to do.
        case broken(String, remedy: String)
    }

    /// Whether what follows makes no sense for a value that broke this check.
    var endsChecks: Bool {
        switch self {
        case .kind, .normalise: true
        default: false
        }
    }

    /// Checks a value. Only a kind asks `coercing`: normalisers always turn what they can, the other checks turn nothing.
    func answer(_ value: JSONValue, coercing: Bool) -> Answer {
        let count: Int
        switch self {
        case .normalise(let normaliser):
            guard let normal = normaliser.normalised(value) else {
                return .broken("is \(value.kindShown), which is not \(normaliser.named)", remedy: normaliser.remedy)
            }
            return normal == value ? .kept : .turned(normal)
        case .kind(let kind):
            if kind.holds(value) { return .kept }
            if coercing, let turned = kind.coerced(value) { return .turned(turned) }
            return .broken(
                "is \(value.kindShown)\(coercing ? " that cannot be turned into" : ", not") \(kind.named)", remedy: "Send \(kind.named).")
        case .minimum(let bound):
            if let order = bound.order(of: value), order >= 0 { return .kept }
            return .broken("is below the minimum, \(bound.shown)", remedy: "Send \(bound.shown) or more.")
        case .maximum(let bound):
            if let order = bound.order(of: value), order <= 0 { return .kept }
            return .broken("is above the maximum, \(bound.shown)", remedy: "Send \(bound.shown) or less.")
        case .pattern(let pattern, let fits):
            guard let text = value.asString, !fits(text) else { return .kept }
            return .broken("is \(value.kindShown) that does not fit the pattern \(pattern)", remedy: "Send a text that fits it whole.")
        case .enumeration(let members):
            if members.contains(where: { $0 == value || numericOrder($0, value) == 0 }) { return .kept }
            let shown = members.prefix(20).map(\.text).joined(separator: ", ") + (members.count > 20 ? ", ..." : "")
            return .broken("is \(value.kindShown) that is not in the enumeration", remedy: "Send one of: \(shown).")
        case .minimumLength(let least):
            count = value.asString?.unicodeScalars.count ?? 0
            if count >= least { return .kept }
            return .broken("has \(count) characters, fewer than \(least)", remedy: "Send \(least) or more.")
        case .maximumLength(let most):
            count = value.asString?.unicodeScalars.count ?? 0
            if count <= most { return .kept }
            return .broken("has \(count) characters, more than \(most)", remedy: "Send \(most) or fewer.")
        case .minimumCount(let least):
            count = value.asArray?.count ?? 0
            if count >= least { return .kept }
            return .broken("has \(count) elements, fewer than \(least)", remedy: "Send \(least) or more.")
        case .maximumCount(let most):
            count = value.asArray?.count ?? 0
            if count <= most { return .kept }
            return .broken("has \(count) elements, more than \(most)", remedy: "Send \(most) or fewer.")
        case .verify(let verifiers): return value.asString.map { Self.verified($0, by: verifiers) } ?? .kept
        }
    }

    /// What is wrong goes before what is not known.
    private static func verified(_ text: String, by verifiers: [Verify]) -> Answer {
        var isKnown = true
        for verifier in verifiers {
            switch verifier(text) {
            case .fine: continue
            case .unknown: isKnown = false
            case .wrong(let problem, let remedy): return .broken(problem, remedy: remedy)
            }
        }
        return isKnown ? .kept : .unknown
    }
}
