import Connectors
import EventModel
import Service
import Storage
import Synchronization

/// What a worker has for one destination: the messages that it accepts, who enters and exits segments, and whose profile changed by that.
///
/// Memberships are delivered full once, and then as they change, or as people are called otherwise. Each record's key follows from what it says, so that it is the same
/// whenever it is delivered again.
final class WorkerFeed: DeliveryFeed {
    private struct State {
        /// Messages behind a place that are read already.
        var read: LoggedMessages?
        /// An end of what was acknowledged: there may be more by now.
        var end: LogPlace?
        /// Changes of membership that are read already, the first of them behind the place that is asked for.
        var changes: MembershipFollower?
        /// Members of a segment in the walk at the beginning.
        var members: (segment: String, ids: [String])?
        /// Everybody, by id, in the walk through profiles.
        var everybody: [String]?
    }
    private let name: String
    private let plan: DeliveryPlan
    private let worker: Worker
    private let surroundings: ConnectorSurroundings
    private let skipsOwn: Bool
    private let endsWhenDone: Bool
    private let renamed: RenamedFollower
    private let state = Mutex(State())

    /// How often it is looked whether there is something new.
    private static let look = Duration.milliseconds(50)
    /// How long it waits where nothing comes.
    private static let patience = Duration.seconds(1)

    /// - Parameter skipsOwn: Whether messages that name it as their source are left out: they came of what it learned.
    /// - Parameter endsWhenDone: Whether it ends where it would wait for something new.
    init(
        name: String, plan: DeliveryPlan, worker: Worker, surroundings: ConnectorSurroundings, skipsOwn: Bool = false,
        endsWhenDone: Bool = false
    ) {
        (self.name, self.plan, self.worker, self.surroundings) = (name, plan, worker, surroundings)
        (self.skipsOwn, self.endsWhenDone) = (skipsOwn, endsWhenDone)
        renamed = RenamedFollower(worker: worker, surroundings: surroundings, rest: endsWhenDone ? .zero : Self.patience)
    }

    private var needsMemberships: Bool { plan.kinds.contains(.membership) }

    func start() async throws(ConnectorError) -> Checkpoint {
        let log = plan.needsLog ? try await asking { try await worker.holdLog(for: name) } : LogPlace(generation: 0, offset: 0)
        let record = try await asking { try await worker.lastRecord() }
        let people = needsMemberships ? try await asking { try await worker.people(delivered: record) } : nil
        return DeliveryPlace(log: log, record: record + 1, full: needsMemberships ? .init() : nil, people: people).checkpoint
    }

    func release(before place: Checkpoint) async {
        guard plan.needsLog, let place = try? DeliveryPlace(place, of: name) else { return }
        // What cannot be let go of now goes with what comes later.
        try? await worker.releaseLog(for: name, before: place.log)
    }

    func backlog(behind place: Checkpoint) async -> Int? {
        guard plan.needsLog, let place = try? DeliveryPlace(place, of: name) else { return nil }
        return try? await worker.logBytes(from: place.log)
    }

    func next(after checkpoint: Checkpoint, limits: DeliveryLimits) async throws(ConnectorError) -> DeliveryPiece? {
        var place = try DeliveryPlace(checkpoint, of: name)
        try await widen(&place)
        var batch = DeliveryBatch()
        let begun = surroundings.elapsed()
        // When the first record was there.
        var first: Duration?
        while true {
            let before = place
            if place.full != nil {
                try await walk(&place, &batch, limits)
            } else if case .walking(let id) = place.profiles {
                try await walkProfiles(behind: id, &place, &batch, limits)
            } else {
                if needsMemberships {
                    try await asking { try await renamed.look(from: &place) }
                    let isDrained = try await takeChanges(&place, &batch, limits)
                    if isDrained { try await takeRenamed(&place, &batch, limits) }
                }
                if plan.needsLog { try await takeMessages(&place, &batch, limits) }
            }
            if batch.count >= limits.records || batch.bytes.count >= limits.bytes { break }
            if place != before { continue }
            // Nothing new: what is there waits for others for a while, and where nothing is it waits for something.
            if endsWhenDone, !batch.isEmpty { break }
            if endsWhenDone { return place.checkpoint == checkpoint ? nil : DeliveryPiece(batch, then: place.checkpoint) }
            let now = surroundings.elapsed()
            if batch.isEmpty, place.checkpoint != checkpoint || now - begun >= Self.patience { break }
            if !batch.isEmpty, now - (first ?? now) >= limits.wait { break }
            if !batch.isEmpty { first = first ?? now }
            do { try await surroundings.sleep(Self.look) } catch {
                throw ConnectorError(.stop, at: name, "it was asked to end", remedy: "Start it again.")
            }
        }
        return DeliveryPiece(batch, then: place.checkpoint)
    }

    // MARK: Memberships

