/// Gives e-mail addresses one spelling: no spaces round them, all letters small.
///
/// Taken is what mail systems deliver to in practice: the local part as a dot-atom (RFC 5322, section 3.2.3) of at most 64 bytes; the
/// domain as two labels or more of letters, digits and inner hyphens, each of at most 63 bytes, the last not all digits (RFC 1123,
/// section 2.1; RFC 5321, sections 2.3.5 and 4.5.3.1); at most 254 bytes in all (RFC 5321, with erratum 1690 of RFC 3696).
/// Quoted local parts, comments, display names, addresses of machines in brackets and letters beyond ASCII are refused; domains of other
/// scripts are written in their `xn--` form. By RFC 5321 only the receiving host may tell whether `Ada@` and `ada@` are one; all large
/// ones say they are.
public struct EmailRule: Sendable, Hashable {
    /// Domains whose local parts are the same with and without dots, in small letters (gmail.com); none unless set.
    public var ignoringDots: Set<String>
    /// Domains whose local parts mean the same without `+` and what follows it, in small letters; none unless set.
    public var ignoringTags: Set<String>

    /// The plain rule, or one with domains that ignore dots or tags.
    public init(ignoringDots: Set<String> = [], ignoringTags: Set<String> = []) {
        (self.ignoringDots, self.ignoringTags) = (ignoringDots, ignoringTags)
    }

    /// The address in its one spelling; nil where it is none.
    public func normalised(_ text: String) -> String? {
        let address = text.trimmedSpaces
        guard address.utf8.count <= 254, address.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let parts = address.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isDotAtom(parts[0]), Self.isDomain(parts[1]) else { return nil }
        var local = parts[0]
        let domain = String(parts[1])
        if ignoringTags.contains(domain) { local = local.prefix { $0 != "+" } }
        let name = ignoringDots.contains(domain) ? local.filter { $0 != "." } : String(local)
        return Self.isDotAtom(Substring(name)) ? "\(name)@\(domain)" : nil
    }

    private static let atext = Set("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~".utf8)

    private static func isDotAtom(_ local: Substring) -> Bool {
        local.utf8.count <= 64
            && local.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.utf8.allSatisfy { atext.contains($0) }
            }
    }

    /// Whether `domain` is a host's name of two labels or more, in small letters.
    static func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, !last.utf8.allSatisfy({ (48...57).contains($0) }) else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        }
    }
}
