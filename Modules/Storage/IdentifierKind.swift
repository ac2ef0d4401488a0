public import EventModel

/// A namespace of identifiers. Raw values are stored; they are never reused.
public enum IdentifierKind: UInt8, Sendable, CaseIterable {
    /// Ids that `userId` gives.
    case user = 1
    /// Ids that `anonymousId` gives.
    case anonymous = 2
    /// Addresses that the trait `email` gives, where the rules link by it.
    case email = 3
    /// Numbers that the trait `phone` gives, where the rules link by it.
    case phone = 4

    /// Stands where a profile's number would, for a trait's value that names nobody: what links it to somebody is out of force.
    public static let nobody = UInt32.max

    /// The kinds of ids that messages carry, which aliases may mean: every message counts for one of them.
    public static let carried: [IdentifierKind] = [.user, .anonymous]

    /// The kinds that the rules may link by.
    public static let ofTraits: [IdentifierKind] = allCases.filter { $0.trait != nil }

    /// The trait of identify messages that gives identifiers of this kind; nil for those that messages carry themselves.
    public var trait: String? {
        switch self {
        case .user, .anonymous: nil
        case .email: "email"
        case .phone: "phone"
        }
    }

    /// The word of the command line: `user_id`, `anonymous_id`, and the names of traits.
    public var word: String {
        switch self {
        case .user: "user_id"
        case .anonymous: "anonymous_id"
        case .email: "email"
        case .phone: "phone"
        }
    }

    /// The kind of a word of the command line; nil for any other word.
    public init?(word: String) {
        guard let kind = Self.allCases.first(where: { $0.word.sameScalars(as: word) }) else { return nil }
        self = kind
    }

    /// The one spelling of a trait's value, which identifiers of this kind have; nil where it is no such value, so that it links nobody.
    public func normalised(_ value: JSONValue) -> String? {
        switch self {
        case .user, .anonymous: value.asString
        case .email: Normaliser.email(EmailRule()).normalised(value)?.asString
        case .phone: Normaliser.phone(PhoneRule()).normalised(value)?.asString
        }
    }
}
