import EventModel
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

private let said = PeopleStatement(at: Instant(milliseconds: 1_000), by: "tester")

/// A link that messages gave, with the earliest time of one that did.
private struct Said: Hashable { var user: String, anonymous: String, time: Int }

/// Who is who by the definition: links in the order of their times (then of their texts), each in force unless the profile would pass a limit.
private func expected(_ messages: [Said], users: Int?, anonymous: Int?) -> Set<Set<Identifier>> {
    var earliest: [[String]: Int] = [:]
    for one in messages { earliest[[one.user, one.anonymous]] = min(earliest[[one.user, one.anonymous]] ?? .max, one.time) }
    var groups: [Set<Identifier>] = Set(messages.flatMap { [Identifier(.user, $0.user), Identifier(.anonymous, $0.anonymous)] })
        .map { [$0] }
    for (pair, _) in earliest.sorted(by: { ($0.value, $0.key[0], $0.key[1]) < ($1.value, $1.key[0], $1.key[1]) }) {
        guard let a = groups.firstIndex(where: { $0.contains(Identifier(.user, pair[0])) }),
            let b = groups.firstIndex(where: { $0.contains(Identifier(.anonymous, pair[1])) }), a != b
        else { continue }
        let joined = groups[a].union(groups[b])
        if let users, joined.count(where: { $0.kind == .user }) > users { continue }
        if let anonymous, joined.count(where: { $0.kind == .anonymous }) > anonymous { continue }
        groups[a] = joined
        groups.remove(at: b)
    }
    return Set(groups)
}

private func batch(_ messages: ArraySlice<(number: Int, said: Said)>) -> MessageBatch {
    MessageBatch(
        lines: messages.map { number, said in
            #"{"type":"track","event":"E","userId":"\#(said.user)","anonymousId":"\#(said.anonymous)","messageId":"m\#(number)","#
                + #""timestamp":"2026-01-01T00:00:\#(10 + said.time).000Z"}"#
        }.joined(separator: "\n"))
}

struct IdentityRulesTests {
    @Test(arguments: UInt64(1)...(isLong ? 100 : 6))
    func `limits hold, whatever the order of arrival, live, reopened and rebuilt`(seed: UInt64) throws {
        let folder = try Folder()
        var random = ContractRandom(seed: seed)
        let (users, anonymous) = (random.once(in: 4) ? nil : 1 + random.below(3), random.once(in: 2) ? nil : 1 + random.below(4))
        var rules = IdentityRules()
        if let users { rules.limits[.user] = users }
        if let anonymous { rules.limits[.anonymous] = anonymous }
        let all = (0..<(20 + random.below(60))).map { number in
            (number: number, said: Said(user: "u\(random.below(9))", anonymous: "a\(random.below(12))", time: random.below(40)))
        }
        let wanted = expected(all.map(\.said), users: users, anonymous: anonymous)
        for order in 0..<2 {
            let messages = order == 0 ? all : all.shuffled(using: &random)
            let store = try SQLiteStore(path: folder / "s\(order).tessera", mode: .create)
            let first = try store.makeWriter(rules: rules, statement: said)
            let writer = try followed(messages, into: store, by: first, &random) { batch($0) }
            #expect(try people(store.snapshot()) == wanted, "in the tail")
            try writer.commit(source: nil, position: nil)
            #expect(try people(store.snapshot()) == wanted, "in blocks")
            #expect(try store.snapshot().refusedLinks().allSatisfy { if case .limit = $0.refusal { true } else { false } })
            try writer.rebuild()
            try writer.close()
            #expect(try people(store.snapshot()) == wanted, "rebuilt")
        }
        // Rules that come later, and go again.
        let store = try SQLiteStore(path: folder / "later.tessera", mode: .create)
        let writer = try store.makeWriter()
        _ = try writer.append(writer.makeDecoder().decode(batch(all[...])))
        try writer.commit(source: nil, position: nil)
        try writer.close()
        let free = try people(store.snapshot())
        try store.makeWriter(rules: rules, statement: said).close()
        #expect(try people(store.snapshot()) == wanted)
        try store.makeWriter().close()
        #expect(try people(store.snapshot()) == wanted)
        try store.makeWriter(rules: IdentityRules(), statement: said).close()
        #expect(try people(store.snapshot()) == free)
        #expect(try store.snapshot().peopleRecords(touching: nil).filter { $0.cause == .rules }.count == (rules.isEmpty ? 0 : 2))
    }

    @Test func `blocked values name nobody, and their messages are kept under the other identifier`() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        var rules = IdentityRules()
        rules.blocked = .init(texts: ["null", "test-*"], repeated: ["0"])
        rules.blockedByKind[.anonymous] = .init(texts: ["kiosk"])
        let writer = try store.makeWriter(rules: rules, statement: said)
        let values = ["NULL", "0", "000", "00000000-0000-0000-0000-000000000000", "test-17", "kiosk", "01", "nullify", "-"]
        let messages = values.flatMap { value in ["one", "two"].map { Said(user: $0 + value, anonymous: value, time: 1) } }
        let numbered = messages.enumerated().map { (number: $0.offset, said: $0.element) }
        _ = try writer.appendDurably(batch(numbered[...]))
        let joined = try people(store.snapshot()).filter { $0.count > 1 }.flatMap { $0 }.filter { $0.kind == .anonymous }.map(\.text)
        #expect(Set(joined) == ["01", "nullify", "-"])
        #expect(try store.snapshot().blocks.reduce(0) { $0 + $1.rows } == messages.count)
        #expect(try store.snapshot().refusedLinks().count == 12)
        try writer.close()
    }

    @Test func `a shared device past its limit is refused with the reason, and the first to come stay`() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        var rules = IdentityRules()
        rules.limits[.user] = 2
        let writer = try store.makeWriter(rules: rules, statement: said)
        let messages = (0..<20).map { (number: $0, said: Said(user: "u\($0)", anonymous: "kiosk", time: $0)) }
        _ = try writer.appendDurably(batch(messages[...]))
        try writer.commit(source: nil, position: nil)
        let refused = try store.snapshot().refusedLinks()
        #expect(refused.count == 18 && refused.allSatisfy { $0.refusal == .limit(.user) })
        #expect(try store.snapshot().profileCount == 19)
        // Somebody who was there earlier, told of late, takes the place of a later one.
        _ = writer.takeMerges()
        _ = try writer.appendDurably(batch([(number: 99, said: Said(user: "u19", anonymous: "kiosk", time: 0))]))
        #expect(!writer.takeRegrouped().isEmpty && writer.takeMerges().isEmpty)
        #expect(
            try people(store.snapshot()).contains([Identifier(.user, "u0"), Identifier(.user, "u19"), Identifier(.anonymous, "kiosk")]))
        #expect(try store.snapshot().peopleRecords(touching: nil).last?.cause == .order(messageID: "m99"))
        try writer.close()
    }
}
