/// `text` as one word of a POSIX shell's command line: as it is where the shell takes it so, else in single quotes.
func shellWord(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "_-./:@%+,".utf8.contains(byte)
        }
    }
    if isPlain, !text.isEmpty { return text }
    // Nothing is special within single quotes; one itself stands outside of them, behind a backslash.
    return "'" + text.replacing("'", with: #"'\''"#) + "'"
}
