import Storage

/// The links that limits may stand against, by groups that have no influence on each other: components over all links that are neither
/// cut nor blocked. Which of a group's links are in force follows from the group alone.
struct LimitedLinks {
    private var parents: [UInt32: UInt32] = [:]
    /// Links of each group, by its root.
    private var groups: [UInt32: [Int]] = [:]
    /// Places of links by their pairs, for those that are said again.
    private(set) var places: [UInt64: Int] = [:]
    private var waiting: Set<UInt32> = []

    /// Takes a link; its group has to be judged anew.
    mutating func add(_ index: Int, _ link: IdentityGraph.Link) {
        places[IdentityGraph.pair(link.a, link.b)] = index
        var (kept, gone) = (root(link.a), root(link.b))
        if kept != gone {
            // The smaller group moves.
            if groups[kept, default: []].count < groups[gone, default: []].count { swap(&kept, &gone) }
            parents[gone] = kept
            groups[kept, default: []] += groups.removeValue(forKey: gone) ?? []
        }
        groups[kept, default: []].append(index)
        waiting.insert(kept)
    }

    /// A group's links have other times.
    mutating func touch(_ ordinal: UInt32) { waiting.insert(root(ordinal)) }

    var isSettled: Bool { waiting.isEmpty }

    /// Links of the groups that wait to be judged, each group's together.
    mutating func takeWaiting() -> [[Int]] {
        defer { waiting = [] }
        var roots: Set<UInt32> = []
        for ordinal in waiting { roots.insert(root(ordinal)) }
        return roots.sorted().map { groups[$0] ?? [] }
    }

    private mutating func root(_ ordinal: UInt32) -> UInt32 {
        var at = ordinal
        while let parent = parents[at] { at = parent }
        // Later questions are short.
        var walk = ordinal
        while let parent = parents[walk], parent != at {
            parents[walk] = at
            walk = parent
        }
        return at
    }
}

extension IdentityGraph {
    /// A link was said again, by a message of this time.
    mutating func hear(_ pair: UInt64, at time: Int64) {
        guard let index = limited?.places[pair], time < links[index].time else { return }
        links[index].time = time
        earlierLinks.insert(index)
        limited?.touch(links[index].a)
    }

    /// Judges the groups that changed: their links are taken one by one, those of the first priority and of the earliest time first, and one
    /// that would pass a limit joins nobody.
    mutating func judgeLimited() {
        guard limited?.isSettled == false, let groups = limited?.takeWaiting() else { return }
        for group in groups { judge(group) }
        firstNew = UInt32(count)
    }

    private mutating func judge(_ group: [Int]) {
        var members: Set<UInt32> = []
        for index in group {
            members.insert(links[index].a)
            members.insert(links[index].b)
        }
        let ordered = members.sorted()
        let before = ordered.map { root($0) }
        let namesBefore = before.map { names[Int($0)] }
        for ordinal in ordered {
            parents[Int(ordinal)] = ordinal
            names[Int(ordinal)] = ordinal
        }
        // Whoever waits for their end hears of the whole change, not of its steps.
        let (wanted, told) = (merges, changes)
        (merges, changes) = (nil, nil)
        let limits = decisions.rules.limits
        var counts: [UInt32: [UInt8: Int]] = [:]
        for ordinal in ordered { counts[ordinal] = [texts.kinds[Int(ordinal)]: 1] }
        for index in inOrder(group) {
            let (x, y) = (root(links[index].a), root(links[index].b))
            var refusal: LinkRefusal?
            var joined: [UInt8: Int]?
            if x != y {
                let sum = counts[x, default: [:]].merging(counts[y, default: [:]], uniquingKeysWith: +)
                let passed = IdentifierKind.allCases.first { kind in limits[kind].map { sum[kind.rawValue, default: 0] > $0 } ?? false }
                if let passed { refusal = .limit(passed) } else { joined = sum }
            }
            if refusals[index] != refusal { hasNewRefusals = true }
            refusals[index] = refusal
            if refusal == nil { union(links[index].a, links[index].b) }
            if let joined { counts[root(x)] = joined }
        }
        (merges, changes) = (wanted, told)
        tell(ordered, before, namesBefore, group)
    }

    /// The links of a group in the order in which they are judged; nothing in it depends on the order of arrival.
    private func inOrder(_ group: [Int]) -> [Int] {
        let priorities = decisions.rules.priorities
        func rank(_ ordinal: UInt32) -> Int {
            priorities.firstIndex { $0.rawValue == texts.kinds[Int(ordinal)] } ?? priorities.count
        }
        let keyed = group.map { index -> (place: Int, ranks: (Int, Int), time: Int64, ends: (UInt32, UInt32)) in
            let link = links[index]
            let (x, y) = (rank(link.a), rank(link.b))
            let ends = precedes(link.a, link.b) ? (link.a, link.b) : (link.b, link.a)
            return (index, (min(x, y), max(x, y)), link.time, ends)
        }
        return keyed.sorted { a, b in
            if a.ranks != b.ranks { return a.ranks < b.ranks }
            if a.time != b.time { return a.time < b.time }
            if a.ends.0 != b.ends.0 { return precedes(a.ends.0, b.ends.0) }
            return precedes(a.ends.1, b.ends.1)
        }.map(\.place)
    }

    /// Says what judging a group changed: merges where profiles only grew, else everybody of the group.
    private mutating func tell(_ members: [UInt32], _ before: [UInt32], _ namesBefore: [UInt32], _ group: [Int]) {
        guard merges != nil || changes != nil else { return }
        let after = members.map { root($0) }
        var wholes: [UInt32: Set<UInt32>] = [:]
        for (old, new) in zip(before, after) { wholes[old, default: []].insert(new) }
        let onlyGrew = wholes.values.allSatisfy { $0.count == 1 }
        guard before != after else { return }
        if onlyGrew {
            for (old, new) in zip(members, zip(before, after)).filter({ $0.0 == $0.1.0 && $0.1.0 != $0.1.1 }).map(\.1) {
                merges?.append(ProfileMerge(old: old, kept: new))
            }
        } else {
            regrouped.formUnion(members)
        }
        // The log is about profiles that were there before.
        var (parts, partOf) = ([UInt32: [UInt32]](), [UInt32: UInt32]())
        for place in members.indices
        where members[place] == before[place] && members[place] < firstNew && !isTrait(members[place]) {
            partOf[members[place]] = namesBefore[place]
        }
        if onlyGrew {
            for place in members.indices where partOf[members[place]] != nil { parts[after[place], default: []].append(members[place]) }
            for (whole, joined) in parts.sorted(by: { $0.key < $1.key }) where joined.count > 1 {
                let link = group.last { refusals[$0] == nil && root(links[$0].a) == whole } ?? -1
                changes?.append(Change(before: joined.compactMap { partOf[$0] }, after: [names[Int(whole)]], link: link))
            }
        } else {
            let old = Set(members.indices.filter { members[$0] < firstNew && !isTrait(after[$0]) }.map { after[$0] })
            changes?.append(
                Change(
                    before: members.filter { partOf[$0] != nil }.compactMap { partOf[$0] }, after: old.sorted().map { names[Int($0)] },
                    link: group.last ?? -1))
        }
    }
}
