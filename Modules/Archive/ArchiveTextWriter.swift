import Connectors
import Crypto
import EventModel
import Foundation

/// Gathers lines into parts of about 1 MiB, hashes the text, and passes the parts on to be compressed.
struct ArchiveTextWriter {
    /// Where parts go; nil: they are only hashed.
    let members: MemberWriter?
    private(set) var summary = ArchiveSummary()
    private(set) var textBytes = 0
    /// Messages that the format of another system has no place for.
    private(set) var leftOut = 0
    private var part = ContiguousArray<UInt8>()
    private var hash = SHA256()

    /// Text of one member.
    static let partBytes = 1 << 20

    init(_ members: MemberWriter?) {
        self.members = members
        part.reserveCapacity(ArchiveTextWriter.partBytes + (64 << 10))
    }

    /// Writes the first line.
    mutating func write(_ header: ArchiveHeader) throws(ArchiveError) {
        header.json.append(to: &part)
        try endLine()
    }

    /// Writes a line of the sort, whose object `body` appends.
    mutating func write(_ sort: ArchiveLine, _ body: (inout ContiguousArray<UInt8>) -> Void) throws(ArchiveError) {
        switch sort {
        case .definition: summary.definitions += 1
        case .profile: summary.profiles += 1
        case .message: summary.messages += 1
        case .membership: summary.memberships += 1
        case .end: break
        }
        part.append(contentsOf: ArchiveLine.prefixes[sort.index])
        body(&part)
        part.append(UInt8(ascii: "}"))
        try endLine()
    }

    /// Writes a message as `writer` has it, or counts it as left out.
    mutating func write(_ message: UnsafeBufferPointer<UInt8>, by writer: some EventWriter) throws(ArchiveError) {
        guard writer.append(message, to: &part) else {
            leftOut += 1
            return
        }
        summary.messages += 1
        try endLine()
    }

    private mutating func endLine() throws(ArchiveError) {
        part.append(10)
        if part.count >= ArchiveTextWriter.partBytes { try pass(isLast: false) }
    }

    private mutating func pass(isLast: Bool) throws(ArchiveError) {
        part.withUnsafeBytes { hash.update(bufferPointer: $0) }
        textBytes += part.count
        let text = part
        part = ContiguousArray()
        part.reserveCapacity(ArchiveTextWriter.partBytes + (64 << 10))
        try members?.submit(text, isLast: isLast)
    }

    /// Writes the last line of an archive: the counts, and the hash of all text before it.
    mutating func writeEnd() throws(ArchiveError) {
        var soFar = hash
        part.withUnsafeBytes { soFar.update(bufferPointer: $0) }
        summary.sha256 = soFar.finalize().map { SourceIdentity.hex($0) }.joined()
        part.append(contentsOf: ArchiveLine.prefixes[ArchiveLine.end.index])
        summary.json.append(to: &part)
        part.append(contentsOf: "}\n".utf8)
    }

    /// Passes on what is left, and gives the SHA-256 of the whole text.
    mutating func finish() throws(ArchiveError) -> String {
        try pass(isLast: true)
        return hash.finalize().map { SourceIdentity.hex($0) }.joined()
    }
}
