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
    ///
    /// - Parameter follows: Whether segments are kept up to date at all.
    init(_ question: Question, now: Instant, follows: Bool) throws(CommandError) {
        let definitions = question.definitions.filter { $0.kind != .model }
        let rules = follows ? LiveRules(question) : LiveRules()
        let segments = rules.segments
        let snapshot = question.snapshot
        let profiles = try attempt { try snapshot.leastOrdinals() }
        let begins = try attempt { try Self.beginnings(segments, snapshot, profiles, now: now) }
        var live = LiveMemberships(segments, features: rules.features, from: begins.first?.at ?? now)
        do {
            for profile in profiles { live.admit(profile) }
            for block in snapshot.blocks where block.rows > 0 {
                guard live.needs(block.kind, event: block.event, latest: Instant(milliseconds: block.maxTime)) else { continue }
                func profile(_ ordinal: UInt32) -> UInt32 { profiles[Int(snapshot.profileOfIdentifier[Int(ordinal)])] }
                if !live.needsWhole(block.kind, event: block.event), let rows = try snapshot.decodedMessages(block) {
                    for (row, (ordinal, message)) in rows.enumerated() {
                        try live.load(message, of: profile(ordinal)) { try snapshot.messages(block, rows: [row]).first }
                    }
                } else {
                    let ordinals = try snapshot.read(block, paths: []).ordinals
                    for (row, message) in try snapshot.messages(block, rows: Array(0..<block.rows)).enumerated() {
                        live.load(message, of: profile(ordinals[row]))
                    }
                }
            }
            for begin in begins {
                live.begin(begin.segment, recorded: begin.recorded, at: begin.at, because: begin.isNew ? .definition : .message)
            }
            live.advance(to: now)
        } catch { throw CommandError(any: error) }
        self.live = consume live
        let recorded = begins.filter { segments[$0.segment].isRecorded }
        lastRecords = Dictionary(recorded.map { (segments[$0.segment].name, $0.record) }, uniquingKeysWith: { first, _ in first })
        self.definitions = definitions
        (refused, offers) = (rules.refused, rules.offers)
    }

    /// How a segment begins to be kept.
    private struct Beginning {
        var segment: Int
        /// What is asked first: the answer at the last record, or at the present where another expression was asked then, or nothing.
        var at: Instant
        var isNew: Bool
        /// Number of its last record, 0 for none.
        var record: Int64
        var recorded: [(ordinal: UInt32, profile: UInt32)]
    }

    private static func beginnings(
        _ segments: [LiveSegment], _ snapshot: any StoreSnapshot, _ profiles: ContiguousArray<UInt32>, now: Instant
    ) throws -> [Beginning] {
        var begins: [Beginning] = []
        for (index, segment) in segments.enumerated() {
            guard segment.isRecorded else {
                begins.append(Beginning(segment: index, at: now, isNew: true, record: 0, recorded: []))
                continue
            }
            let recorded = try snapshot.recordedMembers(of: segment.name, at: nil)
            let members = recorded.map { $0.members.ordinals.map { ($0, profiles[Int(snapshot.profileOfIdentifier[Int($0)])]) } } ?? []
            let isNew = recorded?.expression?.sameScalars(as: segment.expression) != true
            begins.append(
                Beginning(
                    segment: index, at: isNew ? now : min(now, recorded?.at ?? now), isNew: isNew, record: recorded?.number ?? 0,
                    recorded: members))
        }
        return begins.sorted { ($0.at, $0.segment) < ($1.at, $1.segment) }
    }

    /// The memberships; there are none the second time.
    func takeLive() -> LiveMemberships {
        var taken: LiveMemberships?
        swap(&taken, &live)
        return taken ?? LiveMemberships([])
    }
}
