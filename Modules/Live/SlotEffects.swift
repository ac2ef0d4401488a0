import Rules

/// Which segments may answer differently when a slot of the rules has a row more, by slot.
struct SlotEffects {
    /// Segments by what a row can do to them.
    private struct Effects {
        /// Every segment that it can change.
        var all: SegmentBits
        /// Those whose members stay members.
        var raised: SegmentBits
        /// Those whose others stay others.
        var lowered: SegmentBits
    }
    /// Every segment that reads the slot.
    private var readers: SegmentBits
    /// Of any row, and of the latest of an earlier step.
    private var anyRow: Effects
    private var latestRow: Effects

    init(_ rules: StandingRules, segments: Int) {
        var none = SegmentBits(segments: segments)
        none.append(rules.slotCount)
        func effects(isLatest: Bool) -> Effects {
            var effects = Effects(all: none, raised: none, lowered: none)
            for slot in 0..<rules.slotCount where !isLatest || rules.isEarlierStep(slot) {
                rules.forEachEffect(of: slot, isLatest: isLatest) { segment, effect in
                    effects.all.set(true, segment, at: slot)
                    switch effect {
                    case .raises: effects.raised.set(true, segment, at: slot)
                    case .lowers: effects.lowered.set(true, segment, at: slot)
                    case .either: break
                    }
                }
            }
            return effects
        }
        (anyRow, latestRow) = (effects(isLatest: false), effects(isLatest: true))
        readers = none
        for slot in 0..<rules.slotCount { rules.forEachRule(reading: slot) { readers.set(true, $0, at: slot) } }
    }

    /// Adds every segment that reads a slot to a single set.
    func read(_ slot: Int, into set: inout SegmentBits) {
        for word in 0..<readers.width { set.insert(readers.word(word, at: slot), word, at: 0) }
    }

    /// Adds the segments that have to be asked about somebody whose memberships are known.
    func touch(_ slot: Int, isLatest: Bool, members: SegmentBits, of profile: Int, into touched: inout SegmentBits, at index: Int) {
        if isLatest {
            Self.touch(slot, latestRow, members, profile, &touched, index)
        } else {
            Self.touch(slot, anyRow, members, profile, &touched, index)
        }
    }

    private static func touch(
        _ slot: Int, _ effects: borrowing Effects, _ members: borrowing SegmentBits, _ profile: Int, _ touched: inout SegmentBits,
        _ index: Int
    ) {
        for word in 0..<effects.all.width {
            let isIn = members.word(word, at: profile)
            let stays = effects.raised.word(word, at: slot) & isIn | effects.lowered.word(word, at: slot) & ~isIn
            touched.insert(effects.all.word(word, at: slot) & ~stays, word, at: index)
        }
    }
}
