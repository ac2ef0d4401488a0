import CMemory
public import Storage

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Who is who: every identifier ever seen, and which of them are one person.
///
/// Deterministic: profiles are the connected components over all links in force, whatever their order. Every link that was ever said is
/// kept; decisions (unmerges, blocked values, limits) take some out of force, and which follows from what was said and decided, not from
/// when it arrived. An alias joins every known identifier of its previous text, judged when either arrives. Identifiers get ordinals from 0
/// in the order of their first sight. Union-find with path halving (R. E. Tarjan, "Efficiency of a Good But Not Linear Set Union
/// Algorithm", 1975). Confined to one thread.
public struct IdentityGraph: ~Copyable {
    /// Two identifiers that a message says are one person.
    public struct Link: Sendable, Hashable {
        /// Ordinals of the two identifiers; their order means nothing.
        public var a, b: UInt32
        /// The first message that said so.
        public var message: MessageKey
        /// Whether `message` holds the bytes of a UUID, not the hash of another text.
        public var messageIsUUID: Bool
        /// Milliseconds of the earliest message that said so; only kept where limits ask for it.
        public internal(set) var time: Int64

        /// Joins the parts; `a` and `b` differ.
        public init(a: UInt32, b: UInt32, message: MessageKey, messageIsUUID: Bool, time: Int64 = .max) {
            (self.a, self.b, self.message, self.messageIsUUID, self.time) = (a, b, message, messageIsUUID, time)
        }
    }

    /// A user said to have been known by another text.
    public struct Alias: Sendable, Hashable {
        /// Ordinal of the identifier the alias came with: its user, or its anonymous identifier where it names no user.
        public var user: UInt32
        /// The UTF-8 of `alias.previousId`; identifiers of any kind with this text are meant.
        public var previous: [UInt8]
        /// The first message that said so.
        public var message: MessageKey
        /// Whether `message` holds the bytes of a UUID, not the hash of another text.
        public var messageIsUUID: Bool
        /// Milliseconds of the earliest message that said so; only kept where limits ask for it.
        public internal(set) var time: Int64

        /// Joins the parts.
        public init(user: UInt32, previous: [UInt8], message: MessageKey, messageIsUUID: Bool, time: Int64 = .max) {
            (self.user, self.previous, self.message, self.messageIsUUID, self.time) = (user, previous, message, messageIsUUID, time)
        }
    }

    /// The identifiers' texts; they only grow.
    public private(set) var texts: IdentifierTexts
    /// What people decided about who is who.
    public internal(set) var decisions = IdentityDecisions()
    /// Every distinct pair, in the order of their first sight, in force or not.
    public internal(set) var links: [Link] = []
    /// Every distinct pair of identifier and previous text, in the order of their first sight; they stay, since an identifier of that text
    /// may yet arrive.
    public internal(set) var aliases: [Alias] = []
    /// Why links that are out of force are, by their place in `links`.
    public internal(set) var refusals: [Int: LinkRefusal] = [:]
    /// Whether `refusals` is another than when everything was saved last.
    public internal(set) var hasNewRefusals = false
    /// Places of links of which an earlier message was seen since everything was saved last.
    public internal(set) var earlierLinks: Set<Int> = []
    /// The same of aliases.
    public internal(set) var earlierAliases: Set<Int> = []

    private var hashes: ContiguousArray<UInt64> = []
    private var slots: ContiguousArray<UInt32>
    var parents: ContiguousArray<UInt32> = []
    /// By root: the identifier that the profile is called by.
    var names: ContiguousArray<UInt32> = []
    /// The identifier each identifier was linked with last: most messages repeat the last pair.
    private var lastLinked: ContiguousArray<UInt32> = []
    private var pairs: Set<UInt64> = []
    private var aliasesByText: [[UInt8]: [Int]] = [:]
    /// Profiles that became one since somebody last asked; nil: nobody wants to know.
    var merges: [ProfileMerge]?
    var regrouped: Set<UInt32> = []
    /// What the log of people has to say since somebody last asked; nil: nobody wants to know.
    var changes: [Change]?
    /// Identifiers from this one on are new: joining them to a profile is no merge.
    var firstNew: UInt32 = 0
    var decided = DecidedIdentifiers()
    var limited: LimitedLinks?
    static let none = UInt32.max

    /// An empty graph.
    public init() {
        texts = IdentifierTexts()
        slots = ContiguousArray(repeating: Self.none, count: 1_024)
    }

