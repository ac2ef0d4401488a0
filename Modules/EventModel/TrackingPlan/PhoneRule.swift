/// Gives telephone numbers their form of ITU-T E.164: `+`, the country's calling code, the national number, nothing else.
///
/// Spaces, hyphens, dots, slashes and parentheses are passed over, and so is `tel:` (RFC 3966) before the number. International are
/// numbers that begin with `+` or `00` (where the default code is 1 also `011`); their calling code must be assigned. A `(0)`, or one
/// trunk zero behind the calling code of a country that has it, is taken out. All other numbers are national: they need a default
/// calling code and lose the country's trunk prefix. Where the prefix is missing they are refused, since they may be local ones, unless
/// the country also writes whole numbers without it and this one is as long. Numbers have 8 to 15 digits with their calling code; those
/// of +1 and +7 have exactly 11. Extensions, letters and service numbers are refused.
public struct PhoneRule: Sendable, Hashable {
    /// The calling code of national numbers, without plus: 43; nil refuses national numbers.
    public var callingCode: Int?

    /// A rule with or without a country for national numbers.
    public init(callingCode: Int? = nil) { self.callingCode = callingCode }

    /// The number in E.164's form; nil where it is none, or is a national one without a default.
    public func normalised(_ text: String) -> String? {
        var written = text.trimmedSpaces
        if written.utf8.first.map({ $0 | 0x20 }) == UInt8(ascii: "t"), written.lowercased().hasPrefix("tel:") {
            written = String(written.dropFirst(4))
        }
        if let digits = international(written) {
            guard let code = CallingCodes.code(of: digits) else { return nil }
            var national = digits.dropFirst(String(code).count)
            if CallingCodes.trunk(of: code).isZero, national.first == "0" { national = national.dropFirst() }
            return Self.joined(code, national)
        }
        guard let code = callingCode, let digits = Self.digits(of: written) else { return nil }
        let trunk = CallingCodes.trunk(of: code)
        guard case .prefix(let prefix, let whole) = trunk else { return Self.joined(code, digits[...]) }
        if digits.hasPrefix(prefix), let joined = Self.joined(code, digits.dropFirst(prefix.count)) { return joined }
        return whole?.contains(digits.utf8.count) == true ? Self.joined(code, digits[...]) : nil
    }

    /// The digits of an international number, calling code first; nil where it is national or no number.
    private func international(_ text: String) -> String? {
        if text.hasPrefix("+") {
            return Self.digits(of: Self.withoutOptionalZero(String(text.dropFirst())))
        }
        guard let digits = Self.digits(of: text) else { return nil }
        if digits.hasPrefix("00") {
            return Self.digits(of: Self.withoutOptionalZero(text)).map { String($0.dropFirst(2)) }
        }
        return callingCode == 1 && digits.hasPrefix("011") ? String(digits.dropFirst(3)) : nil
    }

    /// `+43 (0)660`: the zero that is only dialled within the country.
    private static func withoutOptionalZero(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "(")), let zero = text.firstRange(of: "(0)") else { return text }
        var plain = text
        plain.removeSubrange(zero)
        return plain
    }

    /// The digits without what people put between them; nil where there is anything else.
    private static func digits(of text: String) -> String? {
        if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "0"..."9": out.unicodeScalars.append(scalar)
            case " ", "\u{A0}", "\u{202F}", "-", "\u{2010}", "\u{2011}", "\u{2013}", ".", "/", "(", ")": continue
            default: return nil
            }
        }
        return out.isEmpty ? nil : out
    }

    /// The number, where its length is allowed and what is left does not begin with a zero that the country does not have.
    private static func joined(_ code: Int, _ national: some StringProtocol) -> String? {
        let number = "\(code)\(national)"
        guard CallingCodes.lengths(of: code).contains(number.utf8.count) else { return nil }
        if CallingCodes.trunk(of: code).isZero, national.hasPrefix("0") { return nil }
        if code == 1 {
            // Area codes and exchanges of the North American plan begin with 2 to 9.
            let digits = Array(number.utf8)
            guard digits[1] >= UInt8(ascii: "2"), digits[4] >= UInt8(ascii: "2") else { return nil }
        }
        return "+" + number
    }
}

