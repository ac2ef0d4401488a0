import EventModel
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

private let said = PeopleStatement(at: Instant(milliseconds: 1_000), by: "tester")

private func line(
    _ id: String, _ ids: String, traits: String = "{}", type: String = "identify", at second: Int = 0
) -> String {
    #"{"type":"\#(type)","messageId":"\#(id)",\#(ids),"event":"E","previousId":"p","traits":\#(traits),"#
        + #""timestamp":"2026-01-01T00:00:\#(10 + second).000Z"}"#
}

private func batch(_ lines: some Sequence<String>) -> MessageBatch { MessageBatch(lines: lines.joined(separator: "\n")) }

/// Messages of few people, addresses and numbers, each in several spellings; some name nobody, some are no address.
private func messages(_ count: Int, _ random: inout ContractRandom) -> [String] {
    (0..<count).map { number in
        let (user, anonymous) = ("\"userId\":\"u\(random.below(8))\"", "\"anonymousId\":\"a\(random.below(8))\"")
        let ids = [user, user, anonymous, "\(user),\(anonymous)"][random.below(4)]
        let email = ["e\(random.below(6))@x.at", " E\(random.below(6))@X.at", "test@x.at", "no address", ""][random.below(5)]
        let phone = ["\"+43 660 12345\(random.below(5))\"", "\"0043660 12345\(random.below(5))\"", "4366012345", "null"][random.below(4)]
        var traits = ["\"n\":\(number)"]
        if random.once(in: 2) { traits.append("\"email\":\"\(email)\"") }
        if random.once(in: 3) { traits.append("\"phone\":\(phone)") }
        let type = ["identify", "identify", "identify", "group", "track"][random.below(5)]
        let group = type == "group" ? ",\"groupId\":\"g\"" : ""
        return line("m\(number)", ids + group, traits: "{\(traits.joined(separator: ","))}", type: type, at: random.below(40))
    }
}

/// Who is who by the definition: links in the order of their times, then of their ends, each in force unless it is blocked or passes a limit.
private func expected(_ lines: [String], _ rules: IdentityRules) throws -> Set<Set<Identifier>> {
    let blocked = BlockedValues(rules)
    var earliest: [[Identifier]: Instant] = [:]
    var groups: [Set<Identifier>] = []
    func meet(_ identifier: Identifier) { if !groups.contains(where: { $0.contains(identifier) }) { groups.append([identifier]) } }
    for line in lines {
        let message = try ContiguousArray(line.utf8).withUnsafeBufferPointer { try Message(parsing: $0, derivedID: nil) }
        let own = [message.userID.map { Identifier(.user, $0) }, message.anonymousID.map { Identifier(.anonymous, $0) }].compactMap { $0 }
        var pairs = own.count == 2 ? [own] : []
        for kind in rules.links where message.kind == .identify {
            guard let value = message.traits[kind.word].flatMap(kind.normalised) else { continue }
            pairs.append([own[0], Identifier(kind, value)])
        }
        for identifier in own + pairs.flatMap({ $0 }) { meet(identifier) }
        for pair in pairs {
            let ends = pair.sorted { $0.precedes($1) }
            earliest[ends] = min(earliest[ends] ?? message.timestamp, message.timestamp)
        }
    }
    let ordered = earliest.sorted { a, b in
        if a.value != b.value { return a.value < b.value }
        return a.key[0] == b.key[0] ? a.key[1].precedes(b.key[1]) : a.key[0].precedes(b.key[0])
    }
    for (ends, _) in ordered {
        guard !ends.contains(where: { blocked.contains($0.text, kind: $0.kind) }),
            let a = groups.firstIndex(where: { $0.contains(ends[0]) }), let b = groups.firstIndex(where: { $0.contains(ends[1]) }), a != b
        else { continue }
        let joined = groups[a].union(groups[b])
        if rules.limits.contains(where: { kind, most in joined.count { $0.kind == kind } > most }) { continue }
        groups[a] = joined
        groups.remove(at: b)
    }
    // An address that nobody is linked by is nobody.
    return Set(groups.filter { $0.contains { $0.kind.trait == nil } })
}

struct LinkingTraitsTests {
    @Test(arguments: UInt64(1)...(isLong ? 100 : 8))
    func `traits link as the rules say, in any order, in the tail, in blocks, rebuilt, and under rules that come later`(seed: UInt64) throws
    {
        let folder = try Folder()
        var random = ContractRandom(seed: seed)
        var rules = IdentityRules()
        rules.links = random.once(in: 3) ? [.email] : [.email, .phone]
        if random.once(in: 2) { rules.limits[.user] = 1 + random.below(3) }
        if random.once(in: 3) { rules.limits[.email] = 1 + random.below(3) }
        if random.once(in: 2) { rules.blockedByKind[.email] = .init(texts: ["test@*"]) }
        let all = messages(20 + random.below(60), &random)
        let wanted = try expected(all, rules)
        for order in 0..<2 {
            let lines = order == 0 ? all : all.shuffled(using: &random)
            let store = try SQLiteStore(path: folder / "s\(order).tessera", mode: .create)
            let first = try store.makeWriter(rules: rules, statement: said)
            let writer = try followed(lines, into: store, by: first, &random) { batch($0) }
            #expect(try people(store.snapshot()) == wanted, "in the tail")
            try writer.commit(source: nil, position: nil)
            #expect(try people(store.snapshot()) == wanted, "in blocks")
            try writer.rebuild()
            try writer.close()
            #expect(try people(store.snapshot()) == wanted, "rebuilt")
        }
        // Rules that come later, and go again: nobody is left of the addresses.
        let store = try SQLiteStore(path: folder / "later.tessera", mode: .create)
        let writer = try store.makeWriter()
        _ = try writer.append(writer.makeDecoder().decode(batch(all)))
        try writer.commit(source: nil, position: nil)
        try writer.close()
        let free = try people(store.snapshot())
        try store.makeWriter(rules: rules, statement: said).close()
        #expect(try people(store.snapshot()) == wanted)
        try store.makeWriter(rules: IdentityRules(), statement: said).close()
        #expect(try people(store.snapshot()) == free)
        try store.makeWriter(rules: rules, statement: said).close()
        #expect(try people(store.snapshot()) == wanted)
        let names = try store.snapshot().peopleRecords(touching: nil).flatMap { $0.before + $0.after }
        #expect(try names.allSatisfy { try store.snapshot().identifier(Int($0)).kind.trait == nil })
    }

