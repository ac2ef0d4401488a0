import Foundation

/// Texts in the headers of a mail: what is not plain ASCII goes in encoded words (RFC 2047), and nothing can end a line.
enum HeaderText {
    /// The most bytes of UTF-8 of an encoded word: with `Subject: ` before it the line has 73 characters, and 76 are allowed.
    private static let bytesOfWord = 39
    /// The longest plain text: with its header's name the line has fewer than the 78 characters that lines should have.
    private static let plainBytes = 60

    /// A text without a form of its own, such as a subject.
    static func unstructured(_ text: String) -> String {
        let text = oneLine(text)
        return isPlain(text) ? text : encoded(text)
    }

    /// A name before an address; quoted where it has more than letters, digits and spaces.
    static func phrase(_ name: String) -> String {
        let name = oneLine(name)
        guard isPlain(name) else { return encoded(name) }
        let isWords = name.utf8.allSatisfy { $0 == 32 || (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
        return isWords ? name : "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Line ends and other control characters as spaces.
    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            // Line and paragraph separators look like line ends to some readers.
            case 0..<32, 127...159, 0x2028, 0x2029: line.append(" ")
            default: line.append(scalar)
            }
        }
        return String(line).trimmingCharacters(in: CharacterSet(charactersIn: " "))
    }

    /// Whether a text stands for itself: short, ASCII, and not to be taken for an encoded word.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= plainBytes && text.utf8.allSatisfy { $0 < 128 } && !text.contains("=?")
    }

    private static func encoded(_ text: String) -> String {
        var words: [[UInt8]] = []
        var word: [UInt8] = []
        // A character of several bytes never goes in two words.
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if word.count + bytes.count > bytesOfWord {
                words.append(word)
                word = []
            }
            word += bytes
        }
        words.append(word)
        return words.map { "=?UTF-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}