/// The calling codes that ITU-T E.164 assigns, and what is dialled before national numbers (ITU-T E.123 and the countries' own plans).
enum CallingCodes {
    /// What stands before a national number and is no part of the international one.
    enum Trunk: Sendable, Hashable {
        /// Nothing: zeros belong to the number (Italy), or there are none.
        case nothing
        /// A prefix, and how many digits a national number has that is whole without it; nil where the prefix is always written.
        case prefix(String, whole: ClosedRange<Int>?)

        /// Whether national numbers, without it, never begin with a zero.
        var isZero: Bool { if case .prefix("0", _) = self { true } else { false } }
    }

    static func trunk(of code: Int) -> Trunk {
        switch code {
        case 1: .prefix("1", whole: 10...10)
        case 7: .prefix("8", whole: 10...10)
        case 36: .prefix("06", whole: nil)
        case 375: .prefix("80", whole: nil)
        case 993: .prefix("8", whole: nil)
        case _ where zeroTrunks.contains(code): .prefix("0", whole: wholeWithoutZero[code])
        default: .nothing
        }
    }

    /// Digits of a number with its calling code: E.164's bounds, or those of a plan that has one length.
    static func lengths(of code: Int) -> ClosedRange<Int> {
        switch code {
        case 1, 7: 11...11
        case 54: 12...13  // with the 9 of mobile numbers; their national 15 is not known apart
        default: 8...15
        }
    }

    /// Where mobile numbers, or all of them, are written nationally without the zero.
    private static let wholeWithoutZero: [Int: ClosedRange<Int>] = [
        51: 9...9, 54: 10...10, 55: 10...11, 57: 10...10, 58: 10...10, 86: 11...11, 250: 9...9, 377: 8...9, 423: 7...9, 591: 8...8,
        595: 9...9,
        598: 8...8, 686: 8...8, 961: 8...8, 976: 8...8, 977: 10...10, 995: 9...9,
    ]

    /// The assigned code that international digits begin with; no code begins another.
    static func code(of digits: String) -> Int? {
        var code = 0
        for byte in digits.utf8.prefix(3) {
            code = code * 10 + Int(byte) - 48
            if code == 0 { return nil }
            if isAssigned(code) { return code }
        }
        return nil
    }

    static func isAssigned(_ code: Int) -> Bool { zeroTrunks.contains(code) || others.contains(code) }

    /// Countries that write a zero before national numbers.
    private static let zeroTrunks: Set<Int> = [
        20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 51, 53, 54, 55, 57, 58, 60, 61, 62, 63, 64, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
        98, 211, 212,
        213,
        218, 231, 232, 233, 234, 243, 249, 250, 251, 252, 254, 255, 256, 260, 261, 262, 263, 264, 265, 291, 353, 355, 358, 359, 370, 373,
        374,
        377, 380, 381, 382, 383, 385, 386, 387, 389, 421, 423, 508, 590, 591, 593, 594, 595, 596, 598, 686, 850, 855, 856, 880, 886, 961,
        962, 963, 964, 966, 967, 970, 971, 972, 976, 977, 994, 995, 996,
    ]

    /// Countries with another prefix or none, and the codes of worldwide services.
    private static let others: Set<Int> = [
        1, 7, 30, 34, 36, 39, 45, 47, 48, 52, 56, 65, 216, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 235, 236,
        237,
        238, 239, 240, 241, 242, 244, 245, 246, 247, 248, 253, 257, 258, 266, 267, 268, 269, 290, 297, 298, 299, 350, 351, 352, 354, 356,
        357,
        371, 372, 375, 376, 378, 420, 500, 501, 502, 503, 504, 505, 506, 507, 509, 592, 597, 599, 670, 672, 673, 674, 675, 676, 677, 678,
        679,
        680, 681, 682, 683, 685, 687, 688, 689, 690, 691, 692, 800, 808, 852, 853, 870, 878, 881, 882, 883, 888, 960, 965, 968, 973, 974,
        975, 979,
        992, 993, 998,
    ]
}
