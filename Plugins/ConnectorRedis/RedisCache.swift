import Connectors
import EventModel

/// A cache that a server keeps for all who use the same prefix.
///
/// Each value is a text of its own with the time to live that the server ends. Beside them a sorted set holds their keys by the time of their
/// last use; values have their place in it as long as they stand, so its bound is theirs.
final class RedisCache: Cache {
    /// `@unchecked`: only the queue touches it.
    private final class Client: @unchecked Sendable {
        var connection: RedisConnection?
    }
    private let address: RedisAddress
    private let prefix: String
    private let most: Int
    private let queue = BlockingQueue("redis.cache")
    private let client = Client()

    /// Keys that the server looks for at once: it does nothing else meanwhile.
    private static let atOnce = 500

    init(_ address: RedisAddress, prefix: String, most: Int) { (self.address, self.prefix, self.most) = (address, prefix, most) }

    private static let time = "local now = redis.call('TIME') local stamp = now[1] * 1000000 + now[2] "

    private static let finding = """
        \(time)
        local found = {}
        for i = 1, #ARGV do
          local value = redis.call('GET', KEYS[1] .. ':' .. ARGV[i])
          found[i] = value
          if value then redis.call('ZADD', KEYS[1], 'XX', stamp, ARGV[i]) else redis.call('ZREM', KEYS[1], ARGV[i]) end
        end
        return found
        """

    private static let keeping = """
        \(time)
        redis.call('SET', KEYS[1] .. ':' .. ARGV[1], ARGV[2], 'PX', ARGV[3])
        redis.call('ZADD', KEYS[1], stamp, ARGV[1])
        if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
        local over = redis.call('ZCARD', KEYS[1]) - ARGV[4]
        if over > 0 then
          local oldest = redis.call('ZPOPMIN', KEYS[1], over)
          for i = 1, #oldest, 2 do redis.call('UNLINK', KEYS[1] .. ':' .. oldest[i]) end
        end
        return 1
        """

    private static let forgetting = """
        for i = 1, #ARGV do
          redis.call('UNLINK', KEYS[1] .. ':' .. ARGV[i])
          redis.call('ZREM', KEYS[1], ARGV[i])
        end
        return 1
        """

    /// Sets all keys that there are aside, under a name of this call, which it gives; empty where there is none.
    private static let settingAside = """
        \(time)
        if redis.call('EXISTS', KEYS[1]) == 0 then return '' end
        local aside = KEYS[1] .. ':' .. stamp
        redis.call('RENAME', KEYS[1], aside)
        return aside
        """

    /// Takes away values whose keys were set aside; how many keys it found.
    private static let emptying = """
        local found = redis.call('ZRANGE', ARGV[1], 0, \(atOnce - 1))
        for i = 1, #found do
          redis.call('UNLINK', KEYS[1] .. ':' .. found[i])
          redis.call('ZREM', ARGV[1], found[i])
        end
        return #found
        """

    func values(of keys: [String]) async throws(ConnectorError) -> [String: ContiguousArray<UInt8>] {
        try await calling { [self] connection throws(ConnectorError) in
            var found: [String: ContiguousArray<UInt8>] = [:]
            var rest = keys.filter { $0.utf8.count <= CacheBounds.mostKeyBytes }[...]
            while !rest.isEmpty {
                let asked = rest.prefix(Self.atOnce)
                rest = rest.dropFirst(asked.count)
                guard let list = try connection.call(command(Self.finding, asked)).value.list, list.count == asked.count else {
                    throw address.strange
                }
                for (key, value) in zip(asked, list) where !value.isNil {
                    found[key] = withExtendedLifetime(value) { ContiguousArray(value.bytes) }
                }
            }
            return found
        }
    }

    func keep(_ value: ContiguousArray<UInt8>, of key: String, for lifetime: Duration) async throws(ConnectorError) {
        guard CacheBounds.hold(value, of: key) else { return try await forget([key]) }
        try await calling { [self] connection throws(ConnectorError) in
            var command = command(Self.keeping, [key])
            command.append(value)
            command.append(max(1, Int(lifetime.milliseconds)))
            command.append(most)
            _ = try connection.call(command)
        }
    }

    func forget(_ keys: [String]) async throws(ConnectorError) {
        try await calling { [self] connection throws(ConnectorError) in
            var rest = keys.filter { $0.utf8.count <= CacheBounds.mostKeyBytes }[...]
            while !rest.isEmpty {
                _ = try connection.call(command(Self.forgetting, rest.prefix(Self.atOnce)))
                rest = rest.dropFirst(Self.atOnce)
            }
        }
    }

    func forgetAll() async throws(ConnectorError) {
        try await calling { [self] connection throws(ConnectorError) in
            let aside = try connection.call(command(Self.settingAside, [])).value.string
            if aside.isEmpty { return }
            while let count = try connection.call(command(Self.emptying, [aside])).value.integer, count > 0 {}
        }
    }

    func probe() async throws(ConnectorError) -> String {
        try await calling { [self] connection throws(ConnectorError) in
            _ = try connection.call(RedisCommand("EVAL", "return 1", "0"))
            let count = try connection.call(RedisCommand("ZCARD", prefix)).value.integer ?? 0
            return "\(address.shown) is there; `\(prefix)` has \(count) values of at most \(most)."
        }
    }

    private func command(_ script: String, _ words: some Sequence<String>) -> RedisCommand {
        var command = RedisCommand("EVAL", script, "1", prefix)
        for word in words { command.append(word) }
        return command
    }

    /// Calls the server on the one connection, which is given up with the first failure.
    private func calling<Answer: Sendable>(
        _ work: @escaping @Sendable (RedisConnection) throws(ConnectorError) -> Answer
    ) async throws(ConnectorError) -> Answer {
        try await queue.run { [client, address] _ throws(ConnectorError) in
            do throws(ConnectorError) {
                let connection: RedisConnection
                if let open = client.connection { connection = open } else { connection = try RedisConnection(address) }
                client.connection = connection
                return try work(connection)
            } catch {
                client.connection = nil
                throw error
            }
        }
    }
}
