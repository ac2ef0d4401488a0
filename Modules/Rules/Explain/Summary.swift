import EventModel

/// The first line of an explanation.
struct Summary {
    let text: String

    init(reading: ProfileReading, clock: RuleClock, tree: ExplainedNode, change: ChangeSearch.Found?) {
        let root = reading.tree.root
        let isMember = root.holds(for: reading)
        let validUntil = clock.validUntil(root)
        let flip = clock.flip(of: root)
        let cause = flip.flatMap { WaitCause(reading: reading).words(for: root, at: $0) }.map { ", when \($0)" } ?? ""
        let isWait = change?.changes.count == 1 && change?.changes[0].isWait == true
        let deeds = change?.words
        if isMember {
            var text =
                if let flip, flip == validUntil {
                    "a member until \(flip.text)\(cause)"
                } else if let validUntil {
                    "a member at least until \(validUntil.text)"
                } else {
                    "a member until something new comes"
                }
            if let deeds, !isWait { text += "; no longer one with \(deeds)" }
            self.text = text
        } else {
            let reasons = change?.plan.parts.compactMap(\.reason) ?? [tree.culprit.verdict]
            var text = "not a member: " + reasons.joined(separator: ", ")
            if let flip, isWait {
                text += "; becomes a member at \(flip.text)\(cause)"
            } else if let deeds {
                text += "; becomes a member with \(deeds)"
                if let flip { text += ", or at \(flip.text)\(cause)" }
            } else {
                text += "; no small change that makes it one was found"
            }
            self.text = text
        }
    }
}

extension ExplainedNode {
    /// The first predicate that makes the node what it is.
    fileprivate var culprit: ExplainedNode {
        switch role {
        case .other: self
        case .not: children.first?.culprit ?? self
        case .all, .any: children.first { $0.outcome == outcome }?.culprit ?? self
        }
    }

    /// The node with what it came to.
    fileprivate var verdict: String {
        "\(text) \(outcome == .truth(true) ? "holds" : "does not hold")" + (note.map { " (\($0))" } ?? "")
    }
}

extension ExplainedChange {
    /// Whether nothing but time is needed.
    var isWait: Bool { if case .wait = kind { true } else { false } }
}