    /// Continues from what a store holds. `hash` must be the one that later calls use.
    public init(
        texts: IdentifierTexts, links: [Link], aliases: [Alias], decisions: IdentityDecisions = IdentityDecisions(),
        hash: (UnsafeBufferPointer<UInt8>, IdentifierKind) -> UInt64
    ) {
        self.init()
        self.texts = texts
        prepare(decisions)
        texts.bytes.withUnsafeBufferPointer { bytes in
            for ordinal in 0..<texts.count {
                let text = UnsafeBufferPointer(rebasing: bytes[texts.offsets[ordinal]..<texts.offsets[ordinal + 1]])
                hashes.append(hash(text, IdentifierKind(rawValue: texts.kinds[ordinal]) ?? .user))
                parents.append(UInt32(ordinal))
                names.append(UInt32(ordinal))
                lastLinked.append(Self.none)
                if !decisions.isEmpty { decided.meet(UInt32(ordinal), text, kind: texts.kinds[ordinal]) }
            }
        }
        resize(to: max(1_024, texts.count * 2))
        for link in links { add(link) }
        for alias in aliases { keep(alias) }
        judgeLimited()
        firstNew = UInt32(count)
    }

    /// How many identifiers are known.
    public var count: Int { parents.count }

    /// Fetches what `find` will look at first, for a caller that knows its questions ahead.
    @inline(__always)
    public func prefetch(hash: UInt64) {
        slots.withUnsafeBufferPointer { tessera_prefetch($0.baseAddress! + Int(truncatingIfNeeded: hash) & ($0.count - 1)) }
    }

    /// The ordinal of an identifier, nil where it was never seen.
    ///
    /// - Parameter hash: A hash of kind and text, the same at every call for the same identifier.
    @inline(__always)
    public func find(_ text: UnsafeBufferPointer<UInt8>, kind: IdentifierKind, hash: UInt64) -> UInt32? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let ordinal = slots[slot]
            if ordinal == Self.none { return nil }
            let place = Int(ordinal)
            if hashes[place] == hash, texts.kinds[place] == kind.rawValue, holds(place, text) { return ordinal }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private func holds(_ place: Int, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = texts.offsets[place]
        guard texts.offsets[place + 1] - start == text.count else { return false }
        return texts.bytes.withUnsafeBufferPointer {
            text.count == 0 || memcmp($0.baseAddress! + start, text.baseAddress!, text.count) == 0
        }
    }

    /// Enters an identifier that `find` does not know, and joins it to the aliases that name its text.
    public mutating func insert(_ text: UnsafeBufferPointer<UInt8>, kind: IdentifierKind, hash: UInt64) -> UInt32 {
        let ordinal = UInt32(count)
        texts.kinds.append(kind.rawValue)
        texts.bytes.append(contentsOf: text)
        texts.offsets.append(texts.bytes.count)
        hashes.append(hash)
        parents.append(ordinal)
        names.append(ordinal)
        lastLinked.append(Self.none)
        if !decisions.isEmpty { decided.meet(ordinal, text, kind: kind.rawValue) }
        if count * 2 > slots.count { resize(to: count * 2) } else { place(ordinal) }
        if kind.trait == nil, !aliasesByText.isEmpty, let waiting = aliasesByText[Array(text)] {
            for index in waiting {
                let alias = aliases[index]
                link(alias.user, ordinal, message: alias.message, isUUID: alias.messageIsUUID, time: alias.time)
            }
        }
        return ordinal
    }

    /// Makes two identifiers one person, unless a decision stands against it.
    ///
    /// - Parameter time: Milliseconds of the message.
    @inline(__always)
    public mutating func link(_ a: UInt32, _ b: UInt32, message: MessageKey, isUUID: Bool, time: Int64 = .max) {
        if a == b || lastLinked[Int(b)] == a && limited == nil { return }
        lastLinked[Int(b)] = a
        guard !pairs.contains(Self.pair(a, b)) else {
            if limited != nil { hear(Self.pair(a, b), at: time) }
            return
        }
        add(Link(a: a, b: b, message: message, messageIsUUID: isUUID, time: limited == nil ? .max : time))
    }

    @inline(__always)
    static func pair(_ a: UInt32, _ b: UInt32) -> UInt64 { UInt64(min(a, b)) << 32 | UInt64(max(a, b)) }

    /// Joins `user` to every identifier, known or to come, whose text is `previous`.
    ///
    /// - Parameter time: Milliseconds of the message.
    /// - Parameter hash: Gives the hash of `previous` as an identifier of a kind.
    public mutating func alias(
        user: UInt32, previous: UnsafeBufferPointer<UInt8>, message: MessageKey, isUUID: Bool, time: Int64 = .max,
        hash: (IdentifierKind) -> UInt64
    ) {
        for kind in IdentifierKind.carried {
            if let known = find(previous, kind: kind, hash: hash(kind)) {
                link(user, known, message: message, isUUID: isUUID, time: time)
            }
        }
        let text = Array(previous)
        if let known = aliasesByText[text]?.first(where: { aliases[$0].user == user }) {
            guard limited != nil, time < aliases[known].time else { return }
            aliases[known].time = time
            earlierAliases.insert(known)
            return
        }
        keep(Alias(user: user, previous: text, message: message, messageIsUUID: isUUID, time: limited == nil ? .max : time))
    }

