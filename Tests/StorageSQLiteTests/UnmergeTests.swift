import EventModel
import Foundation
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

/// Random messages of few people, so that they meet often; their text is the same for the same seed.
private struct Stream {
    var random: ContractRandom
    private var number = 0

    init(seed: UInt64) { random = ContractRandom(seed: seed) }

    mutating func lines(_ count: Int) -> [String] {
        (0..<count).map { _ in
            number += 1
            let (user, anonymous) = ("u\(random.below(7))", "a\(random.below(9))")
            let ids =
                switch random.below(5) {
                case 0: "\"userId\":\"\(user)\",\"anonymousId\":\"\(anonymous)\""
                case 1: "\"anonymousId\":\"\(anonymous)\""
                default: "\"userId\":\"\(user)\""
                }
            let time = "2026-01-\(10 + random.below(18))T0\(random.below(10)):00:00.000Z"
            let kind =
                switch random.below(8) {
                case 0: #""type":"alias","previousId":"\#(random.once(in: 2) ? "u" : "a")\#(random.below(9))""#
                case 1, 2:
                    #""type":"identify","traits":{"plan":"p\#(number)","email":"E\#(random.below(7))@x.at","n\#(number % 3)":\#(number)}"#
                default: #""type":"track","event":"E\#(number % 2)""#
                }
            return "{\(kind),\(ids),\"messageId\":\"m\(number)\",\"timestamp\":\"\(time)\"}"
        }
    }
}

/// Everything that can be read of people and their messages, without numbers of the store.
private func state(_ snapshot: any StoreSnapshot) throws -> [String] {
    let (ids, profileOf) = (try snapshot.canonicalIDs(), snapshot.profileOfIdentifier)
    var lines: [String] = []
    for ordinal in 0..<snapshot.identifierCount {
        let (kind, text) = try snapshot.identifier(ordinal)
        let profile = profileOf[ordinal]
        lines.append("\(kind.word) \(text) is \(profile == IdentifierKind.nobody ? "nobody" : ids[Int(profile)])")
    }
    for block in snapshot.blocks {
        let ordinals = try snapshot.read(block, paths: []).ordinals
        for (row, message) in try snapshot.messages(block, rows: Array(0..<block.rows)).enumerated() {
            lines.append("\(ids[Int(profileOf[Int(ordinals[row])])]) \(message.json.text)")
        }
    }
    return lines.sorted { $0.precedesByScalars($1) }
}

private func batch(_ lines: [String]) -> MessageBatch { MessageBatch(lines: lines.joined(separator: "\n")) }

private let said = PeopleStatement(at: Instant(milliseconds: 1_000), by: "tester", reason: "because")

/// Components over all pairs that messages give, without those that are cut: by colouring until nothing changes.
private func expectedPeople(_ lines: [String], _ decisions: IdentityDecisions) throws -> Set<Set<Identifier>> {
    let cut = Set(decisions.unmerges.flatMap(\.cuts).map { Set([$0.a, $0.b]) })
    var colours: [Identifier: Int] = [:]
    var pairs: [(Identifier, Identifier)] = []
    let messages = try lines.map { line in
        try ContiguousArray(line.utf8).withUnsafeBufferPointer { try Message(parsing: $0, derivedID: nil) }
    }
    func own(_ message: Message) -> [Identifier] {
        [message.userID.map { Identifier(.user, $0) }, message.anonymousID.map { Identifier(.anonymous, $0) }].compactMap { $0 }
    }
    for message in messages { for one in own(message) where colours[one] == nil { colours[one] = colours.count } }
    for message in messages {
        let own = own(message)
        if own.count == 2 { pairs.append((own[0], own[1])) }
        for kind in decisions.rules.links where message.kind == .identify {
            guard let value = message.traits[kind.word].flatMap(kind.normalised) else { continue }
            let given = Identifier(kind, value)
            if colours[given] == nil { colours[given] = colours.count }
            pairs.append((own[0], given))
        }
        guard message.kind == .alias, let previous = message.previousID else { continue }
        for kind in IdentifierKind.carried where colours[Identifier(kind, previous)] != nil {
            pairs.append((own[0], Identifier(kind, previous)))
        }
    }
    var changed = true
    while changed {
        changed = false
        for (a, b) in pairs where !cut.contains([a, b]) && colours[a] != colours[b] {
            let least = min(colours[a] ?? 0, colours[b] ?? 0)
            (colours[a], colours[b], changed) = (least, least, true)
        }
    }
    let groups = Dictionary(grouping: colours.keys) { colours[$0] ?? 0 }.values.map(Set.init)
    return Set(groups.filter { $0.contains { $0.kind.trait == nil } })
}

