import EventModel
import Statistics

/// Turns a person and a number of events into what they did, visit by visit.
///
/// First the steps of all visits are drawn, then as many moments as there are visits; so the number of events is kept exactly,
/// and a basket that is filled in one visit can be paid in the next.
struct Life {
    let season: Season
    let catalogue: Catalogue

    private struct Visit {
        var steps: Range<Int>
        var start: Int64 = 0
        var duration: Int64 = 0
    }

    private var steps: [Step] = []
    /// Milliseconds after each step.
    private var gaps: [Int64] = []
    /// For each step that is an order: whether some of it comes back.
    private var comesBack: [Bool] = []
    private var visits: [Visit] = []

    private static let pause: Int64 = 30 * 60_000  // visits are at least half an hour apart
    private static let largestBasket = 6
    private static let longestVisit = 60

    init(season: Season, catalogue: Catalogue) { (self.season, self.catalogue) = (season, catalogue) }

    mutating func live(_ person: Person, events: Int, chain: VisitChain, into out: inout Timelines, _ random: inout SeededGenerator) {
        drawSteps(person, events: events, chain: chain, &random)
        drawMoments(person, &random)
        var story = Story(person: person, season: season, catalogue: catalogue, visits: visits.count, &random)
        for (number, visit) in visits.enumerated() {
            story.begin(visit: number, first: steps[visit.steps.lowerBound], &random)
            var time = visit.start
            for index in visit.steps {
                story.take(
                    steps[index], at: time, comesBack: comesBack[index], isLast: index == visit.steps.upperBound - 1, into: &out, &random)
                time += gaps[index]
            }
        }
    }

    private mutating func drawSteps(_ person: Person, events: Int, chain: VisitChain, _ random: inout SeededGenerator) {
        steps.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        comesBack.removeAll(keepingCapacity: true)
        visits.removeAll(keepingCapacity: true)
        var left = events
        var basket = 0
        while left > 0 {
            let first = steps.count
            var duration: Int64 = 0
            var step = chain.begin(&random)
            repeat {
                if basket == 0, step == .cart || step == .checkout || step == .remove { step = .view }
                if basket == Self.largestBasket, step == .add { step = .cart }
                if !person.isKnown, step == .opened || step == .clicked { step = .page }
                let gap = 1_000 + Int64(min(random.wait(mean: VisitChain.dwell(step)), 1_200_000))
                steps.append(step)
                gaps.append(gap)
                duration += gap
                left -= 1
                let mayComeBack = step == .order && left > 0 && random.chance(Character.all[person.character].returning)
                comesBack.append(mayComeBack)
                if mayComeBack { left -= 1 }  // the refund is an event too
                switch step {
                case .add: basket += 1
                case .remove: basket -= 1
                case .order: basket = 0
                default: break
                }
                step = chain.step(after: step, &random)
            } while step != .leave && left > 0 && steps.count - first < Self.longestVisit
            visits.append(Visit(steps: first..<steps.count, duration: duration))
        }
    }

    /// Gives every visit its start, in order, apart from each other, and all before the year ends.
    private mutating func drawMoments(_ person: Person, _ random: inout SeededGenerator) {
        let love = Character.all[person.character].saleLove
        var starts = visits.map { _ in season.moment(in: person.days, saleLove: love, hoursAhead: person.place.hoursAhead, &random) }
        starts.sort()
        var free = season.start.milliseconds
        for index in visits.indices {
            visits[index].start = max(starts[index], free)
            free = visits[index].start + visits[index].duration + Self.pause
        }
        var limit = season.end.milliseconds - 1
        for index in visits.indices.reversed() {
            if visits[index].start + visits[index].duration <= limit { break }
            visits[index].start = max(limit - visits[index].duration, season.start.milliseconds)
            limit = visits[index].start - Self.pause
        }
    }
}
