public import EventModel

/// Something to be shown or given, in variants, with rules that choose one of them for a person.
///
/// Conditions are texts of the segment language; whoever asks says which of them hold.
public struct Offer: Sendable, Hashable {
    /// What every variant's value is, in OpenFeature's words. Raw values are written in files and stored.
    public enum Kind: String, Sendable, CaseIterable { case boolean, string, integer, float, object }

    /// A value by its name.
    public struct Variant: Sendable, Hashable {
        /// What rules and the default call it by.
        public var name: String
        /// What is given; of the offer's kind.
        public var value: JSONValue

        /// Joins both, unchecked.
        public init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
    }

    /// Who gets which variant.
    public struct Rule: Sendable, Hashable {
        /// Told beside the choice; unique within its offer.
        public var name: String
        /// The condition, an expression of the segment language.
        public var when: String
        /// The name of the variant for those for whom it holds.
        public var variant: String

        /// Joins the parts, unchecked.
        public init(_ name: String, when: String, variant: String) { (self.name, self.when, self.variant) = (name, when, variant) }
    }

    /// What programs ask by: 1 to 200 letters, digits, `-`, `_`, `.` and `~` of ASCII.
    public let key: String
    /// The name that people see; nil where it has none.
    public let title: String?
    /// What kind of value all its variants have.
    public let kind: Kind
    /// Whether rules are asked at all.
    public let isEnabled: Bool
    /// At least one, with different names, in the order of their writing; every value is of `kind`.
    public let variants: [Variant]
    /// The name of the variant that is given where no rule holds.
    public let fallback: String
    /// Asked in their order; the first that holds decides.
    public let rules: [Rule]

    /// Reads an offer's settings: `{key, title, kind, enabled, variants, default, rules}`.
    ///
    /// Where `kind` is left out it is what all values are; whole numbers beside others are floats then. A rule without a name is called by
    /// its number, `rule 1`.
    ///
    /// - Parameter key: The key of settings that name none; nil: they have to.
    /// - Throws: `OfferMistakes` with everything that is wrong.
    public init(_ settings: JSONValue, key: String? = nil) throws(OfferMistakes) {
        var reader = OfferReader()
        guard let offer = reader.offer(settings, key: key), reader.mistakes.isEmpty else { throw OfferMistakes(reader.mistakes) }
        self = offer
    }

    /// Only `OfferReader` makes one of parts, which it checked.
    init(key: String, title: String?, kind: Kind, isEnabled: Bool, variants: [Variant], fallback: String, rules: [Rule]) {
        (self.key, self.title, self.kind, self.isEnabled) = (key, title, kind, isEnabled)
        (self.variants, self.fallback, self.rules) = (variants, fallback, rules)
    }

    /// Members of an offer's settings, and of a rule's.
    public static let settings = ["key", "title", "kind", "enabled", "variants", "default", "rules"]
    /// The settings that a rule may have.
    public static let settingsOfRule = ["name", "when", "variant"]

    /// Whether an offer can be asked for by this key. Other characters would not stand in an address as they are.
    public static func accepts(key: String) -> Bool {
        (1...200).contains(key.utf8.count) && key != "." && key != ".."
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.~".utf8.contains(byte)
                }
            }
    }
}