    @Test func `two people with one address are one, found by it in any spelling, and an unmerge parts them`() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        var rules = IdentityRules()
        rules.links = [.email, .phone]
        rules.blockedByKind[.email] = .init(texts: ["info@*"])
        let writer = try store.makeWriter(rules: rules, statement: said)
        _ = try writer.appendDurably(
            batch([
                line("1", "\"userId\":\"ann\"", traits: #"{"email":"Ann@Example.com"}"#),
                line("2", "\"anonymousId\":\"tablet\"", traits: #"{"email":"ann@example.com ","phone":"+43 660 1234567"}"#),
                line("3", "\"userId\":\"bob\"", traits: #"{"phone":"0043 (0)660 1234567"}"#),
                line("4", "\"userId\":\"shop\"", traits: #"{"email":"info@example.com"}"#),
                line("5", "\"userId\":\"office\"", traits: #"{"email":"info@example.com"}"#),
            ]))
        func names() throws -> [String] { try store.snapshot().canonicalIDs().sorted() }
        #expect(try names() == ["ann", "office", "shop"])
        let snapshot = try store.snapshot()
        #expect(try snapshot.peopleRecords(touching: nil).map(\.cause) == [.rules], "whoever is new is no merge")
        #expect(try snapshot.refusedLinks().map(\.refusal) == [.blocked, .blocked])
        let address = try #require(try snapshot.ordinal(of: "ann@example.com", kind: .email))
        #expect(try snapshot.canonicalIDs()[Int(snapshot.profileOfIdentifier[address])] == "ann")
        let nobody = try #require(try snapshot.ordinal(of: "info@example.com", kind: .email))
        #expect(snapshot.profileOfIdentifier[nobody] == IdentifierKind.nobody)
        // Parted by the number they share, not by more; a message that says it again does not join them.
        let outcome = try writer.unmerge(Identifier(.user, "bob"), from: Identifier(.user, "ann"), statement: said)
        guard case .done(1, let record) = outcome else { throw StoreError(.damaged, "\(outcome)") }
        #expect(record.before.count == 1 && record.after.count == 2)
        _ = try writer.appendDurably(batch([line("6", "\"userId\":\"bob\"", traits: #"{"phone":"+436601234567"}"#)]))
        #expect(try names() == ["ann", "bob", "office", "shop"])
        // The address alone: it is nobody then.
        guard case .done(2, let parted) = try writer.unmerge(Identifier(.email, "ann@example.com"), from: nil, statement: said) else {
            throw StoreError(.damaged, "the address is not parted")
        }
        #expect(parted.before.count == 1 && parted.after.count == 2)
        #expect(try names() == ["ann", "bob", "office", "shop", "tablet"])
        _ = try writer.rejoin(2, statement: said)
        _ = try writer.rejoin(1, statement: said)
        #expect(try names() == ["ann", "office", "shop"])
        // Two that were apart and turn out to be one are a merge, told by people and not by the address.
        _ = try writer.appendDurably(
            batch([
                line("7", "\"userId\":\"cleo\"", traits: #"{"email":"cleo@example.com"}"#),
                line("8", "\"userId\":\"ann\"", traits: #"{"email":"cleo@example.com"}"#),
            ]))
        let last = try #require(try store.snapshot().peopleRecords(touching: nil).last)
        #expect(last.cause == .merge(messageID: "8"))
        let now = try store.snapshot()
        #expect(try last.before.map { try now.identifier(Int($0)).text }.sorted() == ["ann", "cleo"])
        let before = try people(now)
        try writer.rebuild()
        try writer.close()
        #expect(try people(store.snapshot()) == before)
    }

    @Test func `an alias means ids, never addresses`() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        var rules = IdentityRules()
        rules.links = [.email]
        let writer = try store.makeWriter(rules: rules, statement: said)
        let alias =
            #"{"type":"alias","messageId":"a","userId":"bob","previousId":"ann@example.com","timestamp":"2026-01-01T00:00:00Z"}"#
        let known = line("1", "\"userId\":\"ann\"", traits: #"{"email":"ann@example.com"}"#)
        _ = try writer.appendDurably(batch([known, alias]))
        #expect(try store.snapshot().profileCount == 2)
        _ = try writer.appendDurably(batch([line("2", "\"userId\":\"cleo\"", traits: #"{"email":"ann@example.com"}"#)]))
        #expect(try store.snapshot().profileCount == 2)
        try writer.close()
    }
}
