import EventModel
import Storage

/// What a segment's history must say, kept in the plainest way: every state there ever was.
private struct ExpectedHistory {
    struct State {
        var at: Instant
        var cause: MembershipCause
        var expression: String?
        var members: Set<UInt32>
        var entered, exited: Set<UInt32>
    }
    var states: [State] = []

    mutating func take(_ change: MembershipChange) {
        let (entered, exited) = (Set(change.entered.ordinals), Set(change.exited.ordinals))
        states.append(
            State(
                at: change.at, cause: change.cause, expression: change.expression,
                members: (states.last?.members ?? []).union(entered).subtracting(exited), entered: entered, exited: exited))
    }

    /// Compares all that a snapshot says of the segment.
    func check(_ snapshot: any StoreSnapshot, _ name: String) throws {
        var instants = states.flatMap { state in [-1, 0, 1].map { Instant(milliseconds: state.at.milliseconds + $0) } }
        instants += [Instant(milliseconds: .min), Instant(milliseconds: .max)]
        for instant in instants {
            let state = states.last { $0.at <= instant }
            try Self.check(try snapshot.recordedMembers(of: name, at: instant), state, "\(name) at \(instant.milliseconds)")
        }
        try Self.check(try snapshot.recordedMembers(of: name, at: nil), states.last, "\(name) at last")
        if let last = states.last {
            try expect(try snapshot.lastRecorded().map { $0 >= last.at } ?? false, "\(name) was recorded after what was recorded last")
        }

        let records = try snapshot.membershipRecords(of: name, touching: nil)
        try expect(records.count == states.count, "\(name) has \(records.count) records, not \(states.count)")
        try expect(zip(records, records.dropFirst()).allSatisfy { $0.number < $1.number }, "the records of \(name) are not in order")
        for (record, state) in zip(records, states) {
            try expect(
                record.at == state.at && record.cause == state.cause && Self.same(record.expression, state.expression)
                    && record.segment.sameScalars(as: name) && record.enteredCount == state.entered.count
                    && record.exitedCount == state.exited.count && record.entered.isEmpty && record.exited.isEmpty,
                "record \(record.number) of \(name) came back as another")
        }
        for person in [Set<UInt32>([0]), [1, 3], [2, 5, 7], []] {
            let moved = states.filter { !$0.entered.isDisjoint(with: person) || !$0.exited.isDisjoint(with: person) }
            let told = try snapshot.membershipRecords(of: name, touching: OrdinalSet(person))
            try expect(
                told.map { Set($0.entered.ordinals) } == moved.map { $0.entered.intersection(person) }
                    && told.map { Set($0.exited.ordinals) } == moved.map { $0.exited.intersection(person) }
                    && told.map(\.at) == moved.map(\.at) && told.map(\.enteredCount) == moved.map(\.entered.count),
                "the records of \(name) that moved \(person) are others")
        }
    }

    private static func check(_ told: RecordedMembers?, _ state: State?, _ place: String) throws(Difference) {
        try expect(
            told.map { Set($0.members.ordinals) } == state?.members && told?.at == state?.at && same(told?.expression, state?.expression),
            "\(place): \(told.map { "\($0)" } ?? "nothing") is recorded")
    }

    private static func same(_ a: String?, _ b: String?) -> Bool { a.map { Array($0.utf8) } == b.map { Array($0.utf8) } }
}

/// The promises about the history of memberships.
extension StoreContract {
    private static func people(_ numbers: Range<Int>) -> MessageBatch {
        MessageBatch(
            lines: numbers.map {
                "{\"type\":\"screen\",\"userId\":\"u\($0)\",\"messageId\":\"m\($0)\",\"timestamp\":\"2026-01-01\"}"
            }.joined(separator: "\n"))
    }

