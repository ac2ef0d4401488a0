import Rules

/// Which segments may answer differently when a slot of the rules has a row more, by slot.
struct SlotEffects {
    /// Every segment that reads the slot.
    private var all: SegmentBits
    /// Those whose members stay members.
    private var raised: SegmentBits
    /// Those whose others stay others.
    private var lowered: SegmentBits

    init(_ rules: StandingRules, segments: Int) {
        all = SegmentBits(segments: segments)
        all.append(rules.slotCount)
        (raised, lowered) = (all, all)
        for slot in 0..<rules.slotCount {
            rules.forEachEffect(of: slot) { segment, effect in
                all.set(true, segment, at: slot)
                switch effect {
                case .raises: raised.set(true, segment, at: slot)
                case .lowers: lowered.set(true, segment, at: slot)
                case .either: break
                }
            }
        }
    }

    /// Adds every segment that reads a slot to a single set.
    func read(_ slot: Int, into set: inout SegmentBits) {
        for word in 0..<all.width { set.insert(all.word(word, at: slot), word, at: 0) }
    }

    /// Adds the segments that have to be asked about somebody whose memberships are known.
    func touch(_ slot: Int, members: SegmentBits, of profile: Int, into touched: inout SegmentBits, at index: Int) {
        for word in 0..<all.width {
            let isIn = members.word(word, at: profile)
            let stays = raised.word(word, at: slot) & isIn | lowered.word(word, at: slot) & ~isIn
            touched.insert(all.word(word, at: slot) & ~stays, word, at: index)
        }
    }
}
