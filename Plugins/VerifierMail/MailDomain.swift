public import EventModel

/// The verifier `mail-domain`: whether mail to an address has somewhere to go, by what its domain says in the domain name system.
///
/// A domain is looked up beside the messages: the first message of it passes, what follows is judged by what was found out.
public struct MailDomain: VerifierKind {
    public let name = "mail-domain"
    public let settings = ["mxOnly", "trusted"]
    private let knowledge: MailKnowledge

    /// A kind that knows nothing yet.
    ///
    /// - Parameter resolver: Asked on a thread of its own.
    /// - Parameter now: A clock that nobody sets.
    public init(
        resolver: some MailResolver = SystemResolver(), limits: MailLimits = MailLimits(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        knowledge = MailKnowledge(resolver: resolver, limits: limits, now: now)
    }

    public func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier {
        var errors: [SettingsError] = []
        var verifier = MailDomainVerifier(knowledge: knowledge)
        switch settings["mxOnly"] {
        case nil: break
        case .bool(let isOn): verifier.mxOnly = isOn
        default: errors.append(SettingsError(at: ["mxOnly"], "this is not true or false", remedy: "Write true or false."))
        }
        if let listed = settings["trusted"] {
            let domains = listed.asArray?.map { $0.asString?.lowercased() ?? "" } ?? []
            if domains.isEmpty || !domains.allSatisfy({ EmailRule.isDomain($0[...]) }) {
                errors.append(
                    SettingsError(
                        at: ["trusted"], "this is not a list of domains", remedy: "Write a list such as [shop.example, mail.example]."))
            }
            for domain in domains { verifier.trusted.insert(domain) }
        }
        if !errors.isEmpty { throw SettingsErrors(errors) }
        return verifier
    }

    public var counts: [VerifierCount] { knowledge.counts }
}

private struct MailDomainVerifier: Verifier {
    let knowledge: MailKnowledge
    /// Whether a domain must name its mail servers.
    var mxOnly = false
    /// Domains that are fine and never looked up.
    var trusted = DomainList()

    func finding(on text: String) -> VerifierFinding {
        guard let address = MailAddress(text) else {
            return .wrong(problem: "is not an e-mail address", remedy: "Send an address such as name@example.com.")
        }
        if trusted.covers(address.domain) { return .fine }
        let problem: String
        switch knowledge.standing(of: address.domain) {
        case .unknown: return .unknown
        case .servers: return .fine
        case .addressOnly:
            if !mxOnly { return .fine }
            problem = "names no mail server"
        case .takesNone: problem = "says that it takes no mail"
        case .nowhere: problem = "has no mail server"
        case .noDomain: problem = "does not exist"
        }
        return .wrong(problem: "is an e-mail address whose domain \(problem)", remedy: "Send an address that takes mail.")
    }

    func learn(within limit: Duration) { knowledge.learn(within: limit) }
}
