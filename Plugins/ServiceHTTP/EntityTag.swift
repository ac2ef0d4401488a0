import Crypto
import NIOCore

/// The tag of an answer's bytes (RFC 9110, section 8.8.3): the same where they are the same.
struct EntityTag {
    /// As it stands in `ETag`.
    let text: String

    init(of bytes: ByteBuffer) {
        var hash = SHA256()
        bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        let digits = Array("0123456789abcdef")
        text = "\"" + hash.finalize().prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] } + "\""
    }

    /// Whether a client that sends `If-None-Match` has the answer already. Tags are compared weakly (section 13.1.2), and count without
    /// their quotes too; `*` names no answer.
    func isNamed(in header: String?) -> Bool {
        (header ?? "").split(separator: ",").contains { part in
            var tag = part.drop { $0 == " " || $0 == "\t" }
            while let last = tag.last, last == " " || last == "\t" { tag.removeLast() }
            if tag.hasPrefix("W/") { tag.removeFirst(2) }
            return tag == text || tag == text.dropFirst().dropLast()
        }
    }
}
