/// Asks where the mail of a domain goes. It may take seconds: it is never called where messages are collected.
public protocol MailResolver: Sendable {
    /// What there is of one kind of record.
    ///
    /// - Parameter domain: A host's name in small ASCII letters.
    func answer(_ record: MailRecord, of domain: String) -> MailAnswer
}

/// The records that say where the mail of a domain goes, and one that says whether the domain name system is seen at all.
public enum MailRecord: Sendable, Hashable {
    /// Its mail servers.
    case mx
    /// Its own address, of IPv4 and of IPv6: it is a mail server itself where it names none (RFC 5321, section 5.1).
    case a, aaaa
    /// The name servers of a domain.
    case ns
}

/// What the domain name system says of one kind of record.
public enum MailAnswer: Sendable, Hashable {
    /// There is one or more.
    case found
    /// There is an MX record, which says that the domain takes no mail (RFC 7505).
    case nullMX
    /// The domain is there without such a record.
    case noRecord
    /// There is no such domain.
    case noDomain
    /// No answer, or none that says any of this.
    case failed
}
