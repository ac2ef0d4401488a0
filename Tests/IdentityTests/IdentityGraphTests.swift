import Storage
import StorageTesting
import Testing

@testable import Identity

/// A graph that is asked in words.
private struct Graph: ~Copyable {
    var graph = IdentityGraph()

    private static func hash(_ text: String, _ kind: IdentifierKind) -> UInt64 {
        // A poor hash, so that slots are shared.
        text.utf8.reduce(UInt64(kind.rawValue)) { ($0 &* 31 &+ UInt64($1)) % 97 }
    }

    mutating func enter(_ text: String, _ kind: IdentifierKind) -> UInt32 {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            let hash = Self.hash(text, kind)
            return graph.find(bytes, kind: kind, hash: hash) ?? graph.insert(bytes, kind: kind, hash: hash)
        }
    }

    mutating func link(_ a: UInt32, _ b: UInt32) { graph.link(a, b, message: MessageKey(high: 0, low: 1), isUUID: true) }

    mutating func alias(_ user: UInt32, previous: String) {
        Array(previous.utf8).withUnsafeBufferPointer { bytes in
            graph.alias(user: user, previous: bytes, message: MessageKey(high: 0, low: 2), isUUID: true) { Self.hash(previous, $0) }
        }
    }

    /// The same graph as a store would read it back.
    consuming func reopened() -> Graph {
        var other = Graph()
        other.graph = IdentityGraph(texts: graph.texts, links: graph.links, aliases: graph.aliases) { bytes, kind in
            Self.hash(String(decoding: bytes, as: UTF8.self), kind)
        }
        return other
    }

    mutating func people() -> Set<Set<String>> {
        let (profiles, count) = graph.profiles()
        var people = [Set<String>](repeating: [], count: count)
        for (ordinal, profile) in profiles.enumerated() {
            people[Int(profile)].insert("\(graph.texts.kinds[ordinal]) \(graph.texts[ordinal])")
        }
        return Set(people)
    }
}

/// What was said: two identifiers are one, one is seen, one was known by another text.
private enum Said { case linked(Int, Int), seen(Int), alias(Int, String) }

private func name(_ number: Int) -> (String, IdentifierKind) { ("x\(number / 2)", number % 2 == 0 ? .user : .anonymous) }

/// Connected components by colouring until nothing changes.
private func reference(_ all: [Said]) -> Set<Set<String>> {
    var colours: [String: Int] = [:]
    func spelled(_ number: Int) -> String { "\(name(number).1.rawValue) \(name(number).0)" }
    for said in all {
        switch said {
        case .linked(let a, let b): for one in [a, b] where colours[spelled(one)] == nil { colours[spelled(one)] = colours.count }
        case .seen(let a), .alias(let a, _): if colours[spelled(a)] == nil { colours[spelled(a)] = colours.count }
        }
    }
    var edges: [(String, String)] = []
    for said in all {
        if case .linked(let a, let b) = said { edges.append((spelled(a), spelled(b))) }
        if case .alias(let user, let text) = said {
            for kind in IdentifierKind.carried where colours["\(kind.rawValue) \(text)"] != nil {
                edges.append((spelled(user), "\(kind.rawValue) \(text)"))
            }
        }
    }
    var changed = true
    while changed {
        changed = false
        for (a, b) in edges where colours[a] != colours[b] {
            let least = min(colours[a]!, colours[b]!)
            (colours[a], colours[b]) = (least, least)
            changed = true
        }
    }
    return Set(Dictionary(grouping: colours.keys) { colours[$0]! }.values.map(Set.init))
}

@Test(arguments: UInt64(1)...60)
func `profiles are the connected components, whatever the order and wherever the store is reopened`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    let people = 4 + random.below(120)
    let all: [Said] = (0..<(10 + random.below(200))).map { _ in
        let (a, b) = (random.below(people), random.below(people))
        return switch random.below(6) {
        case 0, 1: .linked(a, b)
        case 2: .alias(a, "x\(b / 2)")
        default: .seen(a)
        }
    }
    let wanted = reference(all)
    for order in 0..<3 {
        var graph = Graph()
        let saying = order == 0 ? all : all.shuffled(using: &random)
        for said in saying {
            switch said {
            case .linked(let a, let b):
                let (x, y) = (graph.enter(name(a).0, name(a).1), graph.enter(name(b).0, name(b).1))
                graph.link(x, y)
            case .seen(let a): _ = graph.enter(name(a).0, name(a).1)
            case .alias(let user, let text):
                let ordinal = graph.enter(name(user).0, name(user).1)
                graph.alias(ordinal, previous: text)
            }
            if random.once(in: 25) { graph = graph.reopened() }
        }
        #expect(graph.people() == wanted)
        let links = graph.graph.links.map { (a: $0.a, b: $0.b) }
        let fromLinks = IdentityGraph.profiles(count: graph.graph.count, links: links)
        let (profiles, count) = graph.graph.profiles()
        #expect(fromLinks.profileOfIdentifier == profiles && fromLinks.count == count)
        #expect(Set(profiles).count == count && profiles.allSatisfy { Int($0) < count })
    }
}

@Test
func `an alias joins every identifier of that text, whichever arrives first`() {
    var graph = Graph()
    let user = graph.enter("u", .user)
    let before = graph.enter("old", .anonymous)
    graph.alias(user, previous: "old")
    let after = graph.enter("old", .user)
    graph.alias(user, previous: "old")
    let other = graph.enter("v", .user)
    graph.alias(other, previous: "v")
    let (profiles, count) = graph.graph.profiles()
    #expect(profiles[Int(user)] == profiles[Int(before)] && profiles[Int(user)] == profiles[Int(after)])
    #expect(count == 2 && profiles[Int(other)] != profiles[Int(user)])
    // Said twice, kept once; each link names the message that said it.
    #expect(graph.graph.aliases.count == 2 && graph.graph.links.count == 2)
    #expect(graph.graph.links.allSatisfy { $0.message == MessageKey(high: 0, low: 2) })
}

@Test
func `the same pair is kept once, with the first message that said so`() {
    var graph = Graph()
    let (a, b, c) = (graph.enter("a", .user), graph.enter("b", .anonymous), graph.enter("c", .anonymous))
    graph.graph.link(a, b, message: MessageKey(high: 1, low: 1), isUUID: true)
    graph.graph.link(b, a, message: MessageKey(high: 2, low: 2), isUUID: false)
    graph.graph.link(a, c, message: MessageKey(high: 3, low: 3), isUUID: true)
    graph.graph.link(a, b, message: MessageKey(high: 4, low: 4), isUUID: true)
    graph.graph.link(a, a, message: MessageKey(high: 5, low: 5), isUUID: true)
    #expect(graph.graph.links.map(\.message.high) == [1, 3])
}

@Test
func `texts are told apart by scalars and by kind`() {
    var graph = Graph()
    let all = ["caf\u{E9}", "cafe\u{301}", "", "\0", "a", "a\0"].flatMap { text in IdentifierKind.carried.map { graph.enter(text, $0) } }
    #expect(Set(all).count == 12 && graph.graph.count == 12)
    #expect(graph.people().count <= 12 && graph.graph.profiles().count == 12)
}
