import Connectors

/// A consumer among those that share the entries of streams: what it was given, and what others left.
struct StreamGroup {
    private let membership: StreamReadingPlan.Membership
    private let streams: [String]
    /// Behind which entry of each stream those go on that this consumer was given before, and has not acknowledged; nil: there are no more.
    private var history: [StreamID?]
    /// What was given to the platform and is not acknowledged.
    private var unconfirmed: [[StreamID]]
    /// Where the look for what others left goes on; nil: it rests.
    private var claim: (stream: Int, cursor: String)?
    private var nextClaim = ContinuousClock.now
    private var nextRefresh: ContinuousClock.Instant

    /// Entries that are acknowledged at once.
    private static let piece = 1_000
    /// How often it is looked for what others left, at most and at least.
    private static let claimInterval = Duration.milliseconds(500)...Duration.seconds(30)

    /// Makes the group where there is none: behind what is kept, or else at the start.
    init(
        _ membership: StreamReadingPlan.Membership, _ streams: [String], _ connection: RedisConnection, kept: [StreamID?],
        startsLatest: Bool
    ) throws(ConnectorError) {
        (self.membership, self.streams) = (membership, streams)
        history = streams.map { _ in .zero }
        unconfirmed = streams.map { _ in [] }
        nextRefresh = .now + (membership.claimAfter ?? .zero) / 4
        for (stream, id) in zip(streams, kept) {
            do throws(ConnectorError) {
                _ = try connection.call(
                    RedisCommand("XGROUP", "CREATE", stream, membership.group, id?.text ?? (startsLatest ? "$" : "0"), "MKSTREAM"))
            } catch {
                if !error.problem.hasPrefix("BUSYGROUP") { throw error }
            }
        }
    }

    // MARK: - reading

    /// Whether there may be entries that this consumer was given before.
    var isCatchingUp: Bool { history.contains { $0 != nil } }

    /// Looks once more for entries that this consumer was given.
    mutating func catchUp() { history = streams.map { _ in .zero } }

    /// Asks for what this consumer was given before; then for what nobody was.
    func command(each: Int, _ block: Duration?) -> RedisCommand {
        var command = RedisCommand("XREADGROUP", "GROUP", membership.group, membership.consumer, "COUNT")
        command.append(each)
        command.append(block: block)
        command.append("STREAMS")
        let places = streams.indices.filter { !isCatchingUp || history[$0] != nil }
        for place in places { command.append(streams[place]) }
        for place in places { command.append(history[place]?.text ?? ">") }
        return command
    }

    /// An answer of `stream` ends with this entry; nil: it has none.
    mutating func read(upTo last: StreamID?, of stream: Int) {
        if history[stream] != nil { history[stream] = last }
    }

    // MARK: - what others left

    /// The next look at what others left; nil where none is due.
    mutating func nextClaim(each: Int) -> (stream: Int, command: RedisCommand)? {
        guard let idle = membership.claimAfter, !isCatchingUp else { return nil }
        if claim == nil {
            if ContinuousClock.now < nextClaim { return nil }
            claim = (0, "0-0")
        }
        guard let (stream, cursor) = claim else { return nil }
        var command = RedisCommand("XAUTOCLAIM", streams[stream], membership.group, membership.consumer)
        command.append(idle.milliseconds)
        command.append(cursor)
        command.append("COUNT")
        command.append(each)
        return (stream, command)
    }

    /// The look goes on here.
    mutating func claimed(upTo cursor: String) {
        guard let stream = claim?.stream, let idle = membership.claimAfter else { return }
        if cursor != "0-0" {
            claim = (stream, cursor)
        } else if stream + 1 < streams.count {
            claim = (stream + 1, "0-0")
        } else {
            claim = nil
            nextClaim = .now + min(max(idle / 2, Self.claimInterval.lowerBound), Self.claimInterval.upperBound)
        }
    }

    // MARK: - acknowledging

    /// The platform has it, and may have stored it when it asks for more.
    mutating func gave(_ entry: StreamEntry) { unconfirmed[entry.stream].append(entry.id) }

    /// What was given is stored: the server may forget it.
    mutating func acknowledge(_ connection: RedisConnection) throws(ConnectorError) {
        for (place, stream) in streams.enumerated() {
            var rest = unconfirmed[place][...]
            while !rest.isEmpty {
                var command = RedisCommand("XACK", stream, membership.group)
                for id in rest.prefix(Self.piece) { command.append(id.text) }
                _ = try connection.call(command)
                rest = rest.dropFirst(Self.piece)
            }
            unconfirmed[place] = []
        }
    }

    /// Shows, while entries are being stored, that they are not left: others would take them over.
    mutating func refresh(_ connection: RedisConnection, _ waiting: [StreamEntry]) throws(ConnectorError) {
        guard let idle = membership.claimAfter, ContinuousClock.now >= nextRefresh else { return }
        for (place, stream) in streams.enumerated() {
            var rest = (unconfirmed[place] + waiting.lazy.filter { $0.stream == place }.map(\.id))[...]
            while !rest.isEmpty {
                var command = RedisCommand("XCLAIM", stream, membership.group, membership.consumer, "0")
                for id in rest.prefix(Self.piece) { command.append(id.text) }
                command.append("JUSTID")
                _ = try connection.call(command)
                rest = rest.dropFirst(Self.piece)
            }
        }
        nextRefresh = .now + idle / 4
    }
}

extension RedisCommand {
    /// How long the server waits where it has no entry; nil: it does not.
    mutating func append(block: Duration?) {
        guard let block else { return }
        append("BLOCK")
        // None at all would mean for ever.
        append(max(1, block.milliseconds))
    }
}

extension Duration {
    /// Whole ones.
    fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
