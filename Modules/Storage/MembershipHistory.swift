public import EventModel

/// Why people entered or exited a segment. Raw values are stored; they are never reused.
public enum MembershipCause: UInt8, Sendable, Hashable, CaseIterable {
    /// A message arrived.
    case message = 1
    /// Time went by.
    case clock = 2
    /// A percentile, a total or another bound over all people moved.
    case threshold = 3
    /// The segment was defined, defined anew, or dropped.
    case definition = 4
    /// Two profiles turned out to be one, or one to be two.
    case merge = 5
    /// A person was erased.
    case erasure = 6

    /// The word that people read: `message`, `clock`, `threshold`, `definition`, `merge`, `erasure`.
    public var word: String {
        switch self {
        case .message: "message"
        case .clock: "clock"
        case .threshold: "threshold"
        case .definition: "definition"
        case .merge: "merge"
        case .erasure: "erasure"
        }
    }
}

/// Who entered and who exited a segment at one instant: what `EventStore.apply` records.
///
/// People are ordinals of identifiers, which never change hands; a member enters as its profile's canonical identifier. Make one with
/// `init(of:at:because:expression:from:to:in:)`, which minds merges.
public struct MembershipChange: Sendable, Hashable {
    /// The segment's name.
    public var segment: String
    /// When this was answered; never before the segment's last record.
    public var at: Instant
    /// Why it is recorded.
    public var cause: MembershipCause
    /// What was answered.
    public var expression: String
    /// Number of the segment's last record when this was computed, 0 where there was none. A store that has a later one refuses.
    public var after: Int64
    /// Those who were out before, and those who were in.
    public var entered, exited: OrdinalSet

    /// Joins the parts; nothing is checked until `EventStore.apply` records it.
    public init(
        segment: String, at: Instant, cause: MembershipCause, expression: String, after: Int64, entered: OrdinalSet, exited: OrdinalSet
    ) {
        self.segment = segment
        self.at = at
        self.cause = cause
        self.expression = expression
        self.after = after
        (self.entered, self.exited) = (entered, exited)
    }

    /// The step from what is recorded to what is answered now; nil where there is nothing to record.
    ///
    /// A person is recorded when any of their identifiers is. So a merge of a member with somebody records nobody, and when the person exits,
    /// all of their recorded identifiers do. The first record of a segment, and the first of another expression, is made even when nobody moves.
    ///
    /// - Parameter recorded: The segment's latest state in `snapshot`, nil where there is none.
    /// - Parameter profiles: Profile numbers of the members now, in any order, each below `snapshot.profileCount`.
    public init?(
        of segment: String, at: Instant, because cause: MembershipCause, expression: String, from recorded: RecordedMembers?,
        to profiles: some Sequence<UInt32>, in snapshot: any StoreSnapshot
    ) throws {
        let canonical = try snapshot.canonicalOrdinals()
        let profileOf = snapshot.profileOfIdentifier
        var isMember = ContiguousArray<Bool>(repeating: false, count: canonical.count)
        for profile in profiles { isMember[Int(profile)] = true }
        var isRecorded = ContiguousArray<Bool>(repeating: false, count: canonical.count)
        var exited = ContiguousArray<UInt32>()
        for ordinal in recorded?.members.ordinals ?? [] {
            let profile = Int(profileOf[Int(ordinal)])
            isRecorded[profile] = true
            if !isMember[profile] { exited.append(ordinal) }
        }
        let entered = OrdinalSet(canonical.indices.lazy.filter { isMember[$0] && !isRecorded[$0] }.map { canonical[$0] })
        if let recorded, entered.isEmpty, exited.isEmpty, recorded.expression?.sameScalars(as: expression) ?? false { return nil }
        self.init(
            segment: segment, at: at, cause: cause, expression: expression, after: recorded?.number ?? 0, entered: entered,
            exited: OrdinalSet(exited))
    }
}

