import Connectors

extension StreamConsumer {
    /// Bytes of an answer with several entries of a stream, at most.
    private static let mostBytes = 32 << 20

    /// Asks the server for entries, and keeps those that come.
    ///
    /// - Parameter wait: How long the server may wait for the first.
    /// - Returns: Whether any came.
    func fetch(within wait: Duration, _ cancellation: Cancellation) throws(ConnectorError) -> Bool {
        isDry = false
        if try claim(cancellation) { return true }
        while !cancellation.hasHappened {
            let isHistory = group?.isCatchingUp ?? false
            let block = plan.isRunOnce || isHistory ? nil : wait
            let command = group?.command(each: each, block) ?? command(block)
            guard let reply = try ask(command, block ?? .zero, cancellation) else { continue }
            if try take(reply) { return true }
            if isHistory, !reply.value.isNil { continue }
            isDry = true
            return false
        }
        return false
    }

    /// Takes over entries that other consumers left.
    private func claim(_ cancellation: Cancellation) throws(ConnectorError) -> Bool {
        var hasTaken = false
        while !hasTaken, hasRoom, !cancellation.hasHappened, let (stream, command) = group?.nextClaim(each: each) {
            guard let reply = try ask(command, .zero, cancellation) else { break }
            guard let parts = reply.value.list, parts.count >= 2, let entries = parts[1].list else { throw plan.address.strange }
            group?.claimed(upTo: parts[0].string)
            // What an older server says of entries that are gone.
            hasTaken = try keep(entries.filter { !$0.isNil }, of: stream) > 0
        }
        return hasTaken
    }

    /// Entries of a stream that are asked for at once.
    private var each: Int { max(1, min(count, plan.batchRecords - waiting.count) / plan.streams.count) }

    /// Asks for what follows, on its own.
    private func command(_ block: Duration?) -> RedisCommand {
        var command = RedisCommand("XREAD", "COUNT")
        command.append(each)
        command.append(block: block)
        command.append("STREAMS")
        for stream in plan.streams { command.append(stream) }
        for id in fetched { command.append(id.text) }
        return command
    }

    /// Nil where there is no answer of use: it was too long, or is not wanted any more.
    private func ask(_ command: RedisCommand, _ wait: Duration, _ cancellation: Cancellation) throws(ConnectorError) -> RedisReply? {
        switch try connection.call(command, after: wait, mostBytes: each == 1 ? .max : Self.mostBytes, cancellation) {
        case .reply(let reply): return reply
        case .cancelled: return nil
        case .tooLong:
            count = 1
            connection = try RedisConnection(plan.address)
            // A group takes the entries as given.
            group?.catchUp()
            return nil
        }
    }

    /// Keeps what an answer has, by stream.
    private func take(_ reply: RedisReply) throws(ConnectorError) -> Bool {
        if reply.value.isNil { return false }
        guard let streams = reply.value.list else { throw plan.address.strange }
        var came = 0
        for value in streams {
            guard let parts = value.list, parts.count == 2, let entries = parts[1].list,
                let stream = plan.streams.firstIndex(where: { parts[0].says($0) })
            else { throw plan.address.strange }
            came += try keep(Array(entries), of: stream)
            group?.read(upTo: entries.last?.list.flatMap { $0[0].id }, of: stream)
        }
        return came > 0
    }

    /// Keeps entries of a stream, and learns how large they are.
    ///
    /// - Returns: How many are new.
    private func keep(_ values: [RedisValue], of stream: Int) throws(ConnectorError) -> Int {
        // A consumer of a group may be given once more what it has not acknowledged.
        let known = group == nil ? [] : Set(waiting.lazy.filter { $0.stream == stream }.map(\.id))
        var (came, bytes) = (0, 0)
        for value in values {
            guard let entry = StreamEntry(value, stream: stream) else { throw plan.address.strange }
            fetched[stream] = max(fetched[stream], entry.id)
            bytes += entry.size
            if known.contains(entry.id) { continue }
            keep(entry)
            came += 1
        }
        if bytes > plan.batchBytes {
            count = max(1, count * plan.batchBytes / bytes)
        } else if values.count >= each, bytes < plan.batchBytes / 2 {
            count = min(plan.batchRecords, count * 2)
        }
        return came
    }
}
