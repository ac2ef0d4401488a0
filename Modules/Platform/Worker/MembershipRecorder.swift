import Dispatch
import EventModel
import Live
import Service
import Storage
import Synchronization

/// Writes transitions into the membership history and tells those who listen, beside the worker's thread and in order.
///
/// The history follows from what is stored: what a crash or a full disk keeps from being written is written by the next worker, or as
/// soon as there is room.
final class MembershipRecorder: Sendable {
    /// A transition on its way, with what its record needs.
    struct Step: Sendable {
        var segment: String
        var expression: String
        var transition: Transition
        /// Canonical id of the profile.
        var profile: String
    }
    private struct State {
        /// Number of each segment's last record.
        var last: [String: Int64] = [:]
        var waiting: [Step] = []
        var recorded = 0
        /// Somebody else recorded these: who defined them anew, or asked for a record. They are left alone until they are begun again.
        var overtaken: Set<String> = []
        var isScheduled = false
    }
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "tessera.memberships")
    private let store: any EventStore
    private let board: NoticeBoard
    private let news: WorkerNews

    init(store: any EventStore, board: NoticeBoard, news: WorkerNews) { (self.store, self.board, self.news) = (store, board, news) }

    /// Begins to record a segment after its record of that number; 0 where it has none.
    func begin(_ segment: String, after number: Int64) {
        state.withLock { state in
            state.last[segment] = number
            state.overtaken.remove(segment)
        }
    }

    /// Whether somebody else recorded a segment since it was begun.
    func isOvertaken(_ segment: String) -> Bool { state.withLock { $0.overtaken.contains(segment) } }

    /// How many transitions were recorded, and how many wait.
    var counts: (recorded: Int, waiting: Int) { state.withLock { ($0.recorded, $0.waiting.count) } }

    /// Takes steps; they are recorded soon.
    func record(_ steps: [Step]) {
        guard !steps.isEmpty else { return }
        let schedules = state.withLock { state in
            state.waiting += steps
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if schedules { queue.async { self.write() } }
    }

    /// Returns once everything that was given is recorded; false where it cannot be.
    func flush() -> Bool {
        queue.sync { self.write() }
        return state.withLock { $0.waiting.isEmpty }
    }

    /// As `Question.notices` gives them later, so that a place in a record means the same to whoever comes back: exits before entries, each
    /// by the least ordinal.
    private static func inOrder(_ notices: [Told], _ numbers: [Int64]) -> [MembershipNotice] {
        notices.sorted { a, b in
            a.draft != b.draft ? a.draft < b.draft : a.notice.entered != b.notice.entered ? !a.notice.entered : a.ordinal < b.ordinal
        }.map { told in
            var notice = told.notice
            notice.number = numbers[told.draft]
            return notice
        }
    }

    private func write() {
        let (steps, last) = state.withLock { state in
            state.isScheduled = false
            let overtaken = state.overtaken
            state.waiting.removeAll { overtaken.contains($0.segment) }
            return (state.waiting, state.last)
        }
        guard !steps.isEmpty else { return }
        var drafts: [Draft] = []
        var notices: [Told] = []
        var places: [String: Int] = [:]
        for step in steps {
            var place = places[step.segment]
            if let known = place, !drafts[known].takes(step.transition) { place = nil }
            if place == nil { drafts.append(Draft(step)) }
            let chosen = place ?? drafts.count - 1
            places[step.segment] = chosen
            drafts[chosen].add(step.transition)
            notices.append(Told(draft: chosen, ordinal: step.transition.ordinals.min() ?? 0, notice: MembershipNotice(step)))
        }
        let changes = drafts.map { $0.change(after: last[$0.segment] ?? 0) }
        do throws(StoreError) {
            switch try store.recordMemberships(changes) {
            case .applied(_, let numbers):
                state.withLock { state in
                    for (change, number) in zip(changes, numbers) { state.last[change.segment] = number }
                    state.waiting.removeFirst(steps.count)
                    state.recorded += steps.count
                }
                board.publish(Self.inOrder(notices, numbers))
            case .outdated(let segment):
                // The live state goes on from what they recorded, once it is made anew.
                _ = state.withLock { $0.overtaken.insert(segment) }
                news.requestReload()
                write()
            }
        } catch {
            news.say("Changes of membership cannot be recorded yet: \(error)")
            queue.asyncAfter(deadline: .now() + 1) { self.write() }
        }
    }
}

/// Somebody's move, on its way to those who listen.
private struct Told {
    var draft: Int
    /// The least of those that were recorded.
    var ordinal: UInt32
    var notice: MembershipNotice
}

/// A record that is being made: everybody who moved at one instant for one cause.
private struct Draft {
    let segment: String
    let expression: String
    let at: Instant
    let cause: MembershipCause
    private var entered: [UInt32] = []
    private var exited: [UInt32] = []
    private var moved: Set<UInt32> = []

    init(_ step: MembershipRecorder.Step) {
        (segment, expression) = (step.segment, step.expression)
        (at, cause) = (step.transition.at, MembershipCause(step.transition.cause))
    }

    /// Whether the transition belongs to the same record; whoever moves twice in one would be lost in it.
    func takes(_ transition: Transition) -> Bool {
        transition.at == at && MembershipCause(transition.cause) == cause && !transition.ordinals.contains(where: moved.contains)
    }

    mutating func add(_ transition: Transition) {
        moved.formUnion(transition.ordinals)
        if transition.entered { entered += transition.ordinals } else { exited += transition.ordinals }
    }

    func change(after number: Int64) -> MembershipChange {
        MembershipChange(
            segment: segment, at: at, cause: cause, expression: expression, after: number, entered: OrdinalSet(entered),
            exited: OrdinalSet(exited))
    }
}

extension MembershipNotice {
    /// The number is known once it is recorded.
    fileprivate init(_ step: MembershipRecorder.Step) {
        let transition = step.transition
        self.init(
            number: 0, profile: step.profile, segment: step.segment, entered: transition.entered, at: transition.at,
            cause: MembershipCause(transition.cause).word)
    }
}

extension MembershipCause {
    fileprivate init(_ cause: TransitionCause) {
        switch cause {
        case .message: self = .message
        case .clock: self = .clock
        case .threshold: self = .threshold
        case .definition: self = .definition
        case .merge: self = .merge
        }
    }
}