/// Who was recorded as a member of a segment at some instant.
public struct RecordedMembers: Sendable, Hashable {
    /// Number of the last record that counts.
    public var number: Int64
    /// When that record was made.
    public var at: Instant
    /// What was answered from then on; nil where the segment had been dropped.
    public var expression: String?
    /// The members' ordinals, all below the snapshot's `identifierCount`. Two of them may by now be one profile: `profiles(in:)` counts it once.
    public var members: OrdinalSet

    /// Joins the parts, as a store read them.
    public init(number: Int64, at: Instant, expression: String?, members: OrdinalSet) {
        self.number = number
        self.at = at
        self.expression = expression
        self.members = members
    }

    /// The members as profile numbers of `snapshot` (the one this was read from, or a later one), ascending, each once.
    public func profiles(in snapshot: any StoreSnapshot) -> ContiguousArray<UInt32> {
        let profileOf = snapshot.profileOfIdentifier
        return OrdinalSet(members.ordinals.lazy.map { profileOf[Int($0)] }).ordinals
    }
}

/// One record of a segment's history.
public struct MembershipRecord: Sendable, Hashable {
    /// Records of a store count up from 1 in the order in which they were made.
    public var number: Int64
    /// The segment's name.
    public var segment: String
    /// The instant that was answered for; within a segment it never goes back.
    public var at: Instant
    /// Why it is recorded.
    public var cause: MembershipCause
    /// What was answered; nil where the segment was dropped.
    public var expression: String?
    /// How many entered and exited.
    public var enteredCount, exitedCount: Int
    /// Which of the people asked for entered and exited; nobody where none were asked for.
    public var entered, exited: OrdinalSet

    /// Joins the parts, as a store read them; by default with nobody in `entered` and `exited`.
    public init(
        number: Int64, segment: String, at: Instant, cause: MembershipCause, expression: String?, enteredCount: Int, exitedCount: Int,
        entered: OrdinalSet = OrdinalSet(), exited: OrdinalSet = OrdinalSet()
    ) {
        self.number = number
        self.segment = segment
        self.at = at
        self.cause = cause
        self.expression = expression
        (self.enteredCount, self.exitedCount) = (enteredCount, exitedCount)
        (self.entered, self.exited) = (entered, exited)
    }
}

/// Definitions to save and to remove, and the changes of membership that come of it: all of it happens, or nothing.
public struct DefinitionEdit: Sendable, Hashable {
    /// A definition to remove.
    public struct Removal: Sendable, Hashable {
        /// The kind of what is removed.
        public var kind: Definition.Kind
        /// Its name, unique within its kind.
        public var name: String
        /// When it is dropped: a segment's history ends then, or at its last record where that is later.
        public var at: Instant

        /// Joins the parts.
        public init(kind: Definition.Kind, name: String, at: Instant) { (self.kind, self.name, self.at) = (kind, name, at) }
    }
    /// Saved first, each replacing the one of its kind and name.
    public var saved: [Definition]
    /// Removed next. A recorded segment gets a last record, cause `definition`: everybody exits. What is not there is passed over.
    public var removed: [Removal]
    /// Recorded last. Several of one segment follow each other in this order, all `after` the same number.
    public var changes: [MembershipChange]

    /// Joins the parts; by default nothing is changed.
    public init(saved: [Definition] = [], removed: [Removal] = [], changes: [MembershipChange] = []) {
        (self.saved, self.removed, self.changes) = (saved, removed, changes)
    }
}

/// What came of an edit.
public enum EditOutcome: Sendable, Hashable {
    /// All of it is stored; as many definitions were there to be removed, and the changes got these numbers, in their order.
    case applied(removed: Int, records: [Int64])
    /// Nothing is stored: somebody recorded this segment after the change was computed. Take a new snapshot, compute the change again, try again.
    case outdated(segment: String)

    /// How many of the definitions to be removed were there; nil where nothing is stored.
    public var removedCount: Int? { if case .applied(let removed, _) = self { removed } else { nil } }
}