    /// Sees to it that the members of segments, and profiles, are delivered that were none of the destination's before.
    private func widen(_ place: inout DeliveryPlace) async throws(ConnectorError) {
        switch place.profiles {
        case _ where !plan.givesExisting: place.profiles = DeliveryPlace.Profiles.none
        case .none?, nil: place.profiles = .walking(after: nil)
        case .walking, .all: break
        }
        guard let known = place.segments else {
            place.segments = plan.wanted
            return
        }
        if place.full != nil || known == plan.wanted { return }
        if !needsMemberships { return place.segments = plan.wanted }
        // The changes before the walk are none of theirs.
        if known == .only([]) { place.record = try await asking { try await worker.lastRecord() } + 1 }
        if place.people == nil {
            let delivered = place.lastRecord
            place.people = try await asking { try await worker.people(delivered: delivered) }
        }
        place.full = .init()
    }

    /// Delivers members of segments as they are now, segment by segment. What changes meanwhile comes after it.
    private func walk(_ place: inout DeliveryPlace, _ batch: inout DeliveryBatch, _ limits: DeliveryLimits) async throws(ConnectorError) {
        guard let full = place.full else { return }
        let names = try await asking { try await worker.now { $0.sizes.map(\.name) } }.sorted { $0.precedesByScalars($1) }
        let known = place.segments ?? plan.wanted
        let wanted = names.filter { plan.takes(segment: $0) && !known.contains($0) }
        guard let segment = full.segment ?? wanted.first else {
            (place.full, place.segments) = (nil, plan.wanted)
            return
        }
        let ids: [String]
        if let held = state.withLock({ $0.members }), held.segment.sameScalars(as: segment) {
            ids = held.ids
        } else {
            ids = wanted.contains { $0.sameScalars(as: segment) } ? try await asking { try await worker.memberIDs(of: segment) } : []
            state.withLock { $0.members = (segment, ids) }
        }
        let start = full.after.map { after in ids.firstIndex { after.precedesByScalars($0) } ?? ids.count } ?? 0
        let room = max(1, limits.records - batch.count)
        let now = surroundings.now()
        let (number, page) = (place.record - 1, ids[start...].prefix(room))
        let taken = try await append(
            page.map { MembershipNotice(number: number, profile: $0, segment: segment, entered: true, at: now, cause: "full") },
            to: &batch, limits)
        if start + taken < ids.count {
            place.full?.segment = segment
            place.full?.after = ids[start + taken - 1]
        } else {
            state.withLock { $0.members = nil }
            let next = wanted.first { segment.precedesByScalars($0) }
            place.full = next.map { DeliveryPlace.Full(segment: $0, after: nil) }
            if next == nil { place.segments = plan.wanted }
        }
    }

    /// - Returns: Whether none was left.
    private func takeChanges(
        _ place: inout DeliveryPlace, _ batch: inout DeliveryBatch, _ limits: DeliveryLimits
    ) async throws(ConnectorError) -> Bool {
        var follower = state.withLock { $0.changes }
        if follower?.isAt(place) != true {
            let from = place.record - 1
            follower = MembershipFollower(at: place, try await asking { try await worker.recordedChanges(after: from) })
        }
        guard var follower else { return false }
        var wanted: [(notice: MembershipNotice, record: Int64, changes: Int)] = []
        var isDrained = false
        while batch.count + wanted.count < limits.records {
            guard let notice = follower.next() else {
                isDrained = true
                break
            }
            if plan.takes(segment: notice.segment) { wanted.append((notice, follower.record, follower.changes)) }
        }
        let taken = try await append(wanted.map(\.notice), to: &batch, limits)
        // What others that are not delivered stand between needs no place of its own: they are passed over again.
        if taken < wanted.count {
            follower.takeBack(wanted[taken...].lazy.map(\.notice), behind: wanted[taken - 1].record, wanted[taken - 1].changes)
        }
        (place.record, place.changes) = (follower.record, follower.changes)
        state.withLock { [follower] in $0.changes = follower }
        return isDrained && taken == wanted.count && follower.isAt(place)
    }

    /// Delivers exits and entries of those who are called otherwise now.
    private func takeRenamed(
        _ place: inout DeliveryPlace, _ batch: inout DeliveryBatch, _ limits: DeliveryLimits
    ) async throws(ConnectorError) {
        let (found, plan) = (place, plan)
        let notices = try await asking { try await renamed.notices(at: found, plan) }.prefix(max(0, limits.records - batch.count))
        let taken = try await append(Array(notices), to: &batch, limits)
        renamed.advance(&place, by: taken)
    }

