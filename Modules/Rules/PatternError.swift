/// Why a pattern was refused before it ran.
public struct PatternError: Error, Sendable, Hashable {
    /// The class of the mistake: `syntax`, `kind` or `limit`.
    public var code: RuleError.Code
    /// What is wrong, in one sentence without its full stop.
    public var message: String
    /// What to write instead; nil where nothing better is known than the message.
    public var hint: String?

    /// Joins the parts; the place is added by whoever knows the text round the pattern.
    public init(_ code: RuleError.Code, _ message: String, hint: String? = nil) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }
}
