/// Says of one text whether it is what it claims to be: a rule of a tracking plan that a plugin adds, such as whether a domain takes mail.
/// Verifiers keep the promises of `VerifierContract`.
///
/// It is asked for every message that is collected, from many threads, before anything is stored. So it never waits: what has to be looked
/// up elsewhere is answered from what is known already, and learnt beside the messages.
public protocol Verifier: Sendable {
    /// What is known of `text` at this moment. The same text gets the same finding until more is known.
    func finding(on text: String) -> VerifierFinding
    /// Waits until everything that was asked before this call is known or cannot be known now, but no longer than `limit`.
    ///
    /// It is never called where messages are collected. By default there is nothing to wait for.
    func learn(within limit: Duration)
}

extension Verifier {
    public func learn(within limit: Duration) {}
}

/// What a verifier says of one text.
public enum VerifierFinding: Sendable, Hashable {
    /// Nothing speaks against it.
    case fine
    /// Something does.
    ///
    /// `problem` is the rest of a sentence that begins with the property ("is an e-mail address whose domain does not exist"), without
    /// its full stop; `remedy` is a sentence. Neither shows the text or a part of it: reasons are read by people who may not see personal
    /// data.
    case wrong(problem: String, remedy: String)
    /// Nothing is known of it yet, or could be found out. It passes.
    case unknown
}

/// A kind of verifier that an app offers: its name, its settings, and what its verifiers have learnt.
///
/// A plan is read anew whenever its file changes, and makes its verifiers anew; what took long to learn is kept by the kind.
public protocol VerifierKind: Sendable {
    /// The word behind `verify:`, such as `mail-domain`.
    var name: String { get }
    /// Names of its settings. Others are refused before `makeVerifier` is called.
    var settings: [String] { get }
    /// Makes a verifier of its settings. Files that they name are read now; nothing else outside the process is touched.
    ///
    /// - Parameter folder: What relative paths of the settings start from.
    /// - Throws: Everything that is wrong, with paths from the verifier's settings on.
    func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier
    /// What its verifiers have done so far, for whoever watches; by default there is nothing to tell.
    var counts: [VerifierCount] { get }
}

extension VerifierKind {
    public var counts: [VerifierCount] { [] }
}

/// How often the verifiers of a kind did something; it only grows.
public struct VerifierCount: Sendable, Hashable {
    /// One word: `asked`, `failed`.
    public var what: String
    /// How often.
    public var count: Int

    /// Joins the parts.
    public init(_ what: String, _ count: Int) { (self.what, self.count) = (what, count) }
}

/// The kinds of verifier that an app offers, by name. A value: nothing is registered at import, and a test builds the registry it needs.
public struct VerifierRegistry: Sendable {
    /// In the order in which they were given.
    public let kinds: [any VerifierKind]

    /// Offers every kind in `kinds`, in that order; traps if two share a name.
    public init(_ kinds: [any VerifierKind]) {
        for (index, kind) in kinds.enumerated() {
            precondition(!kinds[..<index].contains { $0.name.sameScalars(as: kind.name) }, "two verifiers are called '\(kind.name)'")
        }
        self.kinds = kinds
    }
}
