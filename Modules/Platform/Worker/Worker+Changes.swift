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
                guard let past = try? await self.beside({ question throws(CommandError) in try question.notices(after: number) }) else {
                    return nil
                }
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

extension Question {
    /// Changes of membership that were recorded after a number, in the order of their records.
    fileprivate func notices(after number: Int64) throws(CommandError) -> [MembershipNotice] {
        try attempt {
            let everybody = OrdinalSet(0..<UInt32(snapshot.identifierCount))
            let ids = try snapshot.canonicalIDs()
            let profileOf = snapshot.profileOfIdentifier
            return try snapshot.membershipRecords(of: nil, touching: everybody).filter { $0.number > number }.flatMap { record in
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
}
