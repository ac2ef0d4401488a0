import CRedis

/// An answer of a server, which it keeps in memory.
final class RedisReply {
    private let pointer: UnsafeMutablePointer<redisReply>

    /// - Parameter pointer: Of the library; it is this object's from now on.
    init(_ pointer: UnsafeMutablePointer<redisReply>) { self.pointer = pointer }

    deinit { freeReplyObject(pointer) }

    /// The whole.
    var value: RedisValue { RedisValue(reply: self, pointer: pointer) }
}

/// A part of an answer, which it keeps in memory with the whole of it.
struct RedisValue {
    fileprivate let reply: RedisReply
    fileprivate let pointer: UnsafeMutablePointer<redisReply>

    /// What the server refuses.
    var refusal: String? { pointer.pointee.type == REDIS_REPLY_ERROR ? string : nil }

    /// Nil where it is none.
    var integer: Int? { pointer.pointee.type == REDIS_REPLY_INTEGER ? Int(pointer.pointee.integer) : nil }

    /// Of a text, as long as this value is kept; empty else.
    var bytes: UnsafeRawBufferPointer {
        switch pointer.pointee.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS, REDIS_REPLY_ERROR:
            UnsafeRawBufferPointer(start: pointer.pointee.str, count: pointer.pointee.str == nil ? 0 : pointer.pointee.len)
        default: UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    /// A text; empty where it is none.
    var string: String { withExtendedLifetime(self) { String(decoding: bytes, as: UTF8.self) } }

    /// Whether it is this text.
    func says(_ text: String) -> Bool { withExtendedLifetime(self) { bytes.elementsEqual(text.utf8) } }

    /// The id of an entry; nil where it is none.
    var id: StreamID? { withExtendedLifetime(self) { StreamID(bytes) } }

    /// The parts of a list; nil where it is none.
    var list: List? { pointer.pointee.type == REDIS_REPLY_ARRAY ? List(value: self) : nil }

    /// Whether there is nothing.
    var isNil: Bool { pointer.pointee.type == REDIS_REPLY_NIL }

    /// The parts of a list.
    struct List: RandomAccessCollection {
        fileprivate let value: RedisValue
        var startIndex: Int { 0 }
        var endIndex: Int { value.pointer.pointee.elements }

        subscript(index: Int) -> RedisValue {
            guard index < endIndex, let part = value.pointer.pointee.element[index] else { preconditionFailure("a list without its parts") }
            return RedisValue(reply: value.reply, pointer: part)
        }
    }

    /// What follows a name in a list of names and values.
    subscript(name: String) -> RedisValue? {
        guard let list else { return nil }
        return stride(from: 0, to: list.count - 1, by: 2).first { list[$0].says(name) }.map { list[$0 + 1] }
    }
}

/// A command, and what it is about.
struct RedisCommand {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(_ words: String...) { for word in words { append(word) } }

    mutating func append(_ word: String) {
        bytes.append(contentsOf: word.utf8)
        ends.append(bytes.count)
    }

    mutating func append(_ number: Int) { append(String(number)) }

    mutating func append(_ part: some Sequence<UInt8>) {
        bytes.append(contentsOf: part)
        ends.append(bytes.count)
    }

    /// Lends it as it goes to the server.
    func withText<Answer>(_ work: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        bytes.withUnsafeBytes { all in
            var starts: [UnsafePointer<CChar>?] = []
            var counts: [Int] = []
            var start = 0
            // A word may be empty, but its place may not be nowhere.
            let base = all.baseAddress?.assumingMemoryBound(to: CChar.self)
            for end in ends {
                starts.append(base.map { $0 + start })
                counts.append(end - start)
                start = end
            }
            var text: UnsafeMutablePointer<CChar>?
            let count = redisFormatCommandArgv(&text, Int32(starts.count), &starts, counts)
            guard count >= 0, let text else { preconditionFailure("no memory") }
            defer { redisFreeCommand(text) }
            return work(UnsafeRawBufferPointer(start: text, count: Int(count)))
        }
    }
}
