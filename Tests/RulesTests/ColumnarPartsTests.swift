import EventModel
@testable import Rules
@testable import RulesTesting
import Storage
import Synchronization
import Testing

/// The parts of the columnar evaluator, each against the simplest thing that does the same.
struct ColumnarPartsTests {
    private static let now = Vocabulary.now

    private static func track(_ user: String, _ number: Int, _ value: JSONValue, name: String = "A", hoursAgo: Int64 = 1) -> Message {
        let time = Instant(milliseconds: now.milliseconds - hoursAgo * 3_600_000)
        let json = JSONObject([
            .init("type", .string("track")), .init("event", .string(name)), .init("userId", .string(user)),
            .init("messageId", .string("m\(number)")), .init("timestamp", .string(time.text)),
            .init("properties", .object(JSONObject([.init("x", value)]))),
        ])
        return Message(kind: .track, messageID: "m\(number)", timestamp: time, json: json)
    }

    private static func values(_ text: String, _ messages: [Message], _ layout: ColumnarFakeSnapshot.Layout = .init(), threads: Int = 1)
        throws
        -> [Value]
    {
        let snapshot = ColumnarFakeSnapshot(messages, layout: layout)
        var evaluator = PopulationEvaluator(snapshot: snapshot, now: now, threads: threads)
        evaluator.tuning.parallelCost = 0
        let column = try evaluator.values(of: [Formula(parsing: text)])[0]
        let ids = try snapshot.canonicalIDs()
        return ids.indices.sorted { ids[$0].precedesByScalars(ids[$1]) }.map { column[$0] }
    }

    @Test(arguments: [true, false], [1, 2])
    func `sums past 64 bits, of many scales and of numbers that are no short decimals stay exact`(hasMantissas: Bool, threads: Int) throws {
        let numbers: [Double] = [
            9e14, 9e14, 0.25, 1e-9, 123_456.789, 1e300, -1e300, 1.0 / 3, 0.1, 0.2, -0.0, 1e22, .leastNonzeroMagnitude, 999_999_999_999_999,
        ]
        var random = SeededRandom(seed: 7)
        for round in 0..<60 {
            var sum = DecimalSum()
            var count = 0
            var messages: [Message] = []
            for number in 0..<(1 + random.below(40)) {
                // A column of one scale now and then, so that mantissas are there to be added.
                let value = round < 20 ? 9e14 + Double(number) : round < 40 ? Double(random.below(100_000)) / 100 : random.pick(numbers)
                sum.add(value)
                count += 1
                messages.append(Self.track("u", number, .number(value)))
            }
            let layout = ColumnarFakeSnapshot.Layout(blockRows: 1 + random.below(9), hasMantissas: hasMantissas)
            let expected: Value = sum.sum.map { .number($0) } ?? .missing
            #expect(try Self.values("sum(\"A\", .x)", messages, layout, threads: threads) == [expected])
            let average: Value = sum.average(count: count).map { .number($0) } ?? .missing
            #expect(try Self.values("average(\"A\", .x)", messages, layout, threads: threads) == [average])
        }
    }

    @Test func `a sum of ten thousand of the largest mantissas does not overflow`() throws {
        let messages = (0..<10_000).map { Self.track("u", $0, .integer(999_999_999_999_999)) }
        #expect(try Self.values("sum(\"A\", .x)", messages) == [.number(9_999_999_999_999_989_760)])
    }

    @Test(arguments: [1, 2, 1_000])
    func `equal instants of several identifiers are settled by messageId`(blockRows: Int) throws {
        var messages: [Message] = []
        for (place, number) in [5, 3, 8, 1, 9, 2].enumerated() {
            var message = Self.track("u", number, .integer(Int64(number)))
            if place % 2 == 0 {
                message.json.set("userId", .null)
                message.json.set("anonymousId", .string("d"))
            }
            messages.append(message)
        }
        var link = Self.track("u", 7, .null)
        link.json.set("anonymousId", .string("d"))
        messages.append(link)
        #expect(try Self.values("last(\"A\", .x)", messages, .init(blockRows: blockRows)) == [.number(9)])
        #expect(try Self.values("first(\"A\", .x)", messages, .init(blockRows: blockRows)) == [.number(1)])
    }

