import EventModel

/// Domains, each with its subdomains.
struct DomainList: Sendable {
    private var domains: Set<String> = []

    var isEmpty: Bool { domains.isEmpty }

    /// - Parameter domain: In small letters.
    mutating func insert(_ domain: String) { domains.insert(domain) }

    /// Whether a domain is listed, or one that it is below.
    ///
    /// - Parameter domain: In small letters. Cost: one look-up a label.
    func covers(_ domain: String) -> Bool {
        if domains.isEmpty { return false }
        if domains.contains(domain) { return true }
        var rest = domain[...]
        while let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[rest.utf8.index(after: dot)...]
            if domains.contains(String(rest)) { return true }
        }
        return false
    }
}
