/// Turns the many spellings of one thing into one spelling. Every normaliser is a pure function and gives back what it has made
/// unchanged.
public enum Normaliser: Sendable, Hashable {
    /// An e-mail address.
    case email(EmailRule)
    /// A telephone number, to E.164.
    case phone(PhoneRule)
    /// A date or time, to RFC 3339 in UTC.
    case date(DateRule)
    /// A currency, to its ISO 4217 code.
    case currency(CurrencyRule)
    /// A country, to its ISO 3166-1 alpha-2 code.
    case country(CountryRule)
    /// A word of a list, to the list's own word for it.
    case category(CategoryMap)

    /// The one spelling of `value`; nil where the normaliser does not know what it means.
    ///
    /// Texts are read by all; whole numbers also by `phone`, numbers by `date` and `category`, truths by `category`.
    public func normalised(_ value: JSONValue) -> JSONValue? {
        switch (self, value) {
        case (.email(let rule), .string(let text)): rule.normalised(text).map { .string($0) }
        case (.phone(let rule), .string(let text)): rule.normalised(text).map { .string($0) }
        case (.phone(let rule), .integer), (.phone(let rule), .unsigned): rule.normalised(value.text).map { .string($0) }
        case (.date(let rule), _): rule.normalised(value).map { .string($0) }
        case (.currency(let rule), .string(let text)): rule.normalised(text).map { .string($0) }
        case (.country(let rule), .string(let text)): rule.normalised(text).map { .string($0) }
        case (.category(let map), _): map.normalised(value)
        default: nil
        }
    }

    /// With its article, as a reason names what the value should have been.
    var named: String {
        switch self {
        case .email: "an e-mail address"
        case .phone: "a telephone number"
        case .date: "a date without doubt"
        case .currency: "a currency"
        case .country: "a country"
        case .category: "a word of its list"
        }
    }

    /// What to send instead, a sentence.
    var remedy: String {
        switch self {
        case .email: "Send an address such as name@example.com."
        case .phone: "Send it with + and the country's calling code, such as +436601234567."
        case .date: "Send it as 2026-06-30T12:00:00Z (RFC 3339)."
        case .currency: "Send its ISO 4217 code, such as EUR."
        case .country: "Send its ISO 3166-1 code, such as AT."
        case .category(let map): "Send one of: \(map.shown)."
        }
    }
}
