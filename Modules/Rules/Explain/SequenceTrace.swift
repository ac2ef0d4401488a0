import EventModel

/// Finds the chain of a sequence in one pass over each step's events.
///
/// For each event of a step it keeps the latest start from which a chain reaches it: the latest start leaves the most of `spanning`, so
/// no other needs to be remembered. The best start over the events before, no further back than `within`, is the front of a queue that only
/// falls (the maximum of a sliding window).
struct SequenceTrace {
    enum Outcome {
        /// One event for each step.
        case found([Message])
        /// No chain is longer than these events.
        case short([Message])
        /// Every chain that is long enough was ended by an event that must not come.
        case spoiled([Message], by: Message)
        /// This chain will do unless such an event comes before the instant.
        case waiting([Message], until: Int64)
    }
    let outcome: Outcome

    private struct Link {
        var start: Int64
        /// Where in the step before the chain comes from.
        var before: Int
        var event: Int
    }

    init(_ sequence: EventSequence, candidates: [[Message]], spoilers: [Message], now: Instant) {
        var steps: [[Link]] = []
        for (number, events) in candidates.enumerated() {
            let links: [Link]
            if number == 0 {
                links = events.indices.map { Link(start: events[$0].timestamp.milliseconds, before: 0, event: $0) }
            } else {
                links = Self.links(
                    events, after: steps[number - 1], of: candidates[number - 1], within: sequence.steps[number].within,
                    spanning: sequence.spanning)
            }
            if links.isEmpty { break }
            steps.append(links)
        }
        func chain(_ last: Int) -> [Message] {
            var (place, events) = (last, [Message]())
            for number in steps.indices.reversed() {
                let link = steps[number][place]
                events.append(candidates[number][link.event])
                place = link.before
            }
            return events.reversed()
        }
        guard steps.count == candidates.count, let ends = steps.last else {
            outcome = .short(steps.last.map { chain($0.count - 1) } ?? [])
            return
        }
        guard let absent = sequence.absent, let length = absent.within else {
            outcome = .found(chain(ends.count - 1))
            return
        }
        // From the latest end backwards; `next` is the first spoiler after it.
        var next = spoilers.count
        var (waiting, spoiled): (Int?, (Int, Message)?) = (nil, nil)
        for place in ends.indices.reversed() {
            let end = candidates[steps.count - 1][ends[place].event].timestamp.milliseconds
            while next > 0, spoilers[next - 1].timestamp.milliseconds > end { next -= 1 }
            if next < spoilers.count, spoilers[next].timestamp.milliseconds <= end + length {
                if spoiled == nil { spoiled = (place, spoilers[next]) }
            } else if now.milliseconds >= end + length {
                outcome = .found(chain(place))
                return
            } else {
                waiting = place  // The earliest end is the first to have waited long enough.
            }
        }
        if let waiting {
            let end = candidates[steps.count - 1][ends[waiting].event].timestamp.milliseconds
            outcome = .waiting(chain(waiting), until: end + length)
        } else if let (place, spoiler) = spoiled {
            outcome = .spoiled(chain(place), by: spoiler)
        } else {
            outcome = .short([])
        }
    }

    private static func links(_ events: [Message], after links: [Link], of before: [Message], within: Int64?, spanning: Int64?) -> [Link] {
        var queue: [Int] = []  // Places in `links`, their starts falling; from `head` on.
        var (head, next) = (0, 0)
        var reached: [Link] = []
        func time(_ place: Int) -> Int64 { before[links[place].event].timestamp.milliseconds }
        for (event, message) in events.enumerated() {
            let now = message.timestamp.milliseconds
            while next < links.count, time(next) < now {
                while queue.count > head, links[queue[queue.count - 1]].start <= links[next].start { queue.removeLast() }
                queue.append(next)
                next += 1
            }
            if let within { while head < queue.count, now - time(queue[head]) > within { head += 1 } }
            guard head < queue.count else { continue }
            let start = links[queue[head]].start
            if let spanning, now - start > spanning { continue }
            reached.append(Link(start: start, before: queue[head], event: event))
        }
        return reached
    }
}
