import EventModel
public import Service
import Storage
import Synchronization

extension Worker {
    public func changes(after number: Int64?) -> MembershipNotices {
        let live = board.listen(limit: limits.waitingNotices)
        guard let number else { return live }
        // What was recorded before comes first; what is published meanwhile waits in `live` and is not said twice.
        let last = Mutex<Int64?>(nil)
        return MembershipNotices {
            if last.withLock({ $0 == nil }) {
                // Where the past cannot be read the stream ends rather than have a gap; the reader comes again.
                guard let past = try? await self.pastChanges(after: number) else { return nil }
                last.withLock { $0 = past.last?.number ?? number }
                if !past.isEmpty { return past }
            }
            let seen = last.withLock { $0 ?? number }
            for await notices in live {
                let news = notices.filter { $0.number > seen }
                if !news.isEmpty { return news }
            }
            return nil
        }
    }
}

extension Worker {
    /// Changes of membership from the one after a record on, for a reader who comes by himself.
    func recordedChanges(after number: Int64) async throws(ServiceError) -> RecordedChanges {
        let queue = board.queue(limit: limits.waitingNotices, endsWithDefinitions: true)
        return RecordedChanges(past: try await pastChanges(after: number), after: number, queue)
    }

    private func pastChanges(after number: Int64) async throws(ServiceError) -> [MembershipNotice] {
        try await beside { question throws(CommandError) in try attempt { try question.snapshot.notices(after: number) } }
    }

    /// Number of the latest record of membership, with all recorded that was known when this was asked; 0 where there is none.
    func lastRecord() async throws(ServiceError) -> Int64 {
        try await recordNow()
        return try await beside { question throws(CommandError) in
            try attempt { try question.snapshot.membershipRecords(of: nil, touching: nil).map(\.number).max() ?? 0 }
        }
    }

    /// Returns once everything is recorded that the worker's thread had moved when this was asked.
    func recordNow() async throws(ServiceError) {
        try await now { _ in }
        await recordAll()
    }

    /// Ids of a segment's members as they are now, by scalars.
    func memberIDs(of segment: String) async throws(ServiceError) -> [String] {
        guard let ordinals = try await now({ $0.members(of: segment) }) else {
            throw ServiceError(.notFound, "There is no segment '\(segment)'.", remedy: "GET /v1/segments lists them.")
        }
        return try await beside { question throws(CommandError) in
            let (ids, profileOf) = (try attempt { try question.snapshot.canonicalIDs() }, question.snapshot.profileOfIdentifier)
            return ordinals.map { ids[Int(profileOf[Int($0)])] }.sorted { $0.precedesByScalars($1) }
        }
    }

    /// Canonical ids of everybody, by scalars.
    func profileIDs() async throws(ServiceError) -> [String] {
        try await beside { question throws(CommandError) in
            try attempt { try question.snapshot.canonicalIDs().sorted { $0.precedesByScalars($1) } }
        }
    }
}

/// Changes of membership of the past and those that come, each once and in order.
final class RecordedChanges: Sendable {
    private let queue: NoticeQueue
    private let state: Mutex<(past: [MembershipNotice], last: Int64)>

    /// - Parameter past: Read after `queue` began.
    init(past: [MembershipNotice], after number: Int64, _ queue: NoticeQueue) {
        self.queue = queue
        state = Mutex((past, past.last?.number ?? number))
    }

    deinit { queue.end() }

    /// What has come since the last call; nil where nothing will come: whoever wants more begins again.
    ///
    /// So it is, too, where a number is left out: somebody else recorded a change in between, which stands in the store.
    func take() -> [MembershipNotice]? {
        state.withLock { state in
            let past = state.past
            state.past = []
            guard let waiting = queue.takeWaiting() else { return past.isEmpty ? nil : past }
            let news = waiting.filter { $0.number > state.last }
            var last = state.last
            for notice in news {
                if notice.number > last + 1 {
                    queue.end()
                    return past.isEmpty ? nil : past
                }
                last = notice.number
            }
            state.last = last
            return past + news
        }
    }
}

extension StoreSnapshot {
    /// Changes of membership that were recorded after a number, in the order of their records.
    func notices(after number: Int64) throws -> [MembershipNotice] {
        let everybody = OrdinalSet(0..<UInt32(identifierCount))
        let (ids, profileOf) = (try canonicalIDs(), profileOfIdentifier)
        return try membershipRecords(of: nil, touching: everybody).filter { $0.number > number }.flatMap { record in
            [(record.exited, false), (record.entered, true)].flatMap { people, entered in
                // Whoever was recorded under two identifiers moved once.
                var told: Set<UInt32> = []
                return people.ordinals.filter { told.insert(profileOf[Int($0)]).inserted }.map { ordinal in
                    MembershipNotice(
                        number: record.number, profile: ids[Int(profileOf[Int(ordinal)])], segment: record.segment, entered: entered,
                        at: record.at, cause: record.cause.word)
                }
            }
        }
    }
}
