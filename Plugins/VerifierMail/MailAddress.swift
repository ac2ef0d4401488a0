import EventModel

/// An e-mail address, as the normaliser `email` reads it.
struct MailAddress {
    /// In small letters.
    let domain: String

    /// Nil where the text is no address.
    init?(_ text: String) {
        // What is read has one at sign.
        guard let address = EmailRule().normalised(text), let at = address.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        domain = String(address[address.utf8.index(after: at)...])
    }
}
