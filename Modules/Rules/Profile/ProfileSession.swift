import EventModel

/// Questions to one profile: answers the nodes of a plan at an instant, then at later ones, keeping what still holds.
struct ProfileSession<Source: ProfileSource> {
    let plan: ProfilePlan
    var profile: Source
    private(set) var now: Int64
    /// Events read so far, to whatever end.
    var work = 0
    /// What is kept counts for the profile at hand where its number is this one.
    private(set) var turn: UInt32 = 1
    /// By node: what was found last, and at which instant. Nodes about an event are not kept.
    private var known: ContiguousArray<Known>
    /// By selection.
    private var lists: ContiguousArray<(list: EventList, turn: UInt32)>
    private var views: ContiguousArray<(view: EventView, turn: UInt32)>
    private var matches: ContiguousArray<Matches?>
    /// By node of an aggregate over a property.
    var columns: [Int: FieldColumn] = [:]
    /// By node; kept, since each has tables to set up.
    private var matchers: [Int: PatternMatcher] = [:]

    private struct Known {
        var course = Course.still(.missing)
        var foundAt = Int64.min
        var turn: UInt32 = 0
    }

    /// The events that a selection's conditions let in, whatever its windows.
    private struct Matches {
        var events: EventList
        /// The part of the source's list that was looked through.
        var covered: Range<Int>
        var foundAt: Int64
        var until: Int64

        func covers(_ range: Range<Int>) -> Bool { covered.lowerBound <= range.lowerBound && range.upperBound <= covered.upperBound }
    }

    init(_ plan: ProfilePlan, _ profile: Source, now: Int64) {
        (self.plan, self.profile, self.now) = (plan, profile, now)
        known = ContiguousArray(repeating: Known(), count: plan.nodes.count)
        lists = ContiguousArray(repeating: (EventList(), 0), count: plan.selections.count)
        views = ContiguousArray(repeating: (EventView(nothingUntil: .max, now: now), 0), count: plan.selections.count)
        matches = Source.isSifted ? [] : ContiguousArray(repeating: nil, count: plan.selections.count)
    }

    /// Goes on to what `profile` holds now; nothing of what it held before counts any more.
    mutating func turn(now: Int64) {
        (self.now, work) = (now, 0)
        turn += 1
        if !columns.isEmpty { columns.removeAll(keepingCapacity: true) }
        for number in matches.indices { matches[number] = nil }
        if turn == .max {
            for node in known.indices { known[node].turn = 0 }
            for number in views.indices { (lists[number].turn, views[number].turn) = (0, 0) }
            turn = 1
        }
    }

    /// Goes on to a later instant.
    mutating func advance(to instant: Int64) { now = instant }

    /// What a node is at the instant at hand, and until when.
    mutating func course(_ node: Int) -> Course { course(node, nil) }

    /// Whether a condition holds of an event.
    mutating func holds(_ condition: Int, of event: Source.Event) -> Bool { course(condition, event).holds }

    // MARK: Nodes

    private mutating func course(_ id: Int, _ event: Source.Event?) -> Course {
        if plan.isAboutEvent[id] { return work(out: id, event) }
        if known[id].turn == turn, known[id].foundAt == now || (now < known[id].course.until && known[id].course.motion == nil) {
            return known[id].course
        }
        let course = work(out: id, nil)
        known[id] = Known(course: course, foundAt: now, turn: turn)
        return course
    }

    private mutating func work(out id: Int, _ event: Source.Event?) -> Course {
        switch plan.nodes[id] {
        case .all(let parts): return joined(parts, neutral: true, event)
        case .any(let parts): return joined(parts, neutral: false, event)
        case .not(let part):
            let course = course(part, event)
            return .truth(!course.holds, until: course.until)
        case .counted(let selection, let range): return profile.counted(selection, range, at: now) ?? view(selection).counted(range)
        case .sequence(let sequence): return self.sequence(sequence)
        case .exists(let value):
            let course = course(value, event)
            return .truth(!course.value.isMissing, until: course.until)
        case .consentIsSet(let path):
            let decision = decision(on: path)
            return .truth(!decision.value.isMissing, until: decision.until)
        case .compare(let a, let comparison, let b): return Course.compare(course(a, event), comparison, course(b, event), at: now)
        case .isIn(let value, let literals): return Course.isIn(course(value, event), literals, at: now)
        case .ranked(let value, let among, let comparison, let bound):
            if let among {
                let anyone = view(among).counted(CountRange(Quantifier(.atLeast, 1)))
                if !anyone.holds { return anyone }
                let own = Course.compare(course(value, event), comparison, .still(bound), at: now)
                return .truth(own.holds, until: min(own.until, anyone.until))
            }
            return Course.compare(course(value, event), comparison, .still(bound), at: now)
        case .textTest(let value, let test, let wanted):
            let course = course(value, event)
            return .truth(Value.test(course.value, test, wanted), until: course.until)
        case .matches(let value, let pattern):
            let course = course(value, event)
            guard case .text(let text) = course.value else { return .truth(false, until: course.until) }
            var string = text.string
            let isFound = string.withUTF8 { matchers[id, default: PatternMatcher(pattern)].isFound(in: $0) }
            return .truth(isFound, until: course.until)
        case .holds(let value):
            let course = course(value, event)
            return .truth(course.holds, until: course.until)

        case .constant(let value): return .still(value)
        case .now: return Course(value: .instant(now), until: .max, motion: .linear(1))
        case .trait(let path): return trait(path, id)
        case .consent(let path):
            let decision = decision(on: path)
            return .truth(decision.holds, until: decision.until)
        case .field(let field): return .still(event.map { $0.value(of: field) } ?? .missing)
        case .aggregate(let selection, let function, let field): return aggregate(id, selection, function, field)
        case .arithmetic: return arithmetic(id, event)
        case .negated(let value): return Course.negate(course(value, event), at: now)
        case .time(let value):
            let course = course(value, event)
            return Course.function(of: [course], Value.time(course.value), at: now)
        case .lower(let value):
            let course = course(value, event)
            return Course.function(of: [course], Value.lower(course.value), at: now)
        case .distance(let unit, let a, let b, let c, let d):
            let parts = [a, b, c, d].map { course($0, event) }
            return Course.function(
                of: parts, Value.distance(unit, parts[0].value, parts[1].value, parts[2].value, parts[3].value), at: now)
        case .calendar(let part, let value, let zone): return Course.calendar(part, course(value, event), zone, at: now)
        }
    }

