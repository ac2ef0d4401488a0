import CZlib
public import Foundation

#if ISAL
import CISAL
#endif

/// Makes gzip members: levels 1 to 3 by ISA-L where the build found it (several times as fast), all others by zlib.
///
/// A member carries no time and no name, so equal text gives equal bytes on one machine.
public enum Deflater {
    /// One whole gzip member that holds `text`.
    ///
    /// - Parameter level: 1 to 9; higher is smaller and slower.
    public static func member(_ text: ContiguousArray<UInt8>, level: Int) -> Data {
        #if ISAL
        if level <= 3 { return fast(text, level: level) }
        #endif
        var stream = z_stream()
        let started = deflateInit2_(
            &stream, Int32(level), Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(started == Z_OK, "zlib refused level \(level)")
        defer { deflateEnd(&stream) }
        var out = Data(count: Int(deflateBound(&stream, UInt(text.count))) + 64)
        let count = out.withUnsafeMutableBytes { out in
            text.withUnsafeBufferPointer { text in
                stream.next_in = UnsafeMutablePointer(mutating: text.baseAddress)
                stream.avail_in = UInt32(text.count)
                stream.next_out = out.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(out.count)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END, "the bound on a member's size holds")
                return out.count - Int(stream.avail_out)
            }
        }
        return out.prefix(count)
    }

    #if ISAL
    private static func fast(_ text: ContiguousArray<UInt8>, level: Int) -> Data {
        let room = 384 << 10  // At least ISAL_DEF_LVL3_DEFAULT, the most that a level works best with (340 KiB).
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        let levelBuffer = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        defer {
            stream.deallocate()
            levelBuffer.deallocate()
        }
        memset(stream, 0, MemoryLayout<isal_zstream>.size)
        isal_deflate_init(stream)
        stream.pointee.level = UInt32(level)
        stream.pointee.level_buf = levelBuffer
        stream.pointee.level_buf_size = UInt32(room)
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
        stream.pointee.end_of_stream = 1
        var out = Data(count: text.count + text.count / 8 + 4096)  // A stored block costs 5 bytes in 64 KiB.
        let count = out.withUnsafeMutableBytes { out in
            text.withUnsafeBufferPointer { text in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: text.baseAddress)
                stream.pointee.avail_in = UInt32(text.count)
                stream.pointee.next_out = out.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(out.count)
                precondition(
                    isal_deflate(stream) == COMP_OK && stream.pointee.internal_state.state == ZSTATE_END, "a member fits its bound")
                return out.count - Int(stream.pointee.avail_out)
            }
        }
        return out.prefix(count)
    }
    #endif
}
