import Storage

/// The identifiers that decisions are about, as far as they were met.
struct DecidedIdentifiers {
    /// Pairs of ordinals that an unmerge cut.
    private(set) var cuts: Set<UInt64> = []
    /// Identifiers whose values are blocked.
    private(set) var blocked: Set<UInt32> = []
    /// Whom unmerges cut from whom, by texts: some may be met later.
    private var partners: [Identifier: [Identifier]] = [:]
    private var met: [Identifier: UInt32] = [:]
    private var nobody = BlockedValues(IdentityRules())

    init() {}

    /// Nobody is met yet.
    init(_ decisions: IdentityDecisions) {
        nobody = BlockedValues(decisions.rules)
        for cut in decisions.unmerges.flatMap(\.cuts) {
            partners[cut.a, default: []].append(cut.b)
            partners[cut.b, default: []].append(cut.a)
        }
    }

    /// An identifier gets its ordinal.
    mutating func meet(_ ordinal: UInt32, _ text: UnsafeBufferPointer<UInt8>, kind: UInt8) {
        guard let kind = IdentifierKind(rawValue: kind) else { return }
        if nobody.contains(text, kind: kind) { blocked.insert(ordinal) }
        guard !partners.isEmpty else { return }
        let identifier = Identifier(kind, String(decoding: text, as: UTF8.self))
        guard let others = partners[identifier] else { return }
        met[identifier] = ordinal
        for other in others { if let known = met[other] { cuts.insert(IdentityGraph.pair(ordinal, known)) } }
    }
}