    @Test func `a million events of one person cost no more than those of many`() throws {
        var messages: [Message] = []
        for number in 0..<20_000 {
            messages.append(
                Self.track("u", number, .integer(Int64(number % 7)), name: ["A", "B", "C"][number % 3], hoursAgo: Int64(number / 40)))
        }
        let text = "sequence(\"A\" then \"B\" within 2h then \"C\" then not \"A\" within 1h) spanning 30h"
        let rule = try Rule(parsing: text)
        let evaluator = PopulationEvaluator(snapshot: ColumnarFakeSnapshot(messages), now: Self.now)
        #expect(try evaluator.members(of: rule).count == 0)
        #expect(try Self.values("mostFrequentCount(\"A\", .x)", messages) == [.number(953)])
    }

    @Test func `a cancelled question ends with an error and no answer`() throws {
        let messages = (0..<50).map { Self.track("u\($0)", $0, .integer(1)) }
        let asked = Mutex(0)
        let evaluator = PopulationEvaluator(snapshot: ColumnarFakeSnapshot(messages, layout: .init(blockRows: 2)), now: Self.now) {
            asked.withLock {
                $0 += 1
                return $0 > 5
            }
        }
        #expect(throws: CancellationError.self) { try evaluator.members(of: Rule(parsing: "did \"A\"")) }
        #expect(asked.withLock { $0 } == 6)
    }

    @Test func `an empty store answers with nobody`() throws {
        let evaluator = PopulationEvaluator(snapshot: ColumnarFakeSnapshot([]), now: Self.now)
        let (memberships, columns) = try evaluator.answer(
            [Rule(parsing: "true"), Rule(parsing: "count(any) in top 20%")], [Formula(parsing: "count(any)")])
        #expect(memberships.map(\.count) == [0, 0] && columns[0].count == 0)
    }

    @Test(arguments: UInt64(0)..<200)
    func `a percentile's bound is the element that sorting finds`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let count = 1 + random.below(60)
        let numbers = ProfileVector(count: count, isMask: false, kind: .number)
        var values: [Double] = []
        for profile in 0..<count where !random.once(in: 5) {
            let value = random.pick([0, -0.0, 1, -1, 0.5, 1e300, -1e300, .leastNonzeroMagnitude, Double(random.below(9)) - 4])
            numbers.bytes[profile] = ValueTag.number
            numbers.numbers?[profile] = value
            values.append(value)
        }
        let percent = try #require(Percent(random.pick(["20", "100", "0.5", "33.3", "50"])))
        let sorted = values.sorted()
        let k = percent.rank(of: sorted.count)
        for side in [Percentile.Side.top, .bottom] {
            let bound = Ranking.threshold(Percentile(side, percent, ranksAggregate: false), of: numbers, among: nil, kind: .number)
            #expect(bound == (k == 0 ? .missing : .number(side == .top ? sorted[sorted.count - k] : sorted[k - 1])))
        }
    }

    @Test(arguments: 1...4)
    func `every task is handed out once, whoever asks`(workers: Int) {
        var random = SeededRandom(seed: UInt64(workers))
        for _ in 0..<50 {
            let costs = (0..<random.below(20)).map { _ in random.below(10) }
            let queue = TaskQueue(costs: costs, workers: workers)
            var taken: [Int] = []
            var idle = Set<Int>()
            while idle.count < workers {
                let worker = random.below(workers)
                if let task = queue.next(for: worker) { taken.append(task) } else { idle.insert(worker) }
            }
            #expect(taken.sorted() == Array(costs.indices))
        }
    }

    @Test func `memberships are sets of profile numbers`() {
        var random = SeededRandom(seed: 3)
        for population in [1, 63, 64, 65, 200] {
            let sets = (0..<2).map { _ in Set((0..<population).filter { _ in random.once(in: 3) }) }
            let (a, b) = (Membership(members: sets[0], population: population), Membership(members: sets[1], population: population))
            #expect(Set(a.members) == sets[0] && a.count == sets[0].count)
            #expect(Set(a.intersection(b).members) == sets[0].intersection(sets[1]))
            #expect(Set(a.union(b).members) == sets[0].union(sets[1]))
            #expect(Set(a.subtracting(b).members) == sets[0].subtracting(sets[1]))
            #expect((0..<population).allSatisfy { a.contains($0) == sets[0].contains($0) })
        }
    }

    @Test func `a trait that was laid out once is not believed at an earlier instant`() throws {
        func identify(_ number: Int, _ plan: String, hoursAgo: Int64) -> Message {
            let time = Instant(milliseconds: Self.now.milliseconds - hoursAgo * 3_600_000)
            let json = JSONObject([
                .init("type", .string("identify")), .init("userId", .string("u")), .init("messageId", .string("m\(number)")),
                .init("timestamp", .string(time.text)), .init("traits", .object(JSONObject([.init("plan", .string(plan))]))),
            ])
            return Message(kind: .identify, messageID: "m\(number)", timestamp: time, json: json)
        }
        let snapshot = ColumnarFakeSnapshot(
            [identify(1, "free", hoursAgo: 5), identify(2, "pro", hoursAgo: 1)], layout: .init(keepsColumns: true))
        let plan = try Formula(parsing: "trait.plan")
        func ask(hoursAgo: Int64) throws -> Value {
            let then = Instant(milliseconds: Self.now.milliseconds - hoursAgo * 3_600_000)
            return try PopulationEvaluator(snapshot: snapshot, now: then).values(of: [plan])[0][0]
        }
        #expect(try ask(hoursAgo: 0) == .text(Text("pro")))
        #expect(snapshot.keptColumn(["traits", "plan"]) != nil)
        #expect(try ask(hoursAgo: 2) == .text(Text("free")))
        #expect(try ask(hoursAgo: 6) == .missing)
        #expect(try ask(hoursAgo: 0) == .text(Text("pro")))
    }

    @Test(arguments: 1...3)
    func `overlaps and waterfalls count what building the sets would`(threads: Int) {
        var random = SeededRandom(seed: UInt64(threads))
        for population in [0, 1, 64, 200, 70_000] {
            let sets = (0..<7).map { _ in
                let share = 1 + random.below(4)
                return Membership(members: (0..<population).filter { _ in random.once(in: share) }, population: population)
            }
            let overlaps = Membership.overlaps(of: sets, threads: threads)
            for (a, one) in sets.enumerated() {
                for (b, other) in sets.enumerated() {
                    #expect(overlaps[a][b] == one.intersection(other).count && overlaps[a][b] == one.intersectionCount(other))
                }
            }
            var left = sets[0]
            for (step, count) in zip(sets, Membership.waterfall(of: sets)) {
                left = left.intersection(step)
                #expect(count == left.count)
            }
        }
        #expect(Membership.overlaps(of: []).isEmpty && Membership.waterfall(of: []).isEmpty)
    }

    @Test func `a block that is not what its summary says is refused, not believed`() {
        let messages = (0..<5).map { Self.track("u\($0)", $0, .integer(1)) }
        let evaluator = PopulationEvaluator(snapshot: DamagedSnapshot(base: ColumnarFakeSnapshot(messages)), now: Self.now)
        #expect(throws: StoreError.self) { try evaluator.members(of: Rule(parsing: "sum(\"A\", .x) > 1")) }
    }

    @Test func `texts keep one number each, whatever dictionary they come from`() {
        let pool = TextPool()
        var first = PooledTexts(pool)
        var second = PooledTexts(pool)
        first.use(TextDictionary((0..<500).map { "t\($0)" }))
        second.use(TextDictionary((0..<500).reversed().map { "t\($0)" } + ["", "\u{E9}", "e\u{301}"]))
        for index in 0..<UInt32(500) { #expect(first.number(of: index) == second.number(of: 499 - index)) }
        #expect(Set([500, 501, 502].map { second.number(of: $0) }).count == 3)
        #expect(pool.dictionary().count == 503)
    }
}

