import Foundation
import Synchronization

/// A name server on this machine's loopback, over UDP, that answers as a test wants. It is gone when nothing holds it.
final class NameServer: Sendable {
    /// The bytes of an answer; nil: silence.
    typealias Reply = @Sendable (Query) -> [UInt8]?

    let port: UInt16
    private let descriptor: Int32
    private let isStopped = Flag()
    private let ended = DispatchGroup()

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    init(_ reply: @escaping Reply) throws {
        #if canImport(Glibc)
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        #else
        descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard descriptor >= 0, isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = UInt16(bigEndian: address.sin_port)
        // It looks whether it is to end every so often.
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        ended.enter()
        let thread = Thread { [isStopped, ended] in
            while !isStopped.isSet { Self.serve(descriptor, reply) }
            ended.leave()
        }
        thread.start()
    }

    deinit {
        isStopped.set()
        ended.wait()
        close(descriptor)
    }

    private static func serve(_ descriptor: Int32, _ reply: Reply) {
        var (bytes, sender) = ([UInt8](repeating: 0, count: 4_096), sockaddr_storage())
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &sender) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
                let count = recvfrom(descriptor, &bytes, bytes.count, 0, sender, &size)
                guard count > 0, let query = Query(Array(bytes[..<count])), let answer = reply(query) else { return }
                sendto(descriptor, answer, answer.count, 0, sender, size)
            }
        }
    }
}

/// A question to a name server.
struct Query {
    static let (a, ns, cname, mx, aaaa) = (UInt16(1), UInt16(2), UInt16(5), UInt16(15), UInt16(28))
    /// The first label, which tells the server what to do.
    let label: String
    let type: UInt16
    private let id: [UInt8]
    private let question: [UInt8]

    /// Nil where the bytes hold none.
    init?(_ bytes: [UInt8]) {
        var place = 12
        while place < bytes.count, bytes[place] != 0 { place += Int(bytes[place]) + 1 }
        guard place + 5 <= bytes.count, 13 + Int(bytes[12]) <= bytes.count else { return nil }
        label = String(decoding: bytes[13..<13 + Int(bytes[12])], as: UTF8.self)
        type = UInt16(bytes[place + 1]) << 8 | UInt16(bytes[place + 2])
        (id, question) = (Array(bytes[..<2]), Array(bytes[12..<place + 5]))
    }

    /// Bytes before the records of an answer.
    var headCount: Int { 12 + question.count }

    /// An answer with some records, of which the header may claim another number.
    func answer(_ records: [[UInt8]] = [], code: UInt8 = 0, isCut: Bool = false, claiming count: Int? = nil) -> [UInt8] {
        id + [isCut ? 0x83 : 0x81, 0x80 | code, 0, 1, 0, UInt8(count ?? records.count), 0, 0, 0, 0] + question + records.flatMap(\.self)
    }

    /// A record of the name that was asked for.
    static func record(_ type: UInt16, _ data: [UInt8], name: [UInt8] = [0xC0, 12]) -> [UInt8] {
        name + [0, UInt8(type), 0, 1, 0, 0, 14, 16, 0, UInt8(data.count)] + data
    }
}