struct UnmergeTests {
    @Test(arguments: UInt64(1)...(isLong ? 60 : 5))
    func `merge, more messages, unmerge: the state is that of a store that never saw the links`(seed: UInt64) throws {
        let folder = try Folder()
        var stream = Stream(seed: seed)
        var random = ContractRandom(seed: seed &+ 100)
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        var rules = IdentityRules()
        if seed % 2 == 0 { rules.links = [.email] }
        var writer = try store.makeWriter(rules: rules, statement: said)
        var all: [String] = []
        for _ in 0..<3 {
            for _ in 0..<(1 + random.below(3)) {
                let lines = stream.lines(1 + random.below(25))
                all += lines
                if random.once(in: 2) {
                    _ = try writer.appendDurably(batch(lines))
                } else {
                    _ = try writer.append(writer.makeDecoder().decode(batch(lines)))
                }
            }
            let identifier =
                random.once(in: 4)
                ? Identifier(.email, "e\(random.below(7))@x.at")
                : Identifier(random.once(in: 2) ? .user : .anonymous, "\(random.once(in: 2) ? "u" : "a")\(random.below(9))")
            let other = random.once(in: 2) ? Identifier(.user, "u\(random.below(7))") : nil
            _ = try writer.unmerge(identifier, from: other, statement: said)
            // A refused one commits nothing.
            try writer.commit(source: nil, position: nil)
            if random.once(in: 4) { _ = try writer.rejoin(1, statement: said) }
            if random.once(in: 2) {
                try writer.close()
                writer = try store.makeWriter()
            }
        }
        let decisions = try #require(IdentityDecisions(store.definitions()))
        let lines = stream.lines(30)
        all += lines
        _ = try writer.appendDurably(batch(lines))
        // Readers of the tail, of the blocks, and after a rebuild agree.
        let seen = try state(store.snapshot())
        let refused = try store.snapshot().refusedLinks().count
        try writer.commit(source: nil, position: nil)
        #expect(try Set(state(store.snapshot())).symmetricDifference(seen).isEmpty)
        #expect(try store.snapshot().refusedLinks().count == refused)
        #expect(try people(store.snapshot()) == expectedPeople(all, decisions))
        try writer.rebuild()
        try writer.close()
        #expect(try state(store.snapshot()) == seen)
        // The same messages in another order, decided before the first of them: nobody was ever merged.
        let never = try SQLiteStore(path: folder / "never.tessera", mode: .create)
        let fresh = try never.makeWriter()
        try fresh.adopt(decisions)
        _ = try fresh.append(fresh.makeDecoder().decode(batch(all.shuffled(using: &random))))
        try fresh.commit(source: nil, position: nil)
        try fresh.close()
        let difference = try Set(state(never.snapshot())).symmetricDifference(seen)
        #expect(difference.isEmpty)
        #expect(try IdentityDecisions(never.definitions()) == decisions)
    }

