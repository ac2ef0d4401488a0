import Crypto
import Foundation

/// What a file is known by when an import goes on: its size and the SHA-256 of its first and last MiB, whatever its name.
enum SourceIdentity {
    /// The key under which positions in the file are kept; nil for what is not a regular file.
    static func key(path: String) throws(ArchiveError) -> String? {
        if FileStream.size(path: path) == nil { return nil }
        let stream = try FileStream(path: path)
        guard let size = stream.size else { return nil }
        var hash = SHA256()
        try sum(stream, from: 0, into: &hash)
        try sum(stream, from: max(0, size - part), into: &hash)
        return "\(size)-" + hash.finalize().map { hex($0) }.joined()
    }

    private static let part = 1 << 20

    private static func sum(_ stream: FileStream, from offset: Int, into hash: inout SHA256) throws(ArchiveError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: part, alignment: 16)
        defer { buffer.deallocate() }
        _ = try stream.seek(to: offset)
        var count = 0
        while count < part {
            let more = try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            if more == 0 { break }
            count += more
        }
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
