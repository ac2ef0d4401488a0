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
        let address = text.trimmedSpaces.lowercased()
        guard address.utf8.count <= 254, let at = address.utf8.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let written = address[..<at]
        let domain = address[address.utf8.index(after: at)...]
        guard Self.isDotAtom(written), Self.isDomain(domain) else { return nil }
        if ignoringDots.isEmpty, ignoringTags.isEmpty { return address }
        var local = written
        if ignoringTags.contains(String(domain)) { local = local.prefix { $0 != "+" } }
        if ignoringDots.contains(String(domain)) { local.removeAll { $0 == "." } }
        return Self.isDotAtom(local) ? "\(local)@\(domain)" : nil
    }

    /// Letters, digits and the signs of RFC 5322's `atext`, with dots between them.
    private static func isDotAtom(_ local: Substring) -> Bool {
        let bytes = local.utf8
        guard (1...64).contains(bytes.count), bytes.first != UInt8(ascii: "."), bytes.last != UInt8(ascii: ".") else { return false }
        var before: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "."), before == byte { return false }
            if !isDomainByte(byte), !signs.contains(byte) { return false }
            before = byte
        }
        return true
    }

    private static let signs = Array(".!#$%&'*+/=?^_`{|}~".utf8)

    /// A small letter, a digit or a hyphen.
    private static func isDomainByte(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-")
    }

    /// Whether `domain` is a host's name of two labels or more, in small letters, as the domain of an address is.
    public static func isDomain(_ domain: Substring) -> Bool {
        let labels = domain.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, !last.allSatisfy({ (48...57).contains($0) }) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isDomainByte($0) }
        }
    }
}
