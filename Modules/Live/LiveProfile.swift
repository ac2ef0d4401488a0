import EventModel
import Rules

/// What is held of one profile: its messages, as far as a segment reads them, and the answers that stand.
struct LiveProfile {
    var timeline = ProfileTimeline([])
    /// Whether it is a member, by segment; 64 a word.
    private var memberships: ContiguousArray<UInt64>
    /// Until when each answer stands in milliseconds, `.max` for ever; shape `[segments]`.
    private(set) var validUntil: ContiguousArray<Int64>

    init(segments: Int) {
        memberships = ContiguousArray(repeating: 0, count: (segments + 63) / 64)
        validUntil = ContiguousArray(repeating: .max, count: segments)
    }

    func isMember(of segment: Int) -> Bool { memberships[segment / 64] >> UInt64(segment % 64) & 1 == 1 }

    mutating func set(_ isMember: Bool, in segment: Int) {
        let bit = UInt64(1) << UInt64(segment % 64)
        if isMember { memberships[segment / 64] |= bit } else { memberships[segment / 64] &= ~bit }
    }

    mutating func set(validUntil instant: Int64, in segment: Int) { validUntil[segment] = instant }
}