    /// Adds records of memberships, with traits where they are wanted.
    ///
    /// - Returns: How many of them: no more than the batch has room for by its bytes, and one at least.
    private func append(
        _ notices: [MembershipNotice], to batch: inout DeliveryBatch, _ limits: DeliveryLimits
    ) async throws(ConnectorError) -> Int {
        if notices.isEmpty { return 0 }
        let traits: [JSONObject]?
        if let names = plan.traits {
            let profiles = notices.map(\.profile)
            traits = try await asking {
                try await worker.beside { question throws(CommandError) in try question.traits(names, of: profiles) }
            }
        } else {
            traits = nil
        }
        for (index, notice) in notices.enumerated() {
            if index > 0, batch.bytes.count >= limits.bytes { return index }
            batch.append(
                .membership, key: notice.deliveryKey, profile: notice.profile, json: notice.deliveryJSON(traits?[index]).text.utf8)
        }
        return notices.count
    }

    // MARK: Messages and profiles

    /// Delivers the profiles that there are, by id. Those that change meanwhile come after them.
    private func walkProfiles(
        behind last: String?, _ place: inout DeliveryPlace, _ batch: inout DeliveryBatch, _ limits: DeliveryLimits
    ) async throws(ConnectorError) {
        let ids: [String]
        if let held = state.withLock({ $0.everybody }) {
            ids = held
        } else {
            ids = try await asking { try await worker.profileIDs() }
            state.withLock { $0.everybody = ids }
        }
        let start = last.map { last in ids.partitioningPlace { last.precedesByScalars($0) } } ?? 0
        var next = start
        while next < ids.count, next == start || batch.count < limits.records && batch.bytes.count < limits.bytes {
            try await append(profile: ids[next], at: place, to: &batch)
            next += 1
        }
        if next < ids.count { return place.profiles = .walking(after: ids[next - 1]) }
        state.withLock { $0.everybody = nil }
        place.profiles = .all
    }

    private func takeMessages(
        _ place: inout DeliveryPlace, _ batch: inout DeliveryBatch, _ limits: DeliveryLimits
    ) async throws(ConnectorError) {
        guard let read = try await messages(at: place.log, bytes: limits.bytes) else { return }
        let wanted = place.messages..<(place.messages + max(1, limits.records - batch.count))
        var changed: [String] = []
        for message in read[wanted] {
            let (head, profile) = (message.head, message.profile)
            if plan.kinds.contains(.message), plan.takes(head), !isOwn(head) {
                batch.append(.message, key: message.id, profile: profile, json: message.own ?? read.text[message.line])
            }
            if plan.kinds.contains(.profile), [.identify, .alias].contains(head.kind), !profile.isEmpty, !changed.contains(profile) {
                changed.append(profile)
            }
        }
        for profile in changed { try await append(profile: profile, at: place, to: &batch) }
        // A place may lie further on than what was read this time, which other limits cut.
        place.messages = max(place.messages, min(wanted.upperBound, read.lines))
        if place.messages >= read.lines { (place.log, place.messages) = (read.end, place.messages - read.lines) }
    }

    private func isOwn(_ head: MessageHead) -> Bool { skipsOwn && head.source?.sameScalars(as: name) == true }

    /// What lies behind a place of the log; nil where nothing does yet.
    ///
    /// The thread that stores what comes in has its hands full where much does: it is asked once for all that is read together.
    private func messages(at place: LogPlace, bytes: Int) async throws(ConnectorError) -> LoggedMessages? {
        let (read, known) = state.withLock { ($0.read, $0.end) }
        if let read, read.from == place { return read }
        state.withLock { $0.end = nil }
        let end: LogPlace
        if let known, place < known { end = known } else { end = try await asking { try await worker.logEnd() } }
        let found = try await asking { try await worker.messages(from: place, to: end, bytes: bytes) }
        guard let found else { return nil }
        var messages = LoggedMessages(found.batch, from: place, to: found.end)
        let heads = messages.all.map(\.head)
        let (profiles, newEnd) = try await asking {
            try await worker.now { loop in (heads.map { loop.profileID(of: $0) }, loop.writer.logEnd) }
        }
        for (index, profile) in profiles.enumerated() { messages.all[index].profile = profile }
        state.withLock { [messages] in ($0.read, $0.end) = (messages, newEnd) }
        return messages
    }

    private func append(profile: String, at place: DeliveryPlace, to batch: inout DeliveryBatch) async throws(ConnectorError) {
        let answer = try await asking { try await worker.answer(.profile(profile)) }
        guard let object = answer["profile"]?.asObject else { return }
        let text = object.text
        // The same profile at the same place of the log is one record; what it says by then may be more.
        batch.append(
            .profile, key: "\(profile)/\(place.log.generation)/\(place.log.offset)/\(place.messages)", profile: profile, json: text.utf8)
    }

    /// Asks the worker, which may be busy, or have no room on its disk.
    private func asking<Answer>(_ ask: () async throws -> Answer) async throws(ConnectorError) -> Answer {
        do { return try await ask() } catch let error as ServiceError { throw ConnectorError(error) } catch {
            throw ConnectorError(.stop, at: name, "\(error)", remedy: "Start the worker again.")
        }
    }
}
