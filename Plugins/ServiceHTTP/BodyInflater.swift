import CZlib
import HTTPTypes

/// Inflates a gzip (or zlib) body as its pieces come, never beyond a limit: a bomb costs one piece of room. Confined to one task.
final class BodyInflater {
    /// Kept in one place for life: zlib's own state points back at it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var piece = ContiguousArray<UInt8>(repeating: 0, count: 32 << 10)
    private var isBetweenMembers = false

    init() {
        stream.initialize(to: z_stream())
        // 15 bits of window; 32 more: gzip or zlib, whichever the first bytes are.
        let code = inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "no memory to inflate a body")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Whether the compressed data may end here.
    var isComplete: Bool { isBetweenMembers }

    /// Appends what `input` holds; `out` never passes `limit` bytes.
    func append(_ input: UnsafeRawBufferPointer, to out: inout ContiguousArray<UInt8>, limit: Int) throws(HTTPFailure) {
        guard let base = input.bindMemory(to: UInt8.self).baseAddress, input.count > 0 else { return }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            if isBetweenMembers {
                inflateReset(stream)
                isBetweenMembers = false
            }
            let (code, count) = piece.withUnsafeMutableBufferPointer { room in
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(room.count)
                let code = inflate(stream, Z_NO_FLUSH)
                return (code, room.count - Int(stream.pointee.avail_out))
            }
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw Self.broken }
            if out.count + count > limit { throw BodyReader.tooLarge(limit) }
            out.append(contentsOf: piece[..<count])
            isBetweenMembers = code == Z_STREAM_END
            if code == Z_BUF_ERROR { break }
        } while stream.pointee.avail_in > 0 || (stream.pointee.avail_out == 0 && !isBetweenMembers)
        stream.pointee.next_in = nil
    }

    static let broken = HTTPFailure(
        .badRequest, "not_gzip", "The body is said to be compressed, but does not inflate.",
        remedy: "Send whole gzip data with 'Content-Encoding: gzip', or the plain text without that header.")
}