    func keepsHistory(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var random = ContractRandom(seed: seed)
        let store = try open()
        var writer = try store.makeWriter()
        let names = ["caf\u{E9}", "cafe\u{301}", "a \u{0} b"]
        var histories = [ExpectedHistory](repeating: ExpectedHistory(), count: names.count)
        var held: [(any StoreSnapshot, [ExpectedHistory])] = []
        var clock: Int64 = -50
        for round in 0..<12 {
            _ = try writer.append(writer.makeDecoder().decode(Self.people(round * 9..<(round + 1) * 9)))
            // Some who are members by now turn out to be one.
            let (a, b) = (random.below(round * 9 + 9), random.below(round * 9 + 9))
            let alias = "{\"type\":\"alias\",\"userId\":\"u\(a)\",\"previousId\":\"u\(b)\",\"timestamp\":\"2026-01-01\"}"
            _ = try writer.append(writer.makeDecoder().decode(MessageBatch(lines: alias)))
            try writer.commit(source: nil, position: nil)
            var changes: [MembershipChange] = []
            let snapshot = try store.snapshot()
            for (place, name) in names.enumerated() where !random.once(in: 3) {
                let chosen = Set((0..<snapshot.profileCount).filter { _ in random.once(in: 3) }.map(UInt32.init))
                clock += Int64(random.below(3))
                let recorded = try snapshot.recordedMembers(of: name, at: nil)
                guard
                    let change = try MembershipChange(
                        of: name, at: Instant(milliseconds: clock), because: random.pick(MembershipCause.allCases),
                        expression: random.pick(["count(\"a\") > 1", "true", "\u{1F600}"]), from: recorded, to: chosen, in: snapshot)
                else { continue }
                let before = Set((recorded?.profiles(in: snapshot) ?? []))
                let profiles = snapshot.profileOfIdentifier
                try expect(
                    before.union(change.entered.ordinals.map { profiles[Int($0)] })
                        .subtracting(change.exited.ordinals.map { profiles[Int($0)] }) == chosen, "the change of \(name) is another")
                histories[place].take(change)
                changes.append(change)
            }
            try expect(try store.recordMemberships(changes).removedCount == 0, "a change is refused in round \(round)")
            let after = try open().snapshot()
            for (history, name) in zip(histories, names) { try history.check(after, name) }
            if round % 4 == 1 { held.append((after, histories)) }
            if round == 6 {
                try writer.rebuild()
                try writer.close()
                writer = try open().makeWriter()
                for (history, name) in zip(histories, names) { try history.check(try open().snapshot(), name) }
            }
        }
        try writer.close()
        for (snapshot, histories) in held { for (history, name) in zip(histories, names) { try history.check(snapshot, name) } }
        let last = try store.snapshot()
        try expect(
            try last.membershipRecords(of: nil, touching: nil).count == histories.reduce(0) { $0 + $1.states.count },
            "the records of all segments are not those of each")
        try expect(
            try last.recordedMembers(of: "cafe", at: nil) == nil && last.membershipRecords(of: "cafe", touching: nil).isEmpty,
            "a segment that was never recorded has a history")
    }

    func refusesOutdated(_ open: () throws -> any EventStore) throws {
        let (store, other) = (try open(), try open())
        let writer = try store.makeWriter()
        _ = try writer.append(writer.makeDecoder().decode(Self.people(0..<4)))
        try writer.commit(source: nil, position: nil)
        func change(_ segment: String, at time: Int64, after: Int64, _ ordinals: [UInt32]) -> MembershipChange {
            MembershipChange(
                segment: segment, at: Instant(milliseconds: time), cause: .clock, expression: "true", after: after,
                entered: OrdinalSet(ordinals), exited: OrdinalSet())
        }
        try expect(try store.recordMemberships([change("a", at: 5, after: 0, [0])]).removedCount == 0, "a first change is refused")
        guard let number = try other.snapshot().recordedMembers(of: "a", at: nil)?.number else { throw Difference("no record is there") }
        // Two were computed from the same state: the later one to come must be computed again. Another segment's record is no reason.
        try expect(try store.recordMemberships([change("b", at: 1, after: 0, [1])]).removedCount == 0, "b is refused")
        try expect(try store.recordMemberships([change("a", at: 6, after: number, [1])]).removedCount == 0, "a change is refused")
        let definition = Definition(kind: .segment, name: "a", body: "lost")
        for stale in [number, 0] {
            let edit = DefinitionEdit(
                saved: [definition], changes: [change("c", at: 7, after: 0, [3]), change("a", at: 7, after: stale, [2])])
            try expect(try other.apply(edit) == .outdated(segment: "a"), "an outdated change is taken")
        }
        guard let last = try other.snapshot().recordedMembers(of: "a", at: nil)?.number else { throw Difference("the record is gone") }
        var told: StoreError?
        do throws(StoreError) {
            _ = try other.apply(DefinitionEdit(saved: [definition], changes: [change("a", at: 5, after: last, [2])]))
        } catch { told = error }
        try expect(
            told?.reason == .limit && told?.description.contains("'a'") ?? false,
            "a change of the past is told \(told?.description ?? "nothing")")
        let snapshot = try other.snapshot()
        try expect(
            try snapshot.definitions().isEmpty && snapshot.recordedMembers(of: "c", at: nil) == nil
                && snapshot.recordedMembers(of: "a", at: nil)?.members == OrdinalSet([0, 1]), "a refused edit left something behind")
        // Several of one segment in one edit follow each other.
        let both = [change("a", at: 7, after: last, [2]), change("a", at: 7, after: last, [3])]
        try expect(try other.recordMemberships(both).removedCount == 0, "two changes at once are refused")
        try expect(try store.snapshot().recordedMembers(of: "a", at: nil)?.members.count == 4, "one of two changes is lost")
        try writer.close()
    }

