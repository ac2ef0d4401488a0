import EventModel
import Live
import Rules
import Storage

/// What a store's definitions and messages amount to at one moment: live memberships, ready to go on.
///
/// Made beside the worker's thread from a snapshot, then handed over whole.
final class LiveState: @unchecked Sendable {
    // Safe: it is filled before it is handed over and emptied by the one who gets it, with the inbox's lock between the two.
    private var live: LiveMemberships?
    /// What it was made of, models aside.
    let definitions: [Definition]
    /// Number of each segment's last record in the snapshot.
    let lastRecords: [String: Int64]
    /// Definitions that cannot be asked, as `segment 'a'` and `offer 'b'`, with the reason.
    let refused: [(name: String, reason: String)]
    /// The offers, with the places of their conditions among the segments.
    let offers: LiveOffers

    /// Loads a snapshot and asks every segment.
    ///
    /// A segment that was recorded before is asked first as of its last record, and the clock then runs to `now`: what was due meanwhile
    /// happens at its own instant. One that never was begins `now`.
    init(_ question: Question, now: Instant) throws(CommandError) {
        let definitions = question.definitions.filter { $0.kind != .model }
        let rules = LiveRules(question)
        let segments = rules.segments
        let snapshot = question.snapshot
        var live = LiveMemberships(segments)
        do {
            let profiles = Self.leastOrdinals(snapshot)
            for profile in profiles { live.admit(profile) }
            for block in snapshot.blocks where block.rows > 0 && live.needs(block.kind, event: block.event) {
                let ordinals = try snapshot.read(block, paths: []).ordinals
                for (row, message) in try snapshot.messages(block, rows: Array(0..<block.rows)).enumerated() {
                    live.load(message, of: profiles[Int(snapshot.profileOfIdentifier[Int(ordinals[row])])])
                }
            }
            var lastRecords: [String: Int64] = [:]
            var begins: [(segment: Int, at: Instant, recorded: [(ordinal: UInt32, profile: UInt32)], isNew: Bool)] = []
            for (index, segment) in segments.enumerated() {
                guard segment.isRecorded else {
                    begins.append((index, now, [], true))
                    continue
                }
                let recorded = try snapshot.recordedMembers(of: segment.name, at: nil)
                lastRecords[segment.name] = recorded?.number ?? 0
                let members = recorded.map { $0.members.ordinals.map { ($0, profiles[Int(snapshot.profileOfIdentifier[Int($0)])]) } } ?? []
                // Another expression was asked then, or nothing.
                let isNew = recorded?.expression?.sameScalars(as: segment.expression) != true
                begins.append((index, isNew ? now : min(now, recorded?.at ?? now), members, isNew))
            }
            for begin in begins.sorted(by: { ($0.at, $0.segment) < ($1.at, $1.segment) }) {
                live.begin(begin.segment, recorded: begin.recorded, at: begin.at, because: begin.isNew ? .definition : .message)
            }
            live.advance(to: now)
            self.lastRecords = lastRecords
        } catch { throw CommandError(any: error) }
        self.live = consume live
        self.definitions = definitions
        (refused, offers) = (rules.refused, rules.offers)
    }

    /// The memberships; there are none the second time.
    func takeLive() -> LiveMemberships {
        var taken: LiveMemberships?
        swap(&taken, &live)
        return taken ?? LiveMemberships([])
    }

    /// The name of each profile of a snapshot: the least ordinal of its identifiers.
    private static func leastOrdinals(_ snapshot: any StoreSnapshot) -> [UInt32] {
        var least = [UInt32](repeating: .max, count: snapshot.profileCount)
        for (ordinal, profile) in snapshot.profileOfIdentifier.enumerated() where least[Int(profile)] == .max {
            least[Int(profile)] = UInt32(ordinal)
        }
        return least
    }
}
