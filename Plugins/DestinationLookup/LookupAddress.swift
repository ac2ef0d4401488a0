import EventModel
import WebClient

/// An address with a place for the key.
struct LookupAddress: Sendable {
    /// Scheme, host and port.
    let shown: String
    private let before: String
    private let after: String
    private static let mark = "{key}"

    init(_ text: String, isInsecure: Bool) throws(SettingsError) {
        let parts = text.split(separator: Self.mark, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw SettingsError(
                at: ["url"], "the address does not say once where the key belongs", remedy: "Write https://example.com/people/{key}.")
        }
        (before, after) = (String(parts[0]), String(parts[1]))
        // A key in the host would let messages choose who is asked.
        let whole = try WebAddress(before + "key" + after, isInsecure: isInsecure)
        guard before.count > whole.shown.count, before.hasPrefix(whole.shown), "/?".contains(before[whole.shown.endIndex]) else {
            throw SettingsError(
                at: ["url"], "the key belongs behind the host", remedy: "Write https://example.com/people/{key}.")
        }
        shown = whole.shown
    }

    /// The address of a key: whatever is not of a name is escaped (RFC 3986, section 2.1), so that it stays one step of the path.
    func url(_ key: String) -> String {
        var url = before
        for byte in key.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                url.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                url += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return url + after
    }
}
