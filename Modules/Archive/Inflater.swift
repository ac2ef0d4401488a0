import CZlib
import Foundation

#if ISAL
import CISAL
#endif

/// Undoes deflate (RFC 1951), member by member, and sums CRC-32. ISA-L does it where the build found it, else zlib.
///
/// Headers and trailers are the caller's, so that both libraries meet exactly the same bytes.
final class Inflater {
    enum State: Equatable {
        /// All input was taken; more is needed.
        case needsInput
        /// The output is full; call again with more room.
        case outputFull
        /// The last block ended.
        case finished
        case damaged(String)
    }

    #if ISAL
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)

    init() {
        memset(state, 0, MemoryLayout<inflate_state>.size)
        isal_inflate_init(state)
    }

    deinit { state.deallocate() }

    /// Starts a new member.
    func reset() {
        isal_inflate_reset(state)
        state.pointee.crc_flag = UInt32(ISAL_DEFLATE)
    }

    /// Inflates from `input` to `output`.
    ///
    /// - Returns: Bytes taken and given. At `finished`, `consumed` counts up to the byte after the deflate stream; it can then be
    ///   as low as -8, when the end lies in input given earlier.
    func step(
        input: UnsafePointer<UInt8>, count: Int, output: UnsafeMutablePointer<UInt8>, room: Int
    ) -> (consumed: Int, produced: Int, state: State) {
        let (count, room) = (min(count, 1 << 30), min(room, 1 << 30))
        state.pointee.next_in = UnsafeMutablePointer(mutating: input)
        state.pointee.avail_in = UInt32(count)
        state.pointee.next_out = output
        state.pointee.avail_out = UInt32(room)
        let code = isal_inflate(state)
        var consumed = count - Int(state.pointee.avail_in)
        let produced = room - Int(state.pointee.avail_out)
        if code < 0 {
            return (consumed, produced, .damaged(Inflater.problem(code)))
        }
        if state.pointee.block_state == ISAL_BLOCK_FINISH {
            consumed -= Int(state.pointee.read_in_length) / 8
            return (consumed, produced, .finished)
        }
        return (consumed, produced, produced == room ? .outputFull : .needsInput)
    }

    private static func problem(_ code: Int32) -> String {
        switch code {
        case ISAL_INVALID_BLOCK: "the compressed data hold an invalid block"
        case ISAL_INVALID_SYMBOL: "the compressed data hold an invalid code"
        case ISAL_INVALID_LOOKBACK: "the compressed data refer to text before their start"
        default: "the compressed data make no sense (code \(code))"
        }
    }

    /// CRC-32 (the polynomial of RFC 1952) of `bytes` after those that gave `seed`.
    static func crc32(_ seed: UInt32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
        crc32_gzip_refl(seed, bytes, UInt64(count))
    }
    #else
    private let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() {
        memset(state, 0, MemoryLayout<z_stream>.size)
        precondition(inflateInit2_(state, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK, "zlib refused to start")
    }

    deinit {
        inflateEnd(state)
        state.deallocate()
    }

    func reset() { inflateReset(state) }

    func step(
        input: UnsafePointer<UInt8>, count: Int, output: UnsafeMutablePointer<UInt8>, room: Int
    ) -> (consumed: Int, produced: Int, state: State) {
        let (count, room) = (min(count, 1 << 30), min(room, 1 << 30))
        state.pointee.next_in = UnsafeMutablePointer(mutating: input)
        state.pointee.avail_in = UInt32(count)
        state.pointee.next_out = output
        state.pointee.avail_out = UInt32(room)
        let code = inflate(state, Z_NO_FLUSH)
        let consumed = count - Int(state.pointee.avail_in)
        let produced = room - Int(state.pointee.avail_out)
        switch code {
        case Z_STREAM_END: return (consumed, produced, .finished)
        case Z_OK, Z_BUF_ERROR: return (consumed, produced, produced == room ? .outputFull : .needsInput)
        default:
            let message = state.pointee.msg.map { String(cString: $0) } ?? "code \(code)"
            return (consumed, produced, .damaged("the compressed data make no sense (\(message))"))
        }
    }

    static func crc32(_ seed: UInt32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
        UInt32(crc32_z(UInt(seed), bytes, count))
    }
    #endif
}
