/// Why a pattern was refused before it ran.
public struct PatternError: Error, Sendable, Hashable {
    public var code: RuleError.Code
    public var message: String
    public var hint: String?

    public init(_ code: RuleError.Code, _ message: String, hint: String? = nil) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }
}
