/// What help, checks and messages need to know of a connector.
public struct Descriptor: Sendable {
    /// What can be written as a setting. Tessera checks it before the connector is made.
    public enum Kind: Sendable {
        /// A text that is not empty.
        case text
        /// A path. A relative one starts from the settings file's folder; the connector is given it whole.
        case path
        /// One of these words.
        case word([String])
        /// A whole number.
        case integer(ClosedRange<Int>)
        /// A number, with a fraction or not.
        case number(ClosedRange<Double>)
        /// A whole number and a unit (`90s`, `15m`), given in seconds.
        case duration(seconds: ClosedRange<Int>)
        /// true or false.
        case truth
        /// A list of texts.
        case texts
        /// A map from names to texts.
        case map
        /// A reference to a secret; the connector is given the secret itself.
        case secret
    }

    /// One setting.
    public struct Setting: Sendable {
        var name: String
        var kind: Kind
        var summary: String
        var unit: String?
        var usual: String?
        var isRequired: Bool

        /// A setting that must be written. `summary` is a sentence: what it means.
        public static func required(_ name: String, _ kind: Kind, _ summary: String, unit: String? = nil) -> Setting {
            Setting(name: name, kind: kind, summary: summary, unit: unit, usual: nil, isRequired: true)
        }

        /// A setting that need not be written; `usual` is what holds then.
        public static func optional(
            _ name: String, _ kind: Kind, _ summary: String, unit: String? = nil, usual: String? = nil
        ) -> Setting {
            Setting(name: name, kind: kind, summary: summary, unit: unit, usual: usual, isRequired: false)
        }
    }

    var name: String
    var summary: String
    var settings: [Setting]

    /// - Parameter name: The word of `kind:` in a settings file.
    /// - Parameter summary: One sentence for help.
    public init(_ name: String, _ summary: String, settings: [Setting] = []) {
        (self.name, self.summary, self.settings) = (name, summary, settings)
    }

    /// As the interface wants it.
    func json(role: String) -> JSON {
        .object([
            ("name", .text(name)), ("role", .text(role)), ("summary", .text(summary)), ("settings", .array(settings.map(\.json))),
            // Who is told of mistakes is told in the words of this kit.
            ("language", "swift"),
        ])
    }
}

extension Descriptor.Setting {
    fileprivate var json: JSON {
        var members: [(String, JSON)] = [
            ("name", .text(name)), ("kind", .text(kind.word)), ("summary", .text(summary)), ("required", .truth(isRequired)),
        ]
        switch kind {
        case .word(let words): members.append(("words", .array(words.map { .text($0) })))
        case .integer(let range), .duration(let range):
            members += [("from", .integer(range.lowerBound)), ("to", .integer(range.upperBound))]
        case .number(let range): members += [("from", .number(range.lowerBound)), ("to", .number(range.upperBound))]
        case .text, .path, .truth, .texts, .map, .secret: break
        }
        if let unit { members.append(("unit", .text(unit))) }
        if let usual { members.append(("default", .text(usual))) }
        return .object(members)
    }
}

extension Descriptor.Kind {
    fileprivate var word: String {
        switch self {
        case .text: "text"
        case .path: "path"
        case .word: "word"
        case .integer: "integer"
        case .number: "number"
        case .duration: "duration"
        case .truth: "truth"
        case .texts: "texts"
        case .map: "map"
        case .secret: "secret"
        }
    }
}
