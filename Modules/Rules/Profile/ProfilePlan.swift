import EventModel

/// Rules as a list of distinct nodes, each after those it is made of: what is asked twice is answered once.
struct ProfilePlan: Sendable {
    /// One question over a profile, or over an event of it.
    enum Node: Hashable {
        // Truths.
        case all([Int])
        case any([Int])
        case not(Int)
        /// How many events of a selection there are.
        case counted(Int, CountRange)
        case sequence(Sequence)
        case exists(Int)
        case consentIsSet([Text])
        case compare(Int, Comparison, Int)
        case isIn(Int, [Literal])
        /// Beyond the bound; with a selection, only where that has an event.
        case ranked(Int, among: Int?, Comparison, Value)
        case textTest(Int, TextTest, Text)
        case matches(Int, Pattern)
        case holds(Int)

        // Values.
        case constant(Value)
        case now
        case trait([Text])
        case consent([Text])
        /// Of the event at hand.
        case field(Field)
        case aggregate(Int, Aggregate.Function, Field?)
        case arithmetic(Int, Arithmetic, Int)
        case negated(Int)
        case time(Int)
        case lower(Int)
        case distance(DistanceUnit, Int, Int, Int, Int)
        case calendar(CalendarPart, Int, Zone)

        /// The nodes it is made of.
        var operands: [Int] {
            switch self {
            case .counted, .sequence, .consentIsSet, .constant, .now, .trait, .consent, .field, .aggregate: []
            case .all(let nodes), .any(let nodes): nodes
            case .not(let v), .exists(let v), .isIn(let v, _), .ranked(let v, _, _, _), .textTest(let v, _, _), .matches(let v, _),
                .holds(let v), .negated(let v), .time(let v), .lower(let v), .calendar(_, let v, _):
                [v]
            case .compare(let a, _, let b), .arithmetic(let a, _, let b): [a, b]
            case .distance(_, let a, let b, let c, let d): [a, b, c, d]
            }
        }
    }

    /// Which events are meant.
    struct EventSelection: Hashable {
        var source: EventSource
        /// Kinds of message that are looked at, before the condition.
        var kinds: [Message.Kind]
        /// A node over one event.
        var condition: Int?
        var windows: [Bound]
    }

    /// An event's time t is in where `t >= value + offset` (lower), or `t <= value + offset`; nowhere where the value is missing.
    struct Bound: Hashable {
        /// A node whose value is an instant.
        var node: Int
        var isLower: Bool
        var offset: Int64
    }

    /// A chain of selections.
    struct Sequence: Hashable {
        struct Step: Hashable {
            var selection: Int
            var within: Int64?
        }
        var steps: [Step]
        /// What must not follow, and for how long.
        var absent: Int?
        var absentWithin: Int64?
        var spanning: Int64?
    }

    private(set) var nodes: [Node] = []
    /// Whether a node asks for a field of the event at hand; the others are about the profile.
    private(set) var isAboutEvent: [Bool] = []
    private(set) var selections: [EventSelection] = []
    private var numberOfNode: [Node: Int] = [:]
    private var numberOfSelection: [EventSelection: Int] = [:]
    /// The node of `now`, which every window leans on.
    private(set) var clock = 0

    /// Nothing is asked yet.
    init() { clock = number(.now) }

    /// Enters a node, or finds the one that is equal.
    mutating func number(_ node: Node) -> Int {
        if let known = numberOfNode[node] { return known }
        numberOfNode[node] = nodes.count
        nodes.append(node)
        if case .field = node { isAboutEvent.append(true) } else { isAboutEvent.append(node.operands.contains { isAboutEvent[$0] }) }
        return nodes.count - 1
    }

    /// Enters a selection, or finds the one that is equal.
    mutating func number(_ selection: EventSelection) -> Int {
        if let known = numberOfSelection[selection] { return known }
        numberOfSelection[selection] = selections.count
        selections.append(selection)
        return selections.count - 1
    }
}
