import EventModel

extension Explanation {
    /// The explanation for people: the summary, the tree with `yes` or `no` before each question and each value behind its text, the events
    /// that decided it on lines of their own, and what would turn the answer round. Every line ends with a line feed.
    public var text: String {
        var lines = [summary]
        tree.write(to: &lines, indent: "")
        if !smallestChange.isEmpty {
            lines.append(isMember ? "smallest change that ends it:" : "smallest change that makes it a member:")
            for change in smallestChange { lines.append("  " + change.sentence) }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension ExplainedNode {
    fileprivate func write(to lines: inout [String], indent: String) {
        var line = indent
        switch outcome {
        case .truth(let holds):
            line += holds ? "yes " : "no  "
            switch role {
            case .all: line += "all of"
            case .any: line += "any of"
            case .not: line += "not"
            case .other: line += text
            }
        case .value(let value): line += "\(text) = \(value.words)"
        }
        if let note { line += ": \(note)" }
        if let validUntil, role != .not { line += " (holds until \(validUntil.text))" }
        lines.append(line)
        let inner = indent + "    "
        if let window {
            let from = window.from.map { "from \($0.text)" }
            let to = window.to.map { "to \($0.text)" }
            lines.append(inner + "window " + [from, to].compactMap { $0 }.joined(separator: " "))
        }
        for event in events { lines.append(inner + "\(event.time.text) \(Value.text(Text(event.name)).words) \(event.messageID)") }
        if totalEvents > events.count { lines.append(inner + "and \((totalEvents - events.count).formatted) before") }
        for child in children { child.write(to: &lines, indent: inner) }
    }
}
