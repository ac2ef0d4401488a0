/// A mail as it is handed over.
struct Mail: Sendable, Hashable {
    var sender: String
    var recipient: String
    /// Lines without their end; folded ones have CR LF and a space within.
    var headers: [String]
    /// UTF-8 with CR LF at the ends of lines; nil: there is no such body.
    var text, html: String?

    /// The longest mail, both bodies together, in bytes before they are encoded for their way.
    static let mostBytes = 4 << 20
}
