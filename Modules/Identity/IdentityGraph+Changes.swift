public import Storage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// MARK: What the log of people says

extension IdentityGraph {
    /// Profiles that became others: two that became one, or some that a limit grouped anew. Profiles are named by the ordinals of the
    /// identifiers they are called by.
    public struct Change: Sendable, Hashable {
        /// The profiles as they were, ascending by their least identifiers; those whose identifiers are all new are not among them.
        public var before: [UInt32]
        /// The same people afterwards.
        public var after: [UInt32]
        /// The place of the link that did it; -1 where no single one did.
        public var link: Int
    }

    /// Changes since the last call, in their order; none at the first call, which begins the count. The message that comes next may bring
    /// new identifiers, which no profile had before.
    public mutating func takeChanges() -> [Change] {
        judgeLimited()
        if limited != nil { firstNew = UInt32(count) }
        defer { changes = [] }
        return changes ?? []
    }

    /// Whether `takeChanges` has something to give, as far as is known without looking at limits.
    @inline(__always)
    public var hasChanges: Bool { changes?.isEmpty == false }

    /// A message begins: identifiers that are not known yet are new. Where there are limits a batch counts as one message.
    @inline(__always)
    public mutating func beginMessage() { if limited == nil { firstNew = UInt32(parents.count) } }

    /// Identifiers of profiles that were parted or grouped anew since the last call, all of each such profile's, ascending.
    public mutating func takeRegrouped() -> [UInt32] {
        judgeLimited()
        defer { regrouped = [] }
        return regrouped.sorted()
    }

    /// Everything is on disk: nothing is new about links that were there before.
    public mutating func wasSaved() {
        hasNewRefusals = false
        earlierLinks = []
        earlierAliases = []
    }

    /// The identifier that an identifier's profile is called by: its least user, else its least anonymous one, by scalars.
    public mutating func name(of ordinal: UInt32) -> UInt32 { names[Int(profile(of: ordinal))] }

    /// Whether one identifier comes before another among the names of a person.
    func precedes(_ a: UInt32, _ b: UInt32) -> Bool {
        let (x, y) = (Int(a), Int(b))
        guard texts.kinds[x] == texts.kinds[y] else { return texts.kinds[x] < texts.kinds[y] }
        return texts.bytes.withUnsafeBufferPointer { bytes in
            let (left, right) = (texts.offsets[x]..<texts.offsets[x + 1], texts.offsets[y]..<texts.offsets[y + 1])
            let shared = min(left.count, right.count)
            let order = shared == 0 ? 0 : memcmp(bytes.baseAddress! + left.lowerBound, bytes.baseAddress! + right.lowerBound, shared)
            return order == 0 ? left.count < right.count : order < 0
        }
    }

    /// An identifier in words.
    public func identifier(_ ordinal: UInt32) -> Identifier {
        Identifier(IdentifierKind(rawValue: texts.kinds[Int(ordinal)]) ?? .user, texts[Int(ordinal)])
    }
}
