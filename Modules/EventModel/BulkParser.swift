import CSimdjson

/// Parses JSON in bulk through simdjson and shows its tape, without an allocation for a value.
///
/// The tape is a flat array of 64-bit words: the top byte says what a word is, the rest is its payload
/// (G. Langdale, D. Lemire, "Parsing Gigabytes of JSON per Second", VLDB Journal 2019). Confined to one thread at a time.
public final class BulkParser {
    /// Levels of nesting that are accepted; one deeper is refused.
    public static let depthLimit = 128

    private let parser: OpaquePointer

    /// Makes a parser; traps only where memory is exhausted.
    public init() {
        guard let made = tessera_json_make(Self.depthLimit) else { preconditionFailure("no memory for a JSON parser") }
        parser = made
    }

    deinit { tessera_json_free(parser) }

    /// The parsed text: its tape, and the buffer that string words point into.
    public struct Tape {
        /// Word 0 is the root; word 1 starts the value.
        public let words: UnsafePointer<UInt64>
        /// A string word's payload is an offset here: four bytes of length (little endian), then that much UTF-8.
        public let strings: UnsafePointer<UInt8>

        /// The kind of word `index`: `{ } [ ] " l u d t f n`.
        @inlinable @inline(__always) public func kind(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: words[index] >> 56) }
        /// The payload of word `index`.
        @inlinable @inline(__always) public func payload(_ index: Int) -> Int { Int(words[index] & 0x00FF_FFFF_FFFF_FFFF) }
        /// The UTF-8 of the string at word `index`.
        @inlinable @inline(__always) public func string(_ index: Int) -> UnsafeBufferPointer<UInt8> {
            let start = strings + payload(index)
            let length = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
            return UnsafeBufferPointer(start: start + 4, count: Int(length))
        }
        /// The word behind the value that starts at `index`.
        @inlinable @inline(__always) public func after(_ index: Int) -> Int {
            switch kind(index) {
            case TapeKind.objectStart, TapeKind.arrayStart: payload(index) & 0xFFFF_FFFF
            case TapeKind.integer, TapeKind.unsigned, TapeKind.double: index + 2
            default: index + 1
            }
        }
    }

    /// Parses one JSON text.
    ///
    /// - Parameter text: The bytes; at least `MessageBatch.padding` more must be readable behind them.
    /// - Returns: The tape, good until the next call; nil when simdjson refuses the text (the reference decoder then says why, or
    ///   reads the numbers that simdjson has no room for).
    @inline(__always)
    public func parse(_ text: UnsafeBufferPointer<UInt8>) -> Tape? {
        guard let start = text.baseAddress, text.count > 0 else { return nil }
        var words: UnsafePointer<UInt64>?
        var strings: UnsafePointer<UInt8>?
        guard tessera_json_parse(parser, start, text.count, &words, &strings) == 0, let words, let strings else { return nil }
        return Tape(words: words, strings: strings)
    }
}

/// What the top byte of a tape word says.
public enum TapeKind {
    /// `{`. The low 32 bits of the payload are the index of the word behind the matching `}`.
    /// `r`: the first and the last word of a tape, which enclose the value.
    /// `}`. The payload is the index of the word that opened the object.
    /// `n`: the value null.
    /// `[`. The low 32 bits of the payload are the index of the word behind the matching `]`.
    /// `f`: the value false.
    /// `]`. The payload is the index of the word that opened the array.
    /// `t`: the value true.
    /// `"`: a text, or the name of a member. The payload is an offset into `Tape.strings`.
    /// `d`. The word behind it holds the bits of a float64.
    /// `l`. The word behind it is the number as a signed integer of 64 bits.
    /// `u`: an integer above `Int64.max`. The word behind it is the number as an unsigned integer of 64 bits.
    @inlinable public static var objectStart: UInt8 { UInt8(ascii: "{") }
    @inlinable public static var objectEnd: UInt8 { UInt8(ascii: "}") }
    @inlinable public static var arrayStart: UInt8 { UInt8(ascii: "[") }
    @inlinable public static var arrayEnd: UInt8 { UInt8(ascii: "]") }
    @inlinable public static var string: UInt8 { UInt8(ascii: "\"") }
    @inlinable public static var integer: UInt8 { UInt8(ascii: "l") }
    @inlinable public static var unsigned: UInt8 { UInt8(ascii: "u") }
    @inlinable public static var double: UInt8 { UInt8(ascii: "d") }
    @inlinable public static var yes: UInt8 { UInt8(ascii: "t") }
    @inlinable public static var no: UInt8 { UInt8(ascii: "f") }
    @inlinable public static var null: UInt8 { UInt8(ascii: "n") }
    @inlinable public static var root: UInt8 { UInt8(ascii: "r") }
}
