/// How a domain stands to mail.
enum MailStanding: Sendable, Hashable {
    /// It names mail servers.
    case servers
    /// It names none, and has an address, which then is its mail server (RFC 5321, section 5.1).
    case addressOnly
    /// It says that it takes no mail (RFC 7505).
    case takesNone
    /// It is there, and mail has nowhere to go.
    case nowhere
    /// There is no such domain.
    case noDomain
    /// Nobody could say.
    case unknown

    /// Asks until it is clear. Where a question fails, nothing is concluded from the others.
    ///
    /// The resolvers of closed networks say of every name that it does not exist. So that something is not there is only believed of a
    /// resolver that knows of `com`.
    init(of domain: String, asking resolver: some MailResolver) {
        let standing: MailStanding =
            switch resolver.answer(.mx, of: domain) {
            case .found: .servers
            case .nullMX: .takesNone
            case .noDomain: .noDomain
            case .failed: .unknown
            case .noRecord: Self.ofAddress(domain, asking: resolver)
            }
        let isAbsence = standing == .noDomain || standing == .nowhere
        self = isAbsence && resolver.answer(.ns, of: "com") != .found ? .unknown : standing
    }

    private static func ofAddress(_ domain: String, asking resolver: some MailResolver) -> MailStanding {
        var isKnown = true
        for record in [MailRecord.a, .aaaa] {
            switch resolver.answer(record, of: domain) {
            case .found: return .addressOnly
            case .noRecord, .nullMX: continue
            case .noDomain: return .noDomain
            case .failed: isKnown = false
            }
        }
        return isKnown ? .nowhere : .unknown
    }

    /// Whether mail has somewhere to go, as far as is known.
    var isFine: Bool { self == .servers || self == .addressOnly }
}
