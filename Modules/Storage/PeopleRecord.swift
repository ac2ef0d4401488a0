public import EventModel

/// One change of who is who, as the store's log keeps it: two profiles that became one, a profile that was parted, rules that changed.
public struct PeopleRecord: Sendable, Hashable {
    /// Why the people changed.
    public enum Cause: Sendable, Hashable {
        /// A message linked them.
        case merge(messageID: String)
        /// A message gave a link of an earlier time than others, so that a limit now stands against another link.
        case order(messageID: String)
        /// Somebody decided that they are not one person; the number is the decision's.
        case unmerge(Int)
        /// That decision was taken back.
        case rejoin(Int)
        /// The rules are others.
        case rules

        /// The word of the command line.
        public var word: String {
            switch self {
            case .merge: "merge"
            case .order: "order"
            case .unmerge: "unmerge"
            case .rejoin: "rejoin"
            case .rules: "rules"
            }
        }
    }
    /// Counts up from 1 within a store.
    public var number: Int
    /// Why.
    public var cause: Cause
    /// When: the message's own time, else when somebody decided.
    public var at: Instant
    /// Ordinals of the identifiers that profiles were called by before, ascending by profile; a profile is called by its least user id, else by
    /// its least anonymous id.
    public var before: [UInt32]
    /// The same afterwards. The two are empty where rules changed.
    public var after: [UInt32]
    /// Who decided; empty where a message did.
    public var by: String
    /// Why; empty where nobody gave a reason.
    public var reason: String

    /// Joins the parts.
    public init(number: Int, cause: Cause, at: Instant, before: [UInt32], after: [UInt32], by: String = "", reason: String = "") {
        (self.number, self.cause, self.at, self.before, self.after) = (number, cause, at, before, after)
        (self.by, self.reason) = (by, reason)
    }

    /// A record that somebody's statement makes.
    public init(number: Int, cause: Cause, before: [UInt32], after: [UInt32], statement: PeopleStatement) {
        self.init(
            number: number, cause: cause, at: statement.at, before: before, after: after, by: statement.by, reason: statement.reason)
    }
}

/// What came of a decision about people.
public enum PeopleOutcome: Sendable, Hashable {
    /// It holds: the decision's number, and its record.
    case done(Int, PeopleRecord)
    /// Nothing was changed, since what was named is not there; a sentence says what.
    case unknown(String)
    /// Nothing was changed; a sentence says why.
    case refused(String)
}

/// Why a link that a message gave joins nobody.
public enum LinkRefusal: Sendable, Hashable {
    /// An unmerge cut it.
    case cut
    /// One of the two names nobody: its value is blocked.
    case blocked
    /// The profile would have more identifiers of this kind than the rules allow.
    case limit(IdentifierKind)

    /// The word of the command line.
    public var word: String {
        switch self {
        case .cut: "unmerged"
        case .blocked: "blocked value"
        case .limit(let kind): "limit of \(kind.word)"
        }
    }
}

/// A link that joins nobody.
public struct RefusedLink: Sendable, Hashable {
    /// Ordinals of the two identifiers.
    public var a, b: UInt32
    /// Why not.
    public var refusal: LinkRefusal

    /// Joins the parts.
    public init(a: UInt32, b: UInt32, refusal: LinkRefusal) { (self.a, self.b, self.refusal) = (a, b, refusal) }
}
