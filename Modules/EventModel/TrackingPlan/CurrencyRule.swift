/// Gives currencies their ISO 4217 code: codes in any case, and signs that only one currency uses.
///
/// The codes are those of ISO 4217 as of 2026 (money in use, not metals, funds or tests), and those withdrawn since 2015, which older messages carry.
/// `$`, `£`, `¥`, `kr` and others that several currencies share mean nothing unless set.
public struct CurrencyRule: Sendable, Hashable {
    /// Signs and words of one's own with their codes, by small letters.
    private let own: [String: String]

    /// The plain rule, or one that also knows signs of one's own (`["$": "USD"]`); codes must be of ISO 4217.
    public init(signs: [String: String] = [:]) {
        own = .init(signs.map { ($0.key.trimmedSpaces.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The code; nil where the text names no currency without doubt.
    public func normalised(_ text: String) -> String? {
        if Self.codes.contains(text) { return text }
        let word = text.trimmedSpaces
        let code = word.uppercased()
        if Self.codes.contains(code) { return code }
        return own[word.lowercased()] ?? Self.signs[word]
    }

    /// Whether `code`, in capitals, is a code that this rule gives.
    public static func isCode(_ code: String) -> Bool { codes.contains(code) }

    private static let codes = Set(
        """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE \
        CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY \
        KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO \
        NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB \
        TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG \
        ANG BGN BYR CUC HRK LTL MRO SLL STD VEF ZWL
        """.split(separator: " ").map(String.init))

    private static let signs: [String: String] = [
        "€": "EUR", "₹": "INR", "₽": "RUB", "₪": "ILS", "₫": "VND", "₴": "UAH", "₦": "NGN", "₱": "PHP", "฿": "THB", "₺": "TRY", "₸": "KZT",
        "₾": "GEL", "₼": "AZN", "₲": "PYG", "₡": "CRC", "₵": "GHS", "₭": "LAK", "₮": "MNT", "֏": "AMD", "৳": "BDT", "៛": "KHR", "؋": "AFN",
        "US$": "USD", "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "HK$": "HKD", "NT$": "TWD", "R$": "BRL",
        "zł": "PLN", "Kč": "CZK", "Ft": "HUF",
    ]
}
