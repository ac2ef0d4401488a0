import EventModel
import Foundation

/// An address of a mail, and whose it is. Checked: nothing in it can end a header or a command.
struct MailAddress: Sendable, Hashable {
    /// As people read it; nil: none.
    let name: String?
    /// `local@domain`, in ASCII.
    let address: String

    /// Behind the `@`.
    var domain: Substring { address.suffix(from: address.index(after: address.lastIndex(of: "@") ?? address.startIndex)) }

    private static let atom = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~".unicodeScalars)

    /// Reads `local@domain` (RFC 5321, section 4.1.2, without quoted locals and domains of digits); nil for anything else.
    init?(address text: some StringProtocol) {
        let text = String(text)
        let parts = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, parts[0].count <= 64 else { return nil }
        let (locals, labels) = (Self.labels(parts[0]), Self.labels(parts[1]))
        guard locals.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.atom.contains) }),
            labels.allSatisfy({ label in
                (1...63).contains(label.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-") }
            })
        else { return nil }
        self.init(name: nil, address: text)
    }

    private static func labels(_ part: Substring.UnicodeScalarView) -> [Substring.UnicodeScalarView] {
        part.split(separator: ".", omittingEmptySubsequences: false)
    }

    private init(name: String?, address: String) { (self.name, self.address) = (name, address) }

    /// Reads `Name <local@domain>`, `"Name" <local@domain>` or `local@domain`; nil for anything else.
    init?(_ text: String) {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard trimmed.last == ">", let start = trimmed.lastIndex(of: "<") else {
            self.init(address: trimmed)
            return
        }
        guard let plain = MailAddress(address: trimmed[trimmed.index(after: start)...].dropLast()) else { return nil }
        var name = trimmed[..<start].trimmingCharacters(in: .whitespaces)
        if name.count > 1, name.first == "\"", name.last == "\"" { name = String(name.dropFirst().dropLast()) }
        guard name.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 && $0 != "<" && $0 != ">" && $0 != "\"" && $0 != "\\" })
        else { return nil }
        self.init(name: name.isEmpty ? nil : name, address: plain.address)
    }

    /// As it stands in a header.
    var header: String {
        guard let name else { return "<\(address)>" }
        return HeaderText.phrase(name) + " <\(address)>"
    }
}
