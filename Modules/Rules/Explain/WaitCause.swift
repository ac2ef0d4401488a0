import EventModel

/// Says why the answer of a clause changes at an instant when nothing comes.
struct WaitCause {
    let reading: ProfileReading

    /// "\"A\" of 2026-... (m1) leaves the window"; nil where no event explains it.
    func words(for clause: Clause, at instant: Instant) -> String? {
        var mentioned = Mentioned(tree: reading.tree)
        mentioned.add(clause)
        for sequence in mentioned.sequences {
            if let absent = sequence.absent, let length = absent.within, case .waiting(let chain, let until) = reading.chain(of: sequence),
                until == instant.milliseconds, let last = chain.last
            {
                return "\(DurationText.text(length)) have passed since \(last.words) without \(reading.tree.text(of: absent.selection))"
            }
        }
        let later = reading.reading(at: instant)
        for events in mentioned.selections {
            for length in events.windows.compactMap(\.length) {
                let time = instant.milliseconds - length
                if let event = reading.select(events).first(where: { $0.timestamp.milliseconds == time }) {
                    return "\(event.words) leaves the window"
                }
            }
            if let event = later.select(events).last, event.timestamp == instant { return "\(event.words) comes" }
        }
        return nil
    }
}

/// The events that a clause or a value looks at, through its segments and features; each definition once.
struct Mentioned {
    let tree: Rule
    private(set) var selections: [Selection] = []
    private(set) var sequences: [EventSequence] = []
    private var segments: Set<Int> = []
    private var features: Set<Int> = []

    init(tree: Rule) { self.tree = tree }

    mutating func add(_ clause: Clause) {
        switch clause {
        case .constant: break
        case .all(let clauses), .any(let clauses): for clause in clauses { add(clause) }
        case .not(let clause): add(clause)
        case .segment(let index): if segments.insert(index).inserted { add(tree.segments[index].body) }
        case .did(let events, _): add(events)
        case .sequence(let sequence):
            sequences.append(sequence)
            for step in sequence.steps { add(Selection(step.events, where: step.condition, windows: sequence.windows)) }
        default: for value in clause.operands { add(value) }
        }
    }

    mutating func add(_ value: Operand) {
        switch value {
        case .feature(let index, _): if features.insert(index).inserted { add(tree.features[index].body) }
        case .aggregate(let aggregate): add(aggregate.events)
        default: for part in value.parts { add(part) }
        }
    }

    private mutating func add(_ events: Selection) {
        selections.append(events)
        for bound in events.windows.compactMap(\.bound) { add(bound) }
    }
}

extension Message {
    /// The message for people: "\"A\" of 2026-06-30T12:00:00.000Z (m1)".
    var words: String {
        let event = ExplainedEvent(self)
        return "\(Value.text(Text(event.name)).words) of \(event.time.text) (\(event.messageID))"
    }
}