    func appliesWhole(_ open: () throws -> any EventStore) throws {
        let store = try open()
        let writer = try store.makeWriter()
        _ = try writer.append(writer.makeDecoder().decode(Self.people(0..<6)))
        try writer.commit(source: nil, position: nil)
        try store.save(Definition(kind: .feature, name: "old", body: "1"))
        let before = try store.snapshot()
        let first = MembershipChange(
            segment: "s", at: Instant(milliseconds: 10), cause: .definition, expression: "one", after: 0, entered: OrdinalSet([0, 1, 5]),
            exited: OrdinalSet())
        let edit = DefinitionEdit(
            saved: [Definition(kind: .segment, name: "s", body: "one"), Definition(kind: .feature, name: "f", body: "2")],
            removed: [.init(kind: .feature, name: "old", at: first.at), .init(kind: .feature, name: "none", at: first.at)], changes: [first]
        )
        try expect(try store.apply(edit).removedCount == 1, "the edit is refused")
        let after = try open().snapshot()
        try expect(try after.definitions().map(\.name).sorted() == ["f", "s"], "the definitions are others")
        try expect(try after.recordedMembers(of: "s", at: nil)?.members == first.entered, "the change is not there")
        try expect(
            try before.definitions().map(\.name) == ["old"] && before.recordedMembers(of: "s", at: nil) == nil,
            "a snapshot taken before sees the edit")
        try expect(before.version < after.version, "the version does not grow with an edit")
        // Dropping the segment ends its history; what was recorded stays. Defined again, the history goes on.
        let drop = DefinitionEdit(removed: [.init(kind: .segment, name: "s", at: Instant(milliseconds: 20))])
        try expect(
            try store.apply(drop).removedCount == 1 && store.apply(drop).removedCount == 0, "a segment is not dropped once")
        let dropped = try open().snapshot()
        let end = try dropped.recordedMembers(of: "s", at: Instant(milliseconds: 20))
        try expect(end?.members.isEmpty ?? false && end?.expression == nil, "a dropped segment has members")
        try expect(
            try dropped.recordedMembers(of: "s", at: Instant(milliseconds: 19))?.members == first.entered,
            "dropping takes the history along")
        let last = try dropped.membershipRecords(of: "s", touching: nil).last
        try expect(
            last?.cause == .definition && last?.expression == nil && last?.exitedCount == 3 && last?.number == end?.number,
            "dropping is recorded as \(last.map { "\($0)" } ?? "nothing")")
        let again = try MembershipChange(
            of: "s", at: Instant(milliseconds: 30), because: .definition, expression: "two", from: end,
            to: [dropped.profileOfIdentifier[2]],
            in: dropped)
        try expect(try again.map { try store.recordMemberships([$0]) }?.removedCount == 0, "a segment is not defined again")
        try expect(try store.snapshot().recordedMembers(of: "s", at: nil)?.members == OrdinalSet([2]), "a segment defined again has others")
        try writer.close()
    }
}
