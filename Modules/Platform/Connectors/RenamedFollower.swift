import Connectors
import EventModel
import Service
import Storage
import Synchronization

/// Finds who got another canonical id, for one destination: the other side knows them by the former one.
///
/// They are looked for before the changes of membership are read that were recorded by then, and told of behind these: what is recorded
/// later is recorded under the new id.
final class RenamedFollower: Sendable {
    private struct Found {
        /// Behind this they are new.
        var place: DeliveryPlace.People
        /// All before this is looked at.
        var next: DeliveryPlace.People
        var people: [RenamedPerson]
        /// What is to be delivered of them; nil: not made yet.
        var notices: [MembershipNotice]?
    }
    private struct State {
        var found: Found?
        /// Changes of people that the worker had counted when it was looked last; nil: it was not.
        var changes: Int?
        var looked: Duration?
    }
    private let worker: Worker
    private let surroundings: ConnectorSurroundings
    /// How long it waits at least before it looks again.
    private let rest: Duration
    private let state = Mutex(State())

    init(worker: Worker, surroundings: ConnectorSurroundings, rest: Duration) {
        (self.worker, self.surroundings, self.rest) = (worker, surroundings, rest)
    }

    /// Looks for them, where people have changed: before changes of membership are read.
    func look(from place: inout DeliveryPlace) async throws {
        let delivered = place.lastRecord
        guard let known = place.people else {
            place.people = try await worker.people(delivered: delivered)
            return
        }
        let (changes, now) = (worker.news.peopleChanges, surroundings.elapsed())
        let isDue = state.withLock { state in
            if let found = state.found, found.place.isBefore(known) { return false }
            guard let looked = state.looked else { return true }
            return state.changes != changes && now - looked >= rest
        }
        guard isDue else { return }
        // What was told of them by another process begins anew: its repeats are known by their keys.
        place.people?.delivered = 0
        let (people, next) = try await worker.beside { question throws(CommandError) in
            try attempt {
                (try question.snapshot.renamed(after: known), try question.snapshot.people(delivered: delivered))
            }
        }
        // All that moved them by then is recorded under their former ids, and told first.
        if !people.isEmpty { try await worker.recordNow() }
        var start = known
        start.delivered = 0
        if people.isEmpty { place.people = next }
        state.withLock { [start] state in
            (state.changes, state.looked) = (changes, now)
            state.found = people.isEmpty ? nil : Found(place: start, next: next, people: people)
        }
    }

    /// What is to be delivered of those who were found, from what a place has of them on: once all changes before are delivered.
    func notices(at place: DeliveryPlace, _ plan: DeliveryPlan) async throws -> ArraySlice<MembershipNotice> {
        guard let known = place.people, let found = state.withLock({ $0.found }), found.place.isBefore(known) else { return [] }
        if let notices = found.notices { return notices[min(known.delivered, notices.count)...] }
        let people = found.people
        let members = try await worker.now { loop in
            people.map { person in Set(loop.segments(of: loop.writer.profile(of: person.ordinal)).map { Array($0.name.utf8) }) }
        }
        try await worker.recordNow()
        // Who has left since then was perhaps told of under the new id alone.
        let left = try await worker.beside { question throws(CommandError) in
            try attempt { try question.snapshot.segmentsLeft(by: people, behind: known.record) }
        }
        let (now, number) = (surroundings.now(), place.lastRecord)
        var notices: [MembershipNotice] = []
        for (index, person) in people.enumerated() {
            let names = members[index].union(left[index]).map { String(decoding: $0, as: UTF8.self) }.filter(plan.takes(segment:))
            for name in names.sorted(by: { $0.precedesByScalars($1) }) {
                func tell(_ id: String, entered: Bool) {
                    notices.append(
                        MembershipNotice(number: number, profile: id, segment: name, entered: entered, at: now, cause: "renamed"))
                }
                tell(person.former, entered: false)
                if members[index].contains(Array(name.utf8)) { tell(person.id, entered: true) }
            }
        }
        state.withLock { [notices] in $0.found?.notices = notices }
        return notices[min(known.delivered, notices.count)...]
    }

    /// Moves a place behind what was delivered of them.
    func advance(_ place: inout DeliveryPlace, by delivered: Int) {
        guard let found = state.withLock({ $0.found }), let notices = found.notices, let known = place.people else { return }
        place.people?.delivered = known.delivered + delivered
        if known.delivered + delivered >= notices.count { place.people = found.next }
    }
}

extension DeliveryPlace.People {
    /// Whether another place is this one, or has more delivered behind it.
    fileprivate func isBefore(_ other: Self) -> Bool {
        var start = other
        start.delivered = delivered
        return start == self
    }
}

extension StoreSnapshot {
    /// Segments that each of some people exited by records behind one, by their names' bytes.
    fileprivate func segmentsLeft(by people: [RenamedPerson], behind record: Int64) throws -> [Set<[UInt8]>] {
        var places: [UInt32: [Int]] = [:]
        for (index, person) in people.enumerated() {
            for ordinal in person.identifiers { places[ordinal, default: []].append(index) }
        }
        var left = people.map { _ in Set<[UInt8]>() }
        for change in try membershipRecords(of: nil, touching: OrdinalSet(Array(places.keys))) where change.number > record {
            for ordinal in change.exited.ordinals {
                for index in places[ordinal] ?? [] { left[index].insert(Array(change.segment.utf8)) }
            }
        }
        return left
    }
}

extension Worker {
    /// What there is of people now.
    ///
    /// - Parameter record: The last record of membership that was delivered.
    func people(delivered record: Int64) async throws(ServiceError) -> DeliveryPlace.People {
        try await beside { question throws(CommandError) in try attempt { try question.snapshot.people(delivered: record) } }
    }
}
