import EventModel
import Storage

/// The promises about what is visible when.
extension StoreContract {
    func changesNothing(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        let store = try open()
        for _ in 0..<4 {
            let writer = try store.makeWriter()
            for _ in 0..<3 { try trial.fill(writer, batches: 1, of: 40) }
            let before = try Seen(store.snapshot())
            try writer.close()
            try before.expectSame(try Seen(store.snapshot()), "closing")
            try before.expectSame(try Seen(open().snapshot()), "opening again")
        }
        let writer = try store.makeWriter()
        let before = try Seen(store.snapshot())
        try writer.rebuild()
        try before.expectSame(try Seen(store.snapshot()), "rebuilding")
        try writer.close()
        try before.expectSame(try Seen(open().snapshot()), "closing after rebuilding")
        try trial.expected.check(try store.snapshot())
    }

    func standsStill(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        let (store, other) = (try open(), try open())
        let writer = try store.makeWriter()
        var held: [(snapshot: any StoreSnapshot, expected: ExpectedStore, seen: Seen)] = []
        for round in 0..<4 {
            let snapshot = try (round % 2 == 0 ? store : other).snapshot()
            held.append((snapshot, trial.expected, try Seen(snapshot)))
            try trial.fill(writer, batches: 1, of: 60)
        }
        try writer.close()
        for one in held {
            try one.seen.expectSame(try Seen(one.snapshot), "later commits")
            try one.expected.check(one.snapshot)
        }
        for (one, next) in zip(held, held.dropFirst()) {
            try expect(one.snapshot.version < next.snapshot.version, "the version does not grow with a commit")
            for ordinal in 0..<one.snapshot.identifierCount {
                let (a, b) = (try one.snapshot.identifier(ordinal), try next.snapshot.identifier(ordinal))
                try expect(a.kind == b.kind && a.text.sameScalars(as: b.text), "ordinal \(ordinal) changed hands")
            }
        }
        try expect(try store.snapshot().version == other.snapshot().version, "two snapshots of one state have different versions")
    }

    func showsCommitted(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        let store = try open()
        var writer = try store.makeWriter()
        try trial.fill(writer, batches: 2, of: 30)
        try expect(writer.pendingBytes == 0, "a commit lets nothing go")
        var lost = trial
        for _ in 0..<3 { try lost.append(lost.odd.batch(30), to: writer, writer.makeDecoder()) }
        try expect(writer.pendingBytes > 0, "what waits for a commit counts no bytes")
        try trial.expected.check(try store.snapshot())
        try writer.close()
        try trial.expected.check(try store.snapshot())
        writer = try open().makeWriter()
        // What was never committed may come again.
        try trial.fill(writer, batches: 3, of: 30)
        try writer.close()
        try trial.expected.check(try open().snapshot())
    }

    func keepsPositions(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        let store = try open()
        var writer = try store.makeWriter()
        let (one, two) = ("file \u{E9} \"1\"", "file e\u{301}")
        try expect(try writer.position(of: one) == nil, "an unknown source has a position")
        try trial.append(trial.odd.batch(20), to: writer, writer.makeDecoder())
        let first = ImportPosition(lines: 20, messages: 19, accepted: 18, duplicates: 1, rejected: 1)
        try writer.commit(source: one, position: first)
        try trial.append(trial.odd.batch(20), to: writer, writer.makeDecoder())
        let second = ImportPosition(lines: Int.max, messages: 5, accepted: 4, duplicates: 3, rejected: 2, finished: true)
        try writer.commit(source: two, position: second)
        try writer.close()
        writer = try open().makeWriter()
        try expect(try writer.position(of: one) == first && writer.position(of: two) == second, "a position came back as another")
        try writer.commit(source: one, position: second)
        try expect(try writer.position(of: one) == second, "a position is not replaced")
        try writer.close()
        try trial.expected.check(try store.snapshot())
    }

    func hasOneWriter(_ open: () throws -> any EventStore) throws {
        let store = try open()
        let writer = try store.makeWriter()
        for other in [store, try open()] {
            var told: StoreError?
            do throws(StoreError) { _ = try other.makeWriter() } catch { told = error }
            try expect(
                told?.reason == .held && told?.description.isEmpty == false, "a second writer is told: \(told?.description ?? "nothing")")
        }
        try writer.close()
        let next = try open().makeWriter()
        try next.close()
    }