/// Gives a column that is too short.
private struct DamagedSnapshot: StoreSnapshot {
    let base: ColumnarFakeSnapshot
    var version: UInt64 { base.version }
    var identifierCount: Int { base.identifierCount }
    var profileCount: Int { base.profileCount }
    var profileOfIdentifier: ContiguousArray<UInt32> { base.profileOfIdentifier }
    var blocks: [BlockSummary] { base.blocks }
    var latestTime: Int64? { base.latestTime }

    func read(_ block: BlockSummary, paths: [ColumnPath]) throws -> ColumnarBlock {
        var read = try base.read(block, paths: paths)
        for column in read.columns.indices where !read.columns[column].numbers.isEmpty { read.columns[column].numbers.removeLast() }
        return read
    }

    func eventNames() throws -> [(name: String, rows: Int)] { try base.eventNames() }
    func paths(kind: Message.Kind, event: String?) throws -> [ColumnPath] { try base.paths(kind: kind, event: event) }
    func messageIDs(_ block: BlockSummary) throws -> [String] { try base.messageIDs(block) }
    func messages(_ block: BlockSummary, rows: [Int]) throws -> [Message] { try base.messages(block, rows: rows) }
    func identifier(_ ordinal: Int) throws -> (kind: IdentifierKind, text: String) { try base.identifier(ordinal) }
    func ordinal(of text: String, kind: IdentifierKind) throws -> Int? { try base.ordinal(of: text, kind: kind) }
    func canonicalIDs() throws -> [String] { try base.canonicalIDs() }
    func definitions() throws -> [Definition] { try base.definitions() }
}