    /// The first part that decides does so for as long as it holds; the rest is not asked.
    private mutating func joined(_ parts: [Int], neutral: Bool, _ event: Source.Event?) -> Course {
        var until = Int64.max
        for part in parts {
            let course = course(part, event)
            if course.holds != neutral { return .truth(!neutral, until: course.until) }
            until = min(until, course.until)
        }
        return .truth(neutral, until: until)
    }

    /// A chain of operators nests on its left side: walked in a loop, so that its length costs no stack.
    private mutating func arithmetic(_ id: Int, _ event: Source.Event?) -> Course {
        var steps: [(Arithmetic, Int)] = []
        var leftmost = id
        while case .arithmetic(let a, let operation, let b) = plan.nodes[leftmost] {
            steps.append((operation, b))
            leftmost = a
        }
        var left = course(leftmost, event)
        for (operation, right) in steps.reversed() { left = Course.apply(left, operation, course(right, event), at: now) }
        return left
    }

    // MARK: Traits and consent

    private func trait(_ path: [Text], _ id: Int) -> Course {
        guard let said = profile.latest(trait: path, for: id, at: now) else { return .still(.missing) }
        guard let value = said.value, said.expiry > now else { return .still(.missing, until: said.next) }
        return .still(value, until: min(said.next, said.expiry))
    }

    /// The truth that a purpose, or else what it belongs to, was last set to; missing where it was never set or has expired.
    private func decision(on path: [Text]) -> Course {
        var until = Int64.max
        for length in stride(from: path.count, to: 0, by: -1) {
            guard let said = profile.latest(purpose: Array(path.prefix(length)), at: now) else { continue }
            until = min(until, said.next)
            if let value = said.value, said.expiry > now { return .still(value, until: min(until, said.expiry)) }
        }
        return .still(.missing, until: until)
    }

    // MARK: Events

    /// The events of a selection at the instant at hand.
    mutating func view(_ number: Int) -> EventView {
        if views[number].turn == turn, views[number].view.now == now { return views[number].view }
        let view = makeView(number)
        views[number] = (view, turn)
        return view
    }

    /// All that a selection can select, before conditions that are yet to be asked.
    private mutating func source(of number: Int) -> EventList {
        if lists[number].turn == turn { return lists[number].list }
        let list = profile.events(of: number, in: plan)
        lists[number] = (list, turn)
        return list
    }

    private mutating func makeView(_ number: Int) -> EventView {
        let selection = plan.selections[number]
        let source = source(of: number)
        // Nothing to select, wherever the windows go.
        if source.times.isEmpty { return EventView(nothingUntil: .max, now: now) }
        var bounds = [EventView.Bound(course: course(plan.clock), isLower: false, offset: 0)]
        var until = Int64.max
        for bound in selection.windows {
            let course = course(bound.node)
            if course.value.isMissing { return EventView(nothingUntil: course.until, now: now) }
            until = min(until, course.until)
            bounds.append(.init(course: course, isLower: bound.isLower, offset: bound.offset))
        }
        let wanted = reach(of: bounds, in: source.times)
        guard let condition = selection.condition, !Source.isSifted else {
            return EventView(times: source.times, reach: wanted, bounds: bounds, until: until, now: now)
        }
        let matches = matches(number, condition, source, wanted)
        let reach = matches.events.times.indices
        return EventView(times: matches.events.times, reach: reach, bounds: bounds, until: min(until, matches.until), now: now)
    }

    /// The events of a list that windows may ever hold while they move as they do.
    private func reach(of bounds: [EventView.Bound], in times: ContiguousArray<Int64>) -> Range<Int> {
        var (first, end) = (0, times.count)
        for bound in bounds {
            guard let edge = bound.edge else { continue }
            if bound.isLower, bound.course.trend >= 0 {
                first = max(first, times.firstIndex(atOrPast: edge, in: times.indices))
            } else if !bound.isLower, bound.course.trend <= 0 {
                end = min(end, times.firstIndex(atOrPast: edge + 1, in: times.indices))
            }
        }
        return first..<max(first, end)
    }

    /// The list that a selection's view goes by, and when it was made.
    mutating func list(_ number: Int) -> (events: EventList, foundAt: Int64) {
        if !Source.isSifted, let matches = matches[number] { return (matches.events, matches.foundAt) }
        return (source(of: number), .min)
    }

    private mutating func matches(_ number: Int, _ condition: Int, _ source: EventList, _ wanted: Range<Int>) -> Matches {
        if let known = matches[number], known.foundAt == now || now < known.until, known.covers(wanted) { return known }
        var found = Matches(events: EventList(), covered: wanted, foundAt: now, until: .max)
        for index in wanted {
            let position = source.positions[index]
            let course = course(condition, profile.event(at: position))
            found.until = min(found.until, course.until)
            guard course.holds else { continue }
            found.events.times.append(source.times[index])
            found.events.positions.append(position)
        }
        work += wanted.count
        matches[number] = found
        return found
    }
}