    func keepsDefinitions(_ open: () throws -> any EventStore) throws {
        let store = try open()
        let writer = try store.makeWriter()
        let all = [
            Definition(kind: .segment, name: "caf\u{E9}", body: "count(\"a\") > 1"),
            Definition(kind: .segment, name: "cafe\u{301}", body: ""),
            Definition(kind: .feature, name: "caf\u{E9}", body: "\u{1F600}\n'\""), Definition(kind: .model, name: "m", body: "{}"),
        ]
        for definition in all { try store.save(Definition(kind: definition.kind, name: definition.name, body: "earlier")) }
        let before = try store.snapshot()
        for definition in all { try open().save(definition) }
        func spelled(_ snapshot: any StoreSnapshot) throws -> Set<[[UInt8]]> {
            Set(try snapshot.definitions().map { [Array($0.kind.rawValue.utf8), Array($0.name.utf8), Array($0.body.utf8)] })
        }
        let wanted = Set(all.map { [Array($0.kind.rawValue.utf8), Array($0.name.utf8), Array($0.body.utf8)] })
        try expect(try spelled(open().snapshot()) == wanted, "definitions are not as they were saved")
        try expect(try spelled(before).allSatisfy { $0[2] == Array("earlier".utf8) }, "a snapshot's definitions changed")
        try expect(try store.removeDefinition(kind: .segment, name: "caf\u{E9}"), "a definition is not found")
        try expect(try !store.removeDefinition(kind: .segment, name: "caf\u{E9}"), "a definition is removed twice")
        try expect(try spelled(open().snapshot()).count == 3, "removing takes the wrong definitions")
        try writer.close()
    }

    func showsDurable(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        let store = try open()
        var writer = try store.makeWriter()
        try trial.fill(writer, batches: 1, of: 40)
        var held: [(any StoreSnapshot, ExpectedStore)] = []
        for round in 0..<9 {
            let batch = trial.odd.batch(1 + round * 3)
            let outcome = trial.expected.take(batch)
            let told = try writer.appendDurably(batch)
            try expect(
                told.outcome == AppendOutcome(accepted: outcome.accepted, duplicates: outcome.duplicates)
                    && told.rejects.map(\.line) == outcome.refusedLines, "appendDurably says \(told)")
            let snapshot = try store.snapshot()
            try trial.expected.check(snapshot)
            held.append((snapshot, trial.expected))
            if round == 3 { try writer.commit(source: nil, position: nil) }
            if round == 6 {
                try writer.close()
                try trial.expected.check(try open().snapshot())
                writer = try open().makeWriter()
                try trial.expected.check(try store.snapshot())
            }
        }
        try writer.close()
        for (snapshot, expected) in held { try expected.check(snapshot) }
        try trial.expected.check(try open().snapshot())
    }
}

/// All that a reader can see of a state, in an order of its own.
struct Seen: Equatable {
    private var messages: [[UInt8]: [UInt8]] = [:]
    private var people: Set<Set<[UInt8]>> = []
    private var canonical: Set<[UInt8]> = []
    private var names: [[UInt8]: Int] = [:]
    private var paths: [Message.Kind: [[[UInt8]]]] = [:]

    init(_ snapshot: any StoreSnapshot) throws {
        for block in snapshot.blocks {
            for message in try snapshot.messages(block, rows: Array(0..<block.rows)) {
                messages[Array(message.messageID.utf8)] = Array(message.json.text.utf8)
            }
        }
        var profiles: [UInt32: Set<[UInt8]>] = [:]
        for ordinal in 0..<snapshot.identifierCount {
            let (kind, text) = try snapshot.identifier(ordinal)
            profiles[snapshot.profileOfIdentifier[ordinal], default: []].insert([kind.rawValue] + Array(text.utf8))
        }
        people = Set(profiles.values)
        canonical = Set(try snapshot.canonicalIDs().map { Array($0.utf8) })
        for (name, rows) in try snapshot.eventNames() { names[Array(name.utf8)] = rows }
        for kind in Message.Kind.allCases { paths[kind] = try snapshot.paths(kind: kind, event: nil).map { $0.map { Array($0.utf8) } } }
    }

    func expectSame(_ other: Seen, _ after: String) throws(Difference) {
        try expect(messages == other.messages, "the messages are others after \(after)")
        try expect(people == other.people && canonical == other.canonical, "the people are others after \(after)")
        try expect(names == other.names, "the event names are others after \(after)")
        try expect(paths == other.paths, "the paths are others after \(after)")
    }
}
