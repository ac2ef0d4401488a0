import EventModel

/// A node's number in a query graph; operands have lesser numbers than what is made of them.
typealias NodeID = Int

/// One step of a query, over profiles or over the rows of a block. Equal nodes are one node, whatever text they come from.
enum QueryNode: Hashable {
    // Truths, as masks.
    case truth(Bool)
    case all([NodeID])
    case any([NodeID])
    case not(NodeID)
    case compare(NodeID, Comparison, NodeID)
    case isIn(NodeID, [Literal])
    case textTest(NodeID, TextTest, Text)
    case matches(NodeID, Pattern)
    case holds(NodeID)
    case exists(NodeID)
    /// Whether a leaf's selection has any event.
    case happened(leaf: Int)
    /// An index into the graph's sequences.
    case sequence(Int)
    /// An index into the graph's rankings.
    case ranked(Int)

    // Values, as lanes.
    case constant(Value)
    /// Of the row at hand: the value at a path, by its index among the graph's paths.
    case column(Int)
    /// Of the row at hand.
    case timestamp
    /// What a leaf found.
    case leaf(Int, LeafOutput)
    /// The first of several values that is there.
    case firstPresent([NodeID])
    case arithmetic(NodeID, Arithmetic, NodeID)
    case negated(NodeID)
    case time(NodeID)
    case lower(NodeID)
    case distance(DistanceUnit, NodeID, NodeID, NodeID, NodeID)
    case calendar(CalendarPart, NodeID, Zone)

    /// The nodes it is made of.
    var operands: [NodeID] {
        switch self {
        case .truth, .happened, .sequence, .ranked, .constant, .column, .timestamp, .leaf: []
        case .all(let nodes), .any(let nodes), .firstPresent(let nodes): nodes
        case .not(let v), .isIn(let v, _), .textTest(let v, _, _), .matches(let v, _), .holds(let v), .exists(let v), .negated(let v),
            .time(let v), .lower(let v), .calendar(_, let v, _):
            [v]
        case .compare(let a, _, let b), .arithmetic(let a, _, let b): [a, b]
        case .distance(_, let a, let b, let c, let d): [a, b, c, d]
        }
    }

    /// Whether it gives a mask; else it gives lanes of values.
    var isMask: Bool {
        switch self {
        case .truth, .all, .any, .not, .compare, .isIn, .textTest, .matches, .holds, .exists, .happened, .sequence, .ranked: true
        default: false
        }
    }
}

/// Something that one scan of the selected events finds out for every profile.
struct Leaf: Hashable {
    enum Task: Hashable {
        /// Whether there is any.
        case happened
        case count
        /// The exact sum of a field's numbers, and how many there are.
        case sum(Field)
        case least(Field)
        case greatest(Field)
        /// The instant of the first and of the last event.
        case earliest
        case latest
        /// The field in the first and in the last event that has it.
        case first(Field)
        case last(Field)
        /// How often each value of a field comes.
        case groups(Field)
        /// The latest identify's word on a trait; over the selection of all identifies.
        case trait([Text])
        /// The latest word on a purpose; over the selection of all messages.
        case consent([Text])
        /// Every instant of the selected events, for sequences.
        case instants
    }
    var task: Task
    /// An index into the graph's selections.
    var selection: Int
}

/// What is asked of a leaf that can answer several questions.
enum LeafOutput: Hashable {
    case value
    case average
    case distinct
    case mostFrequent
    case mostFrequentCount
}

/// A selection of events with everything constant worked out.
struct SelectionPlan: Hashable {
    /// What a condition asks of messages of one kind.
    enum Condition: Hashable {
        /// Such messages are never selected.
        case never
        case always
        case node(NodeID)
    }
    /// A bound on the event's time that differs between profiles: `t >= value + offset` or `t <= value + offset`; missing holds nothing.
    struct Bound: Hashable {
        var node: NodeID
        var isLower: Bool
        var offset: Int64
    }
    /// nil: `any`.
    var name: Text?
    /// By raw value of `Message.Kind`; entry 0 is `never`.
    var conditions: [Condition]
    /// Event times that can be selected, both ends in; never beyond `now`.
    var minTime: Int64
    var maxTime: Int64
    var bounds: [Bound]
}

/// A sequence whose steps are leaves that gather instants.
struct SequencePlan: Hashable {
    struct Step: Hashable {
        var leaf: Int
        var within: Int64?
    }
    var steps: [Step]
    /// nil: nothing can spoil the chain.
    var absent: Int?
    /// Length of `then not`, nil where there is none.
    var absentWithin: Int64?
    var spanning: Int64?
}

/// A percentile: which value ranks, among whom.
struct RankingPlan: Hashable {
    var value: NodeID
    /// Only profiles for which this mask holds are ranked; nil: all that have the value.
    var among: NodeID?
    var percentile: Percentile
}
