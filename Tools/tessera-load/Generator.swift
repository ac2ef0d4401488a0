import EventModel
import NIOCore
import NIOPosix

/// Drives a worker by a plan, on one event loop.
///
/// The loop is open: what is due is sent when it is due, or waits for a free connection, whatever the answers before it did, and its time
/// counts from the moment when it was due.
final class Generator {
    /// What became of each batch.
    enum Fate: UInt8 { case unsent, sent, acknowledged, refused, broken }

    let plan: LoadPlan
    private let ids: RunIDs
    private let target: Target
    private let loop: any EventLoop
    private var start = NIODeadline.now()
    /// The wall clock at `start`.
    private var startInstant: Instant
    private var plain: TemplatePool
    private var marked: TemplatePool
    private(set) var fates: [Fate]
    /// Batches before this one were all answered.
    private var answered = 0
    private(set) var messages: RequestStream?
    private(set) var asks: [LoadPlan.Ask: RequestStream] = [:]
    private var askTemplates: [LoadPlan.Ask: AskTemplate] = [:]
    private(set) var lanes: [Lane] = []
    private let clock: @Sendable () -> Instant

    /// Makes every body that will be sent. `loop` is the loop that everything else of this is called on.
    init(_ plan: LoadPlan, ids: RunIDs, target: Target, on loop: any EventLoop, clock: @escaping @Sendable () -> Instant) {
        (self.plan, self.ids, self.target, self.loop, self.clock) = (plan, ids, target, loop, clock)
        startInstant = clock()
        func pool(isMarked: Bool) -> TemplatePool {
            TemplatePool(
                (0..<(plan.batches > 0 ? plan.connections + 8 : 0)).map { place in
                    BatchTemplate(
                        plan, ids: ids, head: target.batchHead, isMarked: isMarked, variety: UInt64(2 * place + (isMarked ? 1 : 0) + 1))
                })
        }
        (plain, marked) = (pool(isMarked: false), pool(isMarked: true))
        fates = Array(repeating: .unsent, count: plan.batches)
        for ask in plan.asks.keys { askTemplates[ask] = AskTemplate(target.askHead(ask)) }
        prepare()
    }

    private func prepare() {
        let messages = RequestStream(
            total: plan.batches, measuredFrom: plan.measuredFrom, due: { [plan] in plan.due($0) }, make: { self.batch($0) },
            finished: { number, slot, status in self.finish(number, slot, status) })
        self.messages = messages
        for (ask, rate) in plan.asks where rate > 0 {
            // Nobody is there to be asked about before the first messages are.
            let begin = plan.batches > 0 ? min(Int64(500_000_000), plan.measuredFrom) : 0
            asks[ask] = RequestStream(
                total: Int(Double(plan.span - begin) / 1e9 * rate), measuredFrom: plan.measuredFrom,
                due: { begin + Int64(Double($0) / rate * 1e9) }, isReady: { self.answered > 0 || self.plan.batches == 0 },
                make: { self.question(ask, $0) })
        }
        let now = { self.elapsed }
        lanes = [[messages], LoadPlan.Ask.allCases.compactMap { asks[$0] }].compactMap { streams in
            streams.contains { $0.total > 0 }
                ? Lane(streams, to: target, connections: plan.connections, on: loop, now: now) : nil
        }
    }

    /// Nanoseconds since the beginning.
    var elapsed: Int64 { (NIODeadline.now() - start).nanoseconds }

    /// Opens the connections; then the plan begins.
    func begin() -> EventLoopFuture<Void> {
        start = .distantFuture
        let opened = EventLoopFuture.andAllSucceed(lanes.map { $0.open() }, on: loop)
        return opened.assumeIsolated().map {
            self.startInstant = self.clock()
            self.start = .now()
            self.tick()
        }.nonisolated()
    }

    /// Sends what is due, and comes again when the next is.
    private func tick() {
        for lane in lanes { lane.pump() }
        let moment = elapsed
        guard moment < plan.span else {
            for lane in lanes { lane.stop() }
            return
        }
        // What is due already waits for a connection, and goes as soon as one is free.
        let next = min(plan.span, lanes.compactMap(\.nextDue).filter { $0 > moment }.min() ?? moment + 1_000_000)
        loop.assumeIsolated().scheduleTask(deadline: start + .nanoseconds(next)) { self.tick() }
    }

    /// Whether everything that was sent is answered.
    var isDone: Bool { lanes.allSatisfy { $0.isStopped && $0.underWay == 0 } }

    // MARK: Messages

    private func batch(_ number: Int) -> (ByteBuffer, Int) {
        let time = WrittenTime(Instant(milliseconds: startInstant.milliseconds + plan.due(number) / 1_000_000))
        fates[number] = .sent
        return plan.isMarked(number) ? marked.request(number, plan, time) : plain.request(number, plan, time)
    }

    private func finish(_ number: Int, _ slot: Int, _ status: Int?) {
        if plan.isMarked(number) { marked.give(back: slot) } else { plain.give(back: slot) }
        fates[number] = status == 200 ? .acknowledged : status == nil ? .broken : .refused
        while answered < fates.count, fates[answered] != .unsent, fates[answered] != .sent { answered += 1 }
    }

    // MARK: Questions

    private func question(_ ask: LoadPlan.Ask, _ number: Int) -> (ByteBuffer, Int) {
        // Somebody of whom messages were acknowledged; without messages, anybody.
        let known = max(1, plan.batches > 0 ? answered * plan.batch : plan.people)
        var message = Int(RunIDs.tail(number) % UInt64(known))
        // The first of a batch may be a marker.
        if plan.batch > 1, message % plan.batch == 0 { message += 1 }
        return (askTemplates[ask]?.request(plan.person(message)) ?? ByteBuffer(), 0)
    }
}

/// Requests that are used again and again; one that is under way is out of the pool.
struct TemplatePool {
    private var templates: [BatchTemplate]
    private var free: [Int]

    init(_ templates: [BatchTemplate]) { (self.templates, free) = (templates, Array(templates.indices.reversed())) }

    /// A request, and what gives it back. There is always one: there are more of them than connections.
    mutating func request(_ batch: Int, _ plan: LoadPlan, _ time: WrittenTime) -> (ByteBuffer, Int) {
        guard let slot = free.popLast() else { preconditionFailure("more requests are under way than there are connections") }
        return (templates[slot].request(batch, plan, time: time), slot)
    }

    /// The one that rested longest goes first, so that all of them are used.
    mutating func give(back slot: Int) { free.insert(slot, at: 0) }
}

/// A question about one person, of whom only the number changes.
struct AskTemplate {
    private static let digits = 9
    private var buffer: ByteBuffer
    private let place: Int

    init(_ head: (before: String, rest: String)) {
        buffer = ByteBuffer(string: head.before + String(repeating: "0", count: Self.digits) + head.rest)
        place = head.before.utf8.count
    }

    func request(_ person: Int) -> ByteBuffer {
        var request = buffer
        let place = place
        request.withUnsafeMutableReadableBytes {
            BatchTemplate.write(person, digits: Self.digits, to: $0, at: place)
        }
        return request
    }
}
