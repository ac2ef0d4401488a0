import EventModel

/// What help, reference pages and checks need to know of a kind of connector, without making one.
public struct ConnectorDescriptor: Sendable, Hashable {
    /// How much its settings may still change.
    public enum Stability: String, Sendable { case stable, experimental }

    /// The word of `kind:`.
    public var name: String
    /// One sentence for help.
    public var summary: String
    /// How much its settings may still change.
    public var stability: Stability
    /// Every setting, in the order of the reference page.
    public var settings: [SettingDescriptor]

    /// Joins the parts.
    public init(name: String, summary: String, stability: Stability = .stable, settings: [SettingDescriptor]) {
        (self.name, self.summary, self.stability, self.settings) = (name, summary, stability, settings)
    }
}

/// One setting of a connector.
public struct SettingDescriptor: Sendable, Hashable {
    /// What can be written.
    public enum Kind: Sendable, Hashable {
        /// A text that is not empty.
        case text
        /// One of these words.
        case word([String])
        /// A whole number.
        case integer(ClosedRange<Int>)
        /// A number, with a fraction or not.
        case number(ClosedRange<Double>)
        /// A whole number and a unit: `90s`, `15m`, `6h`, `1d`, `2w`.
        case duration(ClosedRange<Duration>)
        /// true or false.
        case truth
        /// A list of texts, none of them empty.
        case texts
        /// A map from names to texts.
        case map
        /// A reference to a secret: `env:NAME` or `file:PATH`. The settings are given the secret itself, as a `Secret`.
        case secret
        /// An object of anything. The settings are given it as a `SettingObject`. With secrets: its texts that are a reference to one,
        /// however deep, are given as the secret itself; an address (`file://...`) is none.
        case object(withSecrets: Bool)
    }
    /// Its name, in camel case.
    public var name: String
    /// What can be written.
    public var kind: Kind
    /// A sentence: what it means.
    public var summary: String
    /// Of a number: `s`, `bytes`, `messages/s`.
    public var unit: String?
    /// What holds where it is not written, as one would write it; nil: nothing.
    public var usual: String?
    /// Whether it must be written.
    public var isRequired: Bool

    /// A setting that must be written.
    public static func required(_ name: String, _ kind: Kind, _ summary: String, unit: String? = nil) -> SettingDescriptor {
        SettingDescriptor(name: name, kind: kind, summary: summary, unit: unit, usual: nil, isRequired: true)
    }

    /// A setting that need not be written.
    public static func optional(
        _ name: String, _ kind: Kind, _ summary: String, unit: String? = nil, usual: String? = nil
    ) -> SettingDescriptor {
        SettingDescriptor(name: name, kind: kind, summary: summary, unit: unit, usual: usual, isRequired: false)
    }
}

extension SettingDescriptor.Kind {
    /// What can be written, as a sentence goes on after "Write".
    public var wanted: String {
        switch self {
        case .text: "a text that is not empty"
        case .word(let words): listed(words)
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range): "a whole number and a unit (s, m, h, d or w), from \(range.lowerBound.text) to \(range.upperBound.text)"
        case .truth: "true or false"
        case .texts: "a list of texts"
        case .map: "a map from names to texts"
        case .secret: "env:NAME or file:PATH, which lead to the secret"
        case .object(withSecrets: false): "a map"
        case .object(withSecrets: true): "a map, with env:NAME or file:PATH where a secret belongs"
        }
    }
}
