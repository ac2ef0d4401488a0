import CRedis
import Connectors
import Foundation
import Secrets

/// A connection to a server. Its calls block the thread for a bounded time. Confined to its queue.
final class RedisConnection {
    /// What came of waiting for an answer.
    enum Answer {
        case reply(RedisReply)
        /// It has more bytes than were asked for: the connection is of no use any more.
        case tooLong
        /// Nobody wants it any more: the connection is of no use any more.
        case cancelled
    }
    let address: RedisAddress
    private let context: UnsafeMutablePointer<redisContext>
    private var room = [UInt8](repeating: 0, count: 1 << 16)

    /// How long the server may take to be connected to, in seconds.
    private static let patience = 10
    /// How long one look takes, in milliseconds.
    private static let look: Int32 = 100

    /// Connects, logs in, and chooses the database.
    init(_ address: RedisAddress) throws(ConnectorError) {
        self.address = address
        let patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        let made =
            switch address.place {
            case .network(let host, let port): redisConnectWithTimeout(host, port, patience)
            case .socket(let path): redisConnectUnixWithTimeout(path, patience)
            }
        guard let made else { preconditionFailure("no memory") }
        context = made
        if made.pointee.err != 0 { throw address.lost(problem) }
        if let password = address.password {
            var login = RedisCommand("AUTH")
            if let name = address.username { login.append(name) }
            login.append(password.value)
            _ = try call(login)
        }
        if address.database != 0 {
            var choice = RedisCommand("SELECT")
            choice.append(address.database)
            _ = try call(choice)
        }
    }

    deinit { redisFree(context) }

    /// Sends a command and waits for the answer.
    ///
    /// - Throws: Where the server refuses, too.
    func call(_ command: RedisCommand) throws(ConnectorError) -> RedisReply {
        guard case .reply(let reply) = try call(command, after: .zero, mostBytes: .max, nil) else { throw address.strange }
        return reply
    }

    /// The same, with a server that may keep still for a while.
    ///
    /// - Parameter wait: How long the answer need not come.
    /// - Parameter mostBytes: Of the answer.
    func call(
        _ command: RedisCommand, after wait: Duration, mostBytes: Int, _ cancellation: Cancellation?
    ) throws(ConnectorError) -> Answer {
        try send(command, cancellation)
        let answer = try answer(after: wait, mostBytes: mostBytes, cancellation)
        if case .reply(let reply) = answer, let text = reply.value.refusal { throw address.refusal(text) }
        return answer
    }

    private func send(_ command: RedisCommand, _ cancellation: Cancellation?) throws(ConnectorError) {
        let failure: ConnectorError? = command.withText { text in
            var rest = text[...]
            var deadline = ContinuousClock.now + address.timeout
            while !rest.isEmpty {
                let sent = UnsafeRawBufferPointer(rebasing: rest).baseAddress.map {
                    tessera_redis_send(context.pointee.fd, $0, rest.count)
                }
                if let sent, sent > 0 {
                    rest = rest.dropFirst(sent)
                    deadline = .now + address.timeout
                } else if errno != EAGAIN, errno != EWOULDBLOCK, errno != EINTR {
                    return address.lost(String(cString: strerror(errno)))
                } else if cancellation?.hasHappened == true {
                    return .cancelled("redis")
                } else if ContinuousClock.now >= deadline {
                    return address.lost("it takes nothing for \(address.timeout.seconds) s")
                } else {
                    wait(for: POLLOUT)
                }
            }
            return nil
        }
        if let failure { throw failure }
    }

    private func answer(
        after extra: Duration, mostBytes: Int, _ cancellation: Cancellation?
    ) throws(ConnectorError) -> Answer {
        var deadline = ContinuousClock.now + address.timeout + extra
        var received = 0
        while true {
            var answer: UnsafeMutableRawPointer?
            guard redisReaderGetReply(context.pointee.reader, &answer) == REDIS_OK else { throw address.strange }
            if let answer { return .reply(RedisReply(answer.assumingMemoryBound(to: redisReply.self))) }
            if received > mostBytes { return .tooLong }
            if cancellation?.hasHappened == true { return .cancelled }
            wait(for: POLLIN)
            let count = room.withUnsafeMutableBytes { room in
                room.baseAddress.map { tessera_redis_receive(context.pointee.fd, $0, room.count) } ?? 0
            }
            if count > 0 {
                received += count
                deadline = .now + address.timeout
                let isTaken = room.withUnsafeBytes { room in
                    redisReaderFeed(context.pointee.reader, room.baseAddress?.assumingMemoryBound(to: CChar.self), count) == REDIS_OK
                }
                if !isTaken { throw address.strange }
            } else if count == 0 {
                throw address.lost("the server closed it")
            } else if errno != EAGAIN, errno != EWOULDBLOCK, errno != EINTR {
                throw address.lost(String(cString: strerror(errno)))
            } else if ContinuousClock.now >= deadline {
                throw address.lost("no word for \(address.timeout.seconds) s")
            }
        }
    }

    private func wait(for event: Int32) {
        var look = pollfd(fd: context.pointee.fd, events: Int16(event), revents: 0)
        poll(&look, 1, Self.look)
    }

    /// What the library says of itself.
    private var problem: String {
        withUnsafeBytes(of: context.pointee.errstr) { text in String(decoding: text.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Duration {
    /// For sentences.
    fileprivate var seconds: String { (self / .seconds(1)).formatted(.number.grouping(.never)) }
}
