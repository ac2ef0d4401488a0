import EventModel
import Foundation

/// Bytes that grow at the end, without a check for uniqueness at every append. Confined to one thread.
final class ByteBuffer {
    @exclusivity(unchecked) private(set) var base: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) private(set) var count = 0
    @exclusivity(unchecked) private(set) var capacity: Int

    init(capacity: Int) {
        self.capacity = max(64, capacity)
        base = Self.resized(nil, to: self.capacity)
    }

    /// A copy of the given bytes.
    convenience init(_ bytes: ContiguousArray<UInt8>) {
        self.init(capacity: bytes.count)
        bytes.withUnsafeBufferPointer { append($0) }
    }

    deinit { free(base) }

    /// Grows in place where the system can, which it does for large blocks by moving pages.
    private static func resized(_ old: UnsafeMutablePointer<UInt8>?, to capacity: Int) -> UnsafeMutablePointer<UInt8> {
        guard let room = realloc(old, capacity) else { fatalError("no memory for \(capacity) bytes") }
        return room.assumingMemoryBound(to: UInt8.self)
    }

    /// Makes room for `extra` more bytes behind the end.
    @inline(__always)
    func reserve(_ extra: Int) {
        if count + extra > capacity { grow(extra) }
    }

    @inline(never)
    private func grow(_ extra: Int) {
        capacity = max(capacity * 2, count + extra)
        base = Self.resized(base, to: capacity)
    }

    @inline(__always)
    func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inline(__always)
    func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        memcpy(base + count, source, bytes.count)
        count += bytes.count
    }

    func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// Writes a JSON string with its quotes.
    func append(quoted text: String) {
        var text = text
        append(UInt8(ascii: "\""))
        text.withUTF8 { appendEscaped($0) }
        append(UInt8(ascii: "\""))
    }

    /// The bytes from `start` on, as long as nothing is appended.
    @inline(__always)
    func view(from start: Int) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + start, count: count - start) }

    /// The bytes in a range, as long as nothing is appended.
    @inline(__always)
    func view(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base + range.lowerBound, count: range.count) }

    func string(from start: Int) -> String { String(decoding: view(from: start), as: UTF8.self) }

    /// Counts `extra` bytes as written, to be filled in later; there must be room for them.
    func grown(by extra: Int) { count += extra }

    /// Forgets all bytes from `length` on; the room stays.
    @inline(__always)
    func truncate(to length: Int) { count = length }

    func insert(_ byte: UInt8, at place: Int) {
        reserve(1)
        memmove(base + place + 1, base + place, count - place)
        base[place] = byte
        count += 1
    }

    func insert(_ text: String, at place: Int) {
        for (offset, byte) in text.utf8.enumerated() { insert(byte, at: place + offset) }
    }

    /// Writes a whole number in decimal digits.
    func append(decimal number: Int128) {
        if number < 0 { append(UInt8(ascii: "-")) }
        append(decimal: number.magnitude)
    }

    func append(decimal magnitude: UInt128) {
        guard var rest = UInt64(exactly: magnitude) else { return append(String(magnitude)) }
        reserve(20)
        var length = 1
        var bound: UInt64 = 10
        while rest >= bound {
            length += 1
            if length == 20 { break }
            bound *= 10
        }
        var place = count + length
        count = place
        repeat {
            place -= 1
            base[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while place > count - length
    }

    /// Writes `bytes`, valid UTF-8, as the inside of a JSON string: quotes, backslashes and control characters escaped.
    @inline(__always)
    func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        let length = bytes.count
        reserve(length)
        let target = base + count
        var index = 0
        while index < length, source[index] >= 0x20, source[index] != UInt8(ascii: "\""), source[index] != UInt8(ascii: "\\") {
            target[index] = source[index]
            index += 1
        }
        count += index
        if index < length { appendEscapedSlowly(UnsafeBufferPointer(rebasing: bytes[index...])) }
    }

    @inline(never)
    private func appendEscapedSlowly(_ bytes: UnsafeBufferPointer<UInt8>) {
        let digits: StaticString = "0123456789abcdef"
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 10: append("\\n")
            case 13: append("\\r")
            case 9: append("\\t")
            case 8: append("\\b")
            case 12: append("\\f")
            case 0..<0x20:
                append("\\u00")
                append(digits.utf8Start[Int(byte >> 4)])
                append(digits.utf8Start[Int(byte & 15)])
            default: append(byte)
            }
        }
    }

    /// Writes an instant in RFC 3339 with milliseconds, without quotes.
    func append(instant milliseconds: Int64) {
        let instant = Instant(milliseconds: milliseconds)
        let date = instant.utcDate
        guard (0...9_999).contains(date.year) else { return append(instant.text) }
        let time = Int(instant.utcMillisecondOfDay)
        reserve(24)
        let target = base + count
        func two(_ value: Int, at place: Int) {
            target[place] = 48 + UInt8(truncatingIfNeeded: value / 10)
            target[place + 1] = 48 + UInt8(truncatingIfNeeded: value % 10)
        }
        two(date.year / 100, at: 0)
        two(date.year % 100, at: 2)
        target[4] = UInt8(ascii: "-")
        two(date.month, at: 5)
        target[7] = UInt8(ascii: "-")
        two(date.day, at: 8)
        target[10] = UInt8(ascii: "T")
        two(time / 3_600_000, at: 11)
        target[13] = UInt8(ascii: ":")
        two(time / 60_000 % 60, at: 14)
        target[16] = UInt8(ascii: ":")
        two(time / 1_000 % 60, at: 17)
        target[19] = UInt8(ascii: ".")
        target[20] = 48 + UInt8(truncatingIfNeeded: time / 100 % 10)
        two(time % 100, at: 21)
        target[23] = UInt8(ascii: "Z")
        count += 24
    }

    /// A copy of all bytes with the room that decoders of batches may read.
    func padded() -> ContiguousArray<UInt8> {
        ContiguousArray(unsafeUninitializedCapacity: count + MessageBatch.padding) { buffer, filled in
            if let target = buffer.baseAddress {
                memcpy(target, base, count)
                memset(target + count, 0, MessageBatch.padding)
            }
            filled = count + MessageBatch.padding
        }
    }
}

extension ByteBuffer {
    /// Writes the comma before a member or an element, unless it is the first.
    @inline(__always)
    func separate() {
        guard count > 0 else { return }
        let last = base[count - 1]
        if last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { append(UInt8(ascii: ",")) }
    }
}

/// The objects and arrays that are open while JSON is written; empty ones are taken back.
struct JSONNesting {
    private var starts: ContiguousArray<Int> = []

    @inline(__always)
    mutating func open(_ key: UnsafeBufferPointer<UInt8>, isArray: Bool, in out: ByteBuffer) {
        starts.append(out.count)
        out.separate()
        out.append(key)
        out.append(isArray ? UInt8(ascii: "[") : UInt8(ascii: "{"))
    }

    @inline(__always)
    mutating func close(isArray: Bool, in out: ByteBuffer) {
        let start = starts.removeLast()
        let opening = isArray ? UInt8(ascii: "[") : UInt8(ascii: "{")
        if out.base[out.count - 1] == opening {
            out.truncate(to: start)
        } else {
            out.append(isArray ? UInt8(ascii: "]") : UInt8(ascii: "}"))
        }
    }

    /// Forgets what is open, after a message was given up half written.
    mutating func reset() { starts.removeAll(keepingCapacity: true) }
}
