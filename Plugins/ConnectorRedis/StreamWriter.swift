import Connectors

/// Where records are written.
struct StreamWritingPlan: Sendable {
    let address: RedisAddress
    let streams: DeliveryPlaces
    /// Entries that a stream keeps, about; nil: all.
    let maxLength: Int?
    /// Keys that the server remembers of each stream, at least.
    let remembered: Int
}

/// Writes records to streams, each once. Confined to its queue.
struct StreamWriter {
    private let plan: StreamWritingPlan
    private let connection: RedisConnection

    /// Records, and bytes of them, that the server takes at once: it does nothing else meanwhile.
    private static let mostRecords = 256, mostBytes = 256 << 10
    /// How long the server remembers keys after the last record, in seconds.
    private static let memory = 30 * 86_400

    /// Adds those records to their streams whose keys are not remembered, all or none of each, the first one first.
    ///
    /// Keys are in two sets of each stream; a full one takes the place of the older one.
    private static let script = """
        if redis.replicate_commands then redis.replicate_commands() end
        local most, remembered, seconds = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
        for i = 4, #ARGV, 5 do
          local place = tonumber(ARGV[i]) * 3
          local stream, seen, before = KEYS[place - 2], KEYS[place - 1], KEYS[place]
          local kind, key, profile = ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
          local name = kind .. '/' .. key
          if redis.call('SISMEMBER', seen, name) == 0 and redis.call('SISMEMBER', before, name) == 0 then
            local entry = {'XADD', stream}
            if most > 0 then for _, word in ipairs({'MAXLEN', '~', most}) do entry[#entry + 1] = word end end
            for _, word in ipairs({'*', 'data', ARGV[i + 4], 'key', key, 'kind', kind}) do entry[#entry + 1] = word end
            if profile ~= '' then entry[#entry + 1] = 'profile' entry[#entry + 1] = profile end
            redis.call(unpack(entry))
            redis.call('SADD', seen, name)
            if redis.call('SCARD', seen) >= remembered then
              redis.call('UNLINK', before)
              redis.call('RENAME', seen, before)
              redis.call('EXPIRE', before, seconds)
            end
          end
        end
        for place = 2, #KEYS, 3 do
          redis.call('EXPIRE', KEYS[place], seconds)
          redis.call('EXPIRE', KEYS[place + 1], seconds)
        end
        return 1
        """

    init(_ plan: StreamWritingPlan) throws(ConnectorError) {
        self.plan = plan
        connection = try RedisConnection(plan.address)
    }

    /// Looks whether the server runs scripts, and what is there.
    func probe() throws(ConnectorError) -> String {
        _ = try connection.call(RedisCommand("EVAL", "return 1", "0"))
        return try plan.streams.all.map { stream throws(ConnectorError) in try connection.described(stream) }.joined(separator: "; ") + "."
    }

    /// Writes a batch, the first record first; those that are there already have no further effect.
    ///
    /// - Throws: Where it is not known of all whether they are there.
    func write(_ batch: DeliveryBatch, _ cancellation: Cancellation) throws(ConnectorError) {
        var start = 0
        while start < batch.count {
            if cancellation.hasHappened { throw .cancelled("redis") }
            var (end, bytes) = (start, 0)
            while end < batch.count, end - start < Self.mostRecords, end == start || bytes + batch.size(end) <= Self.mostBytes {
                bytes += batch.size(end)
                end += 1
            }
            guard case .reply = try connection.call(command(batch, start..<end), after: .zero, mostBytes: .max, cancellation) else {
                throw .cancelled("redis")
            }
            start = end
        }
    }

    private func command(_ batch: DeliveryBatch, _ places: Range<Int>) -> RedisCommand {
        let streams = plan.streams.all
        var command = RedisCommand("EVAL", Self.script)
        command.append(streams.count * 3)
        for stream in streams {
            command.append(stream)
            command.append(stream + Self.seen)
            command.append(stream + Self.before)
        }
        command.append(plan.maxLength ?? 0)
        command.append(plan.remembered)
        command.append(Self.memory)
        for place in places {
            let record = batch.records[place]
            command.append((streams.firstIndex(of: plan.streams[record.kind]) ?? 0) + 1)
            command.append(record.kind.rawValue)
            for part in [record.key, record.profile, record.json] { command.append(batch.bytes[part]) }
        }
        return command
    }

    /// What follows a stream's name in that of the keys seen lately, and of those before them.
    static let seen = ":tessera:keys", before = ":tessera:keys:before"
}

extension DeliveryBatch {
    fileprivate func size(_ place: Int) -> Int {
        let record = records[place]
        return record.json.count + record.key.count + record.profile.count
    }
}
