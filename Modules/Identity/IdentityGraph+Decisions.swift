public import Storage

// MARK: Decisions: unmerges, blocked values, and limits

extension IdentityGraph {
    /// Begins to keep decisions; identifiers and links come afterwards.
    mutating func prepare(_ decisions: IdentityDecisions) {
        self.decisions = decisions
        decided = DecidedIdentifiers(decisions)
        limited = decisions.rules.limits.isEmpty ? nil : LimitedLinks()
    }

    /// Puts other decisions in place of the present ones: every link is judged anew.
    ///
    /// Where the new rules have limits and the present ones have none, the links' times are not known, and the graph has to be made anew from
    /// all messages.
    public mutating func decide(_ decisions: IdentityDecisions) {
        let before = standing()
        prepare(decisions)
        if !decisions.isEmpty {
            let texts = texts
            texts.bytes.withUnsafeBufferPointer { bytes in
                for ordinal in 0..<count {
                    let text = UnsafeBufferPointer(rebasing: bytes[texts.offsets[ordinal]..<texts.offsets[ordinal + 1]])
                    decided.meet(UInt32(ordinal), text, kind: texts.kinds[ordinal])
                }
            }
        }
        parents = ContiguousArray(0..<UInt32(count))
        names = parents
        hasNewRefusals = hasNewRefusals || !refusals.isEmpty
        refusals = [:]
        let (wanted, told) = (merges, changes)
        (merges, changes) = (nil, nil)
        for index in links.indices { if decisions.isEmpty { union(links[index].a, links[index].b) } else { stand(index) } }
        judgeLimited()
        (merges, changes) = (wanted, told)
        regroup(since: before)
    }

    /// Each identifier's profile.
    private mutating func standing() -> ContiguousArray<UInt32> {
        judgeLimited()
        return ContiguousArray((0..<UInt32(count)).map { root($0) })
    }

    /// Notes everybody whose profile has other identifiers than before.
    private mutating func regroup(since before: ContiguousArray<UInt32>) {
        var moved: Set<UInt32> = []
        for ordinal in 0..<UInt32(count) where root(ordinal) != before[Int(ordinal)] {
            moved.insert(before[Int(ordinal)])
            moved.insert(root(ordinal))
        }
        guard !moved.isEmpty else { return }
        for ordinal in 0..<UInt32(count) where moved.contains(before[Int(ordinal)]) || moved.contains(root(ordinal)) {
            regrouped.insert(ordinal)
        }
    }

    /// Judges the link at a place in `links`, which is not in force yet.
    mutating func stand(_ index: Int) {
        let link = links[index]
        if decided.cuts.contains(Self.pair(link.a, link.b)) { return refuse(index, .cut) }
        if decided.blocked.contains(link.a) || decided.blocked.contains(link.b) { return refuse(index, .blocked) }
        if limited == nil { union(link.a, link.b) } else { limited?.add(index, link) }
    }

    mutating func refuse(_ index: Int, _ refusal: LinkRefusal) {
        refusals[index] = refusal
        hasNewRefusals = true
    }

    /// The links that are out of force, in the order of their first sight.
    public var refusedLinks: [RefusedLink] { Self.refused(refusals) { (links[$0].a, links[$0].b) } }

    /// Links out of force in the order of their places.
    public static func refused(_ refusals: [Int: LinkRefusal], link: (Int) -> (a: UInt32, b: UInt32)) -> [RefusedLink] {
        refusals.sorted { $0.key < $1.key }.map { place, refusal in
            RefusedLink(a: link(place).a, b: link(place).b, refusal: refusal)
        }
    }

    // MARK: Parting

    /// What an unmerge would cut: every link of `ordinal` that is not cut yet, or those that lead to `other`'s side once it is gone; and
    /// what an alias of it may still join.
    ///
    /// - Returns: The pairs, by text; none where nothing holds the two together.
    public mutating func cuts(of ordinal: UInt32, from other: UInt32?) -> [Unmerge.Cut] {
        judgeLimited()
        let own = links.indices.filter { (links[$0].a == ordinal || links[$0].b == ordinal) && refusals[$0] != .cut }
        let ends = own.map { links[$0].a == ordinal ? links[$0].b : links[$0].a }
        let me = identifier(ordinal)
        guard let other else {
            var cuts = ends.map { Unmerge.Cut(me, identifier($0)) }
            var known = Set(cuts)
            for alias in aliases where alias.user == ordinal {
                for kind in IdentifierKind.carried {
                    let cut = Unmerge.Cut(me, Identifier(kind, String(decoding: alias.previous, as: UTF8.self)))
                    if cut.b != me, !isKnownCut(cut), known.insert(cut).inserted { cuts.append(cut) }
                }
            }
            return cuts
        }
        // Who stays together without it.
        var rest = IdentityGraph()
        rest.parents = ContiguousArray(0..<UInt32(count))
        for (index, link) in links.enumerated() where refusals[index] == nil && link.a != ordinal && link.b != ordinal {
            rest.union(link.a, link.b)
        }
        let side = rest.root(other)
        return ends.filter { rest.root($0) == side }.map { Unmerge.Cut(me, identifier($0)) }
    }

    private func isKnownCut(_ cut: Unmerge.Cut) -> Bool {
        decisions.unmerges.contains { $0.cuts.contains(cut) || $0.cuts.contains(Unmerge.Cut(cut.b, cut.a)) }
    }

    /// The identifiers that the profiles of some identifiers are called by, each once, ascending by profile;
    /// a trait's value that is linked to nobody is no profile.
    public mutating func names(of ordinals: some Sequence<UInt32>) -> [UInt32] {
        judgeLimited()
        var roots: Set<UInt32> = []
        for ordinal in ordinals { roots.insert(root(ordinal)) }
        return roots.filter { !isTrait($0) }.sorted().map { names[Int($0)] }
    }
}
