/// Bounds that keep a hostile text from costing more than a friendly one. Past any of them a text is refused with `RuleError.Code.limit`.
public enum Limits {
    /// Open parentheses, `not` and unary minus above any point, segments and features unfolded.
    public static let depth = 200
    /// Bytes of UTF-8.
    public static let textBytes = 64 * 1024
    /// Yes-or-no questions that are not made of others, those in conditions too, and one more for each arithmetic operator: as written
    /// in one text, and over all texts after unfolding, equal ones once.
    public static let leaves = 1_000
    /// Segments (or features) that mention one another in a row.
    public static let chain = 200
}