    @Test func `a shared device is parted from everybody, and later messages do not join it again`() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        let writer = try store.makeWriter()
        func track(_ ids: String, _ id: String) -> String {
            #"{"type":"track","event":"E",\#(ids),"messageId":"\#(id)","timestamp":"2026-01-01T00:00:00.000Z"}"#
        }
        let (one, two) = (#""userId":"one","anonymousId":"tablet""#, #""userId":"two","anonymousId":"tablet""#)
        let first = [#""userId":"one""#, #""userId":"two""#, #""anonymousId":"tablet""#].enumerated().map { track($1, "s\($0)") }
        _ = try writer.appendDurably(batch(first + [track(one, "1"), track(two, "2")]))
        #expect(try store.snapshot().profileCount == 1)
        let merges = try store.snapshot().peopleRecords(touching: nil)
        #expect(merges.map(\.cause) == [.merge(messageID: "1"), .merge(messageID: "2")])
        #expect(merges.map(\.number) == [1, 2] && merges[0].at == Instant(text: "2026-01-01T00:00:00.000Z"))
        let outcome = try writer.unmerge(Identifier(.anonymous, "tablet"), from: nil, statement: said)
        guard case .done(1, let record) = outcome else { throw StoreError(.damaged, "\(outcome)") }
        #expect(record.before.count == 1 && record.after.count == 3 && record.number == 3)
        #expect(writer.takeRegrouped() == [0, 1, 2])
        #expect(try store.snapshot().canonicalIDs().sorted() == ["one", "tablet", "two"])
        _ = try writer.appendDurably(batch([track(one, "3"), track(#""userId":"three","anonymousId":"tablet""#, "4")]))
        #expect(try store.snapshot().canonicalIDs().sorted() == ["one", "three", "two"])
        #expect(try store.snapshot().refusedLinks().map(\.refusal) == [.cut, .cut])
        // Again it finds nothing but the new link; a second time nothing at all.
        guard case .done(2, _) = try writer.unmerge(Identifier(.anonymous, "tablet"), from: nil, statement: said) else {
            throw StoreError(.damaged, "the new link stays")
        }
        guard case .refused(let reason) = try writer.unmerge(Identifier(.anonymous, "tablet"), from: nil, statement: said) else {
            throw StoreError(.damaged, "there was nothing to part")
        }
        #expect(reason.contains("alone"))
        guard case .unknown = try writer.unmerge(Identifier(.user, "nobody"), from: nil, statement: said) else {
            throw StoreError(.damaged, "nobody was parted")
        }
        guard case .done(1, _) = try writer.rejoin(1, statement: said) else { throw StoreError(.damaged, "not taken back") }
        #expect(try store.snapshot().canonicalIDs().sorted() == ["one", "three"])
        guard case .unknown(let unknown) = try writer.rejoin(1, statement: said) else { throw StoreError(.damaged, "taken back twice") }
        #expect(unknown.contains("In force: 2"))
        let records = try store.snapshot().peopleRecords(touching: nil)
        #expect(records.map(\.cause.word) == ["merge", "merge", "unmerge", "unmerge", "rejoin"])
        #expect(records[2].by == "tester" && records[2].reason == "because")
        try writer.rebuild()
        try writer.close()
        #expect(try store.snapshot().peopleRecords(touching: nil) == records)
    }

    @Test func `parting from one person cuts only what leads there`() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        let writer = try store.makeWriter()
        let pairs = [("one", "phone"), ("one", "tablet"), ("two", "tablet"), ("two", "laptop")]
        let lines = pairs.enumerated().map { number, pair in
            #"{"type":"track","event":"E","userId":"\#(pair.0)","anonymousId":"\#(pair.1)","messageId":"\#(number)","#
                + #""timestamp":"2026-01-01T00:00:00.000Z"}"#
        }
        _ = try writer.appendDurably(batch(lines))
        _ = try writer.unmerge(Identifier(.user, "one"), from: Identifier(.user, "two"), statement: said)
        #expect(
            try people(store.snapshot()) == [
                [Identifier(.user, "one"), Identifier(.anonymous, "phone")],
                [Identifier(.user, "two"), Identifier(.anonymous, "tablet"), Identifier(.anonymous, "laptop")],
            ])
        guard case .refused(let reason) = try writer.unmerge(Identifier(.user, "one"), from: Identifier(.user, "two"), statement: said)
        else {
            throw StoreError(.damaged, "they were two already")
        }
        #expect(reason.contains("not two identifiers of one profile"))
        try writer.close()
    }

    @Test func `a writer killed while it unmerges leaves all of a decision or nothing`() async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        do {
            let writer = try SQLiteStore(path: path, mode: .create).makeWriter()
            _ = try writer.append(writer.makeDecoder().decode(OtherProcess.batch(0)))
            try writer.commit(source: nil, position: nil)
            try writer.close()
        }
        var random = ContractRandom(seed: 9)
        for round in 0..<(isLong ? 40 : 3) {
            let microseconds = UInt32(20_000 + random.below(200_000))
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, microseconds = microseconds as UInt32] in
                OtherProcess.run {
                    Thread.detachNewThread {
                        usleep(microseconds)
                        kill(getpid(), SIGKILL)
                    }
                    let statement = PeopleStatement(at: Instant(milliseconds: 1), by: "t", reason: "")
                    let writer = try SQLiteStore(path: path, mode: .open).makeWriter()
                    for number in 0..<1_000_000 {
                        _ = try writer.appendDurably(OtherProcess.batch(1 + number % 3))
                        _ = try writer.unmerge(Identifier(.user, "u\(number % 200)"), from: nil, statement: statement)
                        for known in try IdentityDecisions(SQLiteStore(path: path, mode: .open).definitions())?.unmerges ?? [] {
                            if known.number % 3 == 0 { _ = try writer.rejoin(known.number, statement: statement) }
                        }
                    }
                }
            }
            let store = try SQLiteStore(path: path, mode: .open)
            let seen = try state(store.snapshot())
            let decisions = try #require(IdentityDecisions(store.definitions()))
            // Each decision has its record, and the people are what the decisions make of the messages.
            let records = try store.snapshot().peopleRecords(touching: nil)
            var inForce: Set<Int> = []
            for record in records {
                if case .unmerge(let number) = record.cause { inForce.insert(number) }
                if case .rejoin(let number) = record.cause { inForce.remove(number) }
            }
            #expect(inForce == Set(decisions.unmerges.map(\.number)), "round \(round)")
            let writer = try store.makeWriter()
            try writer.rebuild()
            try writer.close()
            #expect(try state(store.snapshot()) == seen, "round \(round)")
        }
    }
}
