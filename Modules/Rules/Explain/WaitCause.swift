import EventModel

/// Says why the answer of a clause changes at an instant when nothing comes.
struct WaitCause {
    let reading: ProfileReading

    /// "\"A\" of 2026-... (m1) leaves the window"; nil where no event explains it.
    func words(for clause: Clause, at instant: Instant) -> String? {
        switch clause {
        case .all(let clauses), .any(let clauses): return clauses.lazy.compactMap { words(for: $0, at: instant) }.first
        case .not(let clause): return words(for: clause, at: instant)
        case .segment(let index): return words(for: reading.tree.segments[index].body, at: instant)
        case .constant: return nil
        case .did(let events, _): return words(for: events, at: instant)
        case .sequence(let sequence):
            if let absent = sequence.absent, let length = absent.within, case .waiting(let chain, let until) = reading.chain(of: sequence),
                until == instant.milliseconds, let last = chain.last
            {
                return "\(DurationText.text(length)) have passed since \(name(last)) without \(reading.tree.text(of: absent.selection))"
            }
            return sequence.steps.lazy.compactMap {
                words(for: Selection($0.events, where: $0.condition, windows: sequence.windows), at: instant)
            }.first
        default: return clause.operands.lazy.compactMap { words(for: $0, at: instant) }.first
        }
    }

    private func words(for value: Operand, at instant: Instant) -> String? {
        switch value {
        case .feature(let index, _): words(for: reading.tree.features[index].body, at: instant)
        case .aggregate(let aggregate): words(for: aggregate.events, at: instant)
        default: value.parts.lazy.compactMap { words(for: $0, at: instant) }.first
        }
    }

    private func words(for events: Selection, at instant: Instant) -> String? {
        for length in events.windows.compactMap(\.length) {
            let time = instant.milliseconds - length
            if let event = reading.select(events).first(where: { $0.timestamp.milliseconds == time }) {
                return "\(name(event)) leaves the window"
            }
        }
        let later = reading.reading(at: instant)
        if let event = later.select(events).last, event.timestamp == instant { return "\(name(event)) comes" }
        return events.windows.lazy.compactMap(\.bound).compactMap { words(for: $0, at: instant) }.first
    }

    private func name(_ message: Message) -> String {
        let event = ExplainedEvent(message)
        return "\(Value.text(Text(event.name)).words) of \(event.time.text) (\(event.messageID))"
    }
}
