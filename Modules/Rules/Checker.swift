/// What a text is, for the first words of its errors and for finding circles.
public enum RuleSource: Sendable, Hashable {
    /// Typed in.
    case expression
    /// The definition of a segment.
    case segment(String)
    /// The definition of a feature.
    case feature(String)
    /// Anything else, as its errors shall begin: `shop.yaml, message 2, when`.
    case other(String)

    /// How errors about it begin.
    public var label: String {
        switch self {
        case .expression: "expression"
        case .segment(let name): "segment '\(name)'"
        case .feature(let name): "feature '\(name)'"
        case .other(let label): label
        }
    }
}

/// What a text may talk about.
public enum RuleScope: Sendable, Hashable {
    /// A profile: its events, traits, features and consent, and `now`.
    case profile
    /// One row of a table, for mappings: `.Column`, literals and functions of them, and nothing of a profile, an event or the clock.
    case row
}

/// A checked text with what may be a mistake in it.
public struct Checked<Root: Sendable & Hashable>: Sendable, Hashable {
    /// The expression or value, closed: with all segments and features it mentions.
    public var tree: Tree<Root>
    /// What may be a mistake, such as names that were never seen so far; each told once.
    public var warnings: [RuleWarning]
}

/// Parses and checks texts of the language against what is defined and what was seen.
///
/// Cost is linear in the text and the definitions it mentions. Nothing is remembered between calls.
public struct Checker: Sendable {
    /// Segments and features that a text may mention.
    public var definitions: Definitions
    /// What a store has seen, for warnings and for "did you mean".
    public var catalogue: Catalogue
    /// Whether texts are about profiles or about rows of a table.
    public var scope: RuleScope

    /// - Parameter definitions: Segments and features that may be mentioned.
    /// - Parameter catalogue: Names seen so far; the parts that are nil give no warnings.
    public init(definitions: Definitions = .none, catalogue: Catalogue = .unknown, scope: RuleScope = .profile) {
        (self.definitions, self.catalogue, self.scope) = (definitions, catalogue, scope)
    }

    /// Parses and checks a yes-or-no expression.
    ///
    /// - Throws: The first mistake of the text, or of a definition that it mentions.
    public func rule(_ text: String, source: RuleSource = .expression) throws(RuleError) -> Checked<Clause> {
        let resolver = Resolver(definitions: definitions, catalogue: catalogue, scope: scope)
        let root = try resolver.clause(text, source: source)
        return Checked(
            tree: Tree(root: root, segments: resolver.segments, features: resolver.features), warnings: resolver.warnings)
    }

    /// Parses and checks a value.
    ///
    /// - Throws: The first mistake of the text, or of a definition that it mentions.
    public func formula(_ text: String, source: RuleSource = .expression) throws(RuleError) -> Checked<Operand> {
        let resolver = Resolver(definitions: definitions, catalogue: catalogue, scope: scope)
        let root = try resolver.operand(text, source: source)
        return Checked(
            tree: Tree(root: root, segments: resolver.segments, features: resolver.features), warnings: resolver.warnings)
    }
}

extension Tree where Root == Clause {
    /// Parses and checks a yes-or-no expression; see `Checker.rule`.
    public init(
        parsing text: String, source: RuleSource = .expression, scope: RuleScope = .profile, definitions: Definitions = .none
    ) throws(RuleError) {
        self = try Checker(definitions: definitions, scope: scope).rule(text, source: source).tree
    }
}

extension Tree where Root == Operand {
    /// Parses and checks a value; see `Checker.formula`.
    public init(
        parsing text: String, source: RuleSource = .expression, scope: RuleScope = .profile, definitions: Definitions = .none
    ) throws(RuleError) {
        self = try Checker(definitions: definitions, scope: scope).formula(text, source: source).tree
    }
}