    /// Profile number of each identifier, dense from 0 in the order of each profile's first identifier, `IdentifierKind.nobody` for a
    /// trait's value that is linked to nobody; shape `[count]`.
    public mutating func profiles() -> (profileOfIdentifier: ContiguousArray<UInt32>, count: Int) {
        judgeLimited()
        var numbers = ContiguousArray<UInt32>(repeating: Self.none, count: count)
        var profiles: UInt32 = 0
        var out = ContiguousArray<UInt32>(repeating: 0, count: count)
        for ordinal in 0..<count {
            let root = Int(root(UInt32(ordinal)))
            if numbers[root] == Self.none {
                if isTrait(UInt32(root)) {
                    out[ordinal] = IdentifierKind.nobody
                    continue
                }
                numbers[root] = profiles
                profiles += 1
            }
            out[ordinal] = numbers[root]
        }
        return (out, Int(profiles))
    }

    /// The same from the links in force alone, for readers that need no texts.
    ///
    /// - Parameter kinds: `IdentifierKind` of each identifier, where some are traits' values.
    public static func profiles(
        count: Int, links: [(a: UInt32, b: UInt32)], kinds: ContiguousArray<UInt8>? = nil
    ) -> (profileOfIdentifier: ContiguousArray<UInt32>, count: Int) {
        var graph = IdentityGraph()
        graph.texts.kinds = kinds ?? []
        graph.parents = ContiguousArray(0..<UInt32(count))
        for link in links { graph.union(link.a, link.b) }
        return graph.profiles()
    }

    /// The profile that an identifier belongs to: the least ordinal of its identifiers, those of traits aside. A trait's value that is
    /// linked to nobody is called by itself.
    public mutating func profile(of ordinal: UInt32) -> UInt32 {
        judgeLimited()
        return root(ordinal)
    }

    /// Profiles that became one since the last call, in the order in which they did; none at the first call, which begins the count.
    public mutating func takeMerges() -> [ProfileMerge] {
        judgeLimited()
        defer { merges = [] }
        return merges ?? []
    }

    private mutating func add(_ link: Link) {
        pairs.insert(Self.pair(link.a, link.b))
        links.append(link)
        if decisions.isEmpty { union(link.a, link.b) } else { stand(links.count - 1) }
    }

    private mutating func keep(_ alias: Alias) {
        aliasesByText[alias.previous, default: []].append(aliases.count)
        aliases.append(alias)
    }

    mutating func union(_ a: UInt32, _ b: UInt32) {
        let (x, y) = (root(a), root(b))
        guard x != y else { return }
        // A trait's value is a root only while it is alone: people are called by what messages carry.
        let isTrait = (isTrait(x), isTrait(y))
        let (kept, old) = isTrait.0 != isTrait.1 ? (isTrait.0 ? (y, x) : (x, y)) : (min(x, y), max(x, y))
        parents[Int(old)] = kept
        merges?.append(ProfileMerge(old: old, kept: kept))
        // Without texts nobody has a name.
        guard !names.isEmpty else { return }
        let before = [names[Int(kept)], names[Int(old)]]
        if precedes(before[1], before[0]) { names[Int(kept)] = before[1] }
        if max(x, y) < firstNew, !isTrait.0, !isTrait.1 {
            changes?.append(Change(before: before, after: [names[Int(kept)]], link: links.count - 1))
        }
    }

    /// Whether an identifier is a trait's value.
    @inline(__always)
    func isTrait(_ ordinal: UInt32) -> Bool {
        !texts.kinds.isEmpty && IdentifierKind(rawValue: texts.kinds[Int(ordinal)])?.trait != nil
    }

    mutating func root(_ ordinal: UInt32) -> UInt32 {
        var at = ordinal
        while parents[Int(at)] != at {
            parents[Int(at)] = parents[Int(parents[Int(at)])]
            at = parents[Int(at)]
        }
        return at
    }

    private mutating func place(_ ordinal: UInt32) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hashes[Int(ordinal)]) & mask
        while slots[slot] != Self.none { slot = (slot + 1) & mask }
        slots[slot] = ordinal
    }

    private mutating func resize(to needed: Int) {
        var size = slots.count
        while size < needed * 2 { size *= 2 }
        slots = ContiguousArray(repeating: Self.none, count: size)
        for ordinal in 0..<count { place(UInt32(ordinal)) }
    }
}
