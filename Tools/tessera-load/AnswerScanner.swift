/// Finds the end of each answer in what a connection brings, and its status; nothing else of an answer is looked at.
///
/// Only answers with `Content-Length` are understood, which is what the worker sends to all but streams.
struct AnswerScanner {
    enum Fault: Error, CustomStringConvertible {
        case notHTTP, noLength, headTooLong
        var description: String {
            switch self {
            case .notHTTP: "The answer is not HTTP/1.1. Check the address."
            case .noLength: "The answer has no Content-Length. Point --url at the worker itself, not at a proxy."
            case .headTooLong: "The head of the answer has more than 16 KB."
            }
        }
    }
    private var head: [UInt8] = []
    private var status = 0
    /// Bytes of the body that have not come; nil within a head.
    private var missing: Int?

    init() { head.reserveCapacity(1_024) }

    /// Takes bytes; gives the status of the answer that they end, nil where none is whole yet.
    mutating func take(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> Int? {
        var (at, ended): (Int, Int?) = (0, nil)
        while at < bytes.count || missing == 0 {
            if let rest = missing {
                let taken = min(rest, bytes.count - at)
                at += taken
                if taken < rest {
                    missing = rest - taken
                    return ended
                }
                missing = nil
                ended = status
                continue
            }
            let byte = bytes[at]
            at += 1
            head.append(byte)
            if byte == 10, head.count > 3, head[head.count - 3] == 10 {
                (status, missing) = try Self.read(head)
                head.removeAll(keepingCapacity: true)
            } else if head.count > 16 << 10 {
                throw .headTooLong
            }
        }
        return ended
    }

    private static func read(_ head: [UInt8]) throws(Fault) -> (status: Int, length: Int?) {
        guard head.count > 12, head.starts(with: "HTTP/1.".utf8) else { throw .notHTTP }
        var status = 0
        for byte in head[9..<12] {
            guard (48..<58).contains(byte) else { throw .notHTTP }
            status = status * 10 + Int(byte - 48)
        }
        var start = 0
        while let end = head[start...].firstIndex(of: 10) {
            if let length = length(head[start..<end]) { return (status, length) }
            start = end + 1
        }
        throw .noLength
    }

    private static let name = Array("content-length:".utf8)

    private static func length(_ line: ArraySlice<UInt8>) -> Int? {
        guard line.count > name.count, zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else { return nil }
        return line.dropFirst(name.count).reduce(0) { (48..<58).contains($1) ? $0 * 10 + Int($1 - 48) : $0 }
    }
}
