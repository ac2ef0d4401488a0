/// What a value should become: a test, some values that pass it, and the words for it.
struct Target {
    /// Values that pass, the plainest first. `missing` among them means that the value should go.
    let candidates: [Value]
    let accepts: (Value) -> Bool
    /// "at least 5", to come behind "must be"; nil where the way back to the value left no words.
    let words: String?
    /// The number that the test is bounded by, if it is.
    let pivot: Double?

    init(_ candidates: [Value], words: String?, pivot: Double? = nil, accepts: @escaping (Value) -> Bool) {
        self.candidates = candidates.filter(accepts)
        (self.accepts, self.words, self.pivot) = (accepts, words, pivot)
    }

    /// What `v` must be for `forward(v)` to pass; `back` gives the values that may lead to one.
    func through(_ back: (Value) -> [Value], _ forward: @escaping (Value) -> Value) -> Target {
        let accepts = accepts
        return Target(candidates.flatMap(back), words: nil) { accepts(forward($0)) }
    }

    // MARK: Of predicates

    /// A comparison with a value that is known, to hold or not to hold.
    static func compare(_ comparison: Comparison, _ value: Value, holds: Bool) -> Target {
        var near: [Value] = [value]
        var pivot: Double?
        switch value {
        case .missing: break
        case .text(let text): near += [.text(Text(text.string + "a")), .text(""), .text("a"), .number(1)]
        case .number(let number):
            pivot = number
            near += [number + 1, number - 1, number.nextUp, number.nextDown].filter(\.isFinite).map { .number($0) }
        case .truth(let truth): near.append(.truth(!truth))
        case .instant(let time):
            near += [1, -1, 1_000, -1_000, 86_400_000, -86_400_000].map { Value.bounded(instant: time + $0) }
        case .duration(let time): near += [1, -1, 1_000, -1_000].map { Value.bounded(duration: time + $0) }
        }
        if !holds { near.append(.missing) }
        return Target(near, words: words(comparison, value.words, holds: holds), pivot: pivot) {
            Value.compare($0, comparison, value) == holds
        }
    }

    private static func words(_ comparison: Comparison, _ value: String, holds: Bool) -> String {
        switch (comparison, holds) {
        case (.equal, true): value
        case (.equal, false): "anything but \(value)"
        case (.notEqual, true): "there, and anything but \(value)"
        case (.notEqual, false): "\(value), or missing"
        case (.less, true): "below \(value)"
        case (.less, false): "at least \(value), or missing"
        case (.lessOrEqual, true): "at most \(value)"
        case (.lessOrEqual, false): "above \(value), or missing"
        case (.greater, true): "above \(value)"
        case (.greater, false): "at most \(value), or missing"
        case (.greaterOrEqual, true): "at least \(value)"
        case (.greaterOrEqual, false): "below \(value), or missing"
        }
    }

    /// One of a list, or none of it.
    static func isIn(_ literals: [Literal], holds: Bool) -> Target {
        let values = literals.map(\.value)
        let others: [Value] = [.text("other"), .number(-1), .truth(true), .truth(false), .missing]
        let list = values.map(\.words).joined(separator: ", ")
        let words = values.count == 1 ? (holds ? list : "anything but \(list)") : (holds ? "one of \(list)" : "none of \(list)")
        return Target(holds ? values : others, words: words) { Value.isIn($0, literals) == holds }
    }

    /// A text test.
    static func test(_ test: TextTest, _ wanted: Text, holds: Bool) -> Target {
        let word =
            switch test {
            case .contains: "contains"
            case .startsWith: "starts with"
            case .endsWith: "ends with"
            }
        let quoted = Value.text(wanted).words
        return Target(
            holds ? [.text(wanted)] : [.text(""), .text("a"), .text("b"), .missing],
            words: holds ? "a text that \(word) \(quoted)" : "anything but a text that \(word) \(quoted)"
        ) { Value.test($0, test, wanted) == holds }
    }

    /// A pattern that is found or not. A text that has it is known only where the pattern, or a plain word of it, is such a text.
    static func matches(_ pattern: Pattern, holds: Bool) -> Target {
        let written = pattern.text.string
        let plain = written.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "@" || $0 == "-" }
        let pieces = written.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        let texts: [String] = [written, plain] + pieces + ["", "a", "b", "A", "1", "0", " "]
        let words = (holds ? "" : "anything but ") + "a text that matches \(Value.text(pattern.text).words)"
        return Target(texts.map { .text(Text($0)) } + [.missing], words: words) { value in
            if case .text(let text) = value { pattern.isFound(in: text.string) == holds } else { !holds }
        }
    }

    /// Something, or nothing.
    static func exists(holds: Bool) -> Target {
        holds
            ? Target([.text("a"), .number(1), .truth(true), .number(0)], words: "there") { !$0.isMissing }
            : Target([.missing], words: "missing") { $0.isMissing }
    }

    /// The truth true, or anything else.
    static func truth(holds: Bool) -> Target {
        Target([.truth(true), .truth(false), .missing], words: holds ? "true" : "anything but true") { $0.holds == holds }
    }

    /// Exactly this.
    static func exactly(_ value: Value) -> Target { Target([value], words: value.words) { $0 == value } }
}

extension Clause {
    /// What the values of a single predicate should become, one at a time, for it to hold or not; the other values stay what they are.
    func targets(holds: Bool, for subject: some Subject) -> [(value: Operand, target: Target)] {
        switch self {
        case .exists(let value): [(value, .exists(holds: holds))]
        case .isIn(let value, let literals): [(value, .isIn(literals, holds: holds))]
        case .textTest(let value, let test, let wanted): [(value, .test(test, wanted, holds: holds))]
        case .matches(let value, let pattern): [(value, .matches(pattern, holds: holds))]
        case .holds(let value): [(value, .truth(holds: holds))]
        case .compare(let a, let comparison, let b):
            [
                (a, .compare(comparison, b.value(for: subject), holds: holds)),
                (b, .compare(comparison.flipped, a.value(for: subject), holds: holds)),
            ]
        case .constant, .all, .any, .not, .segment, .did, .sequence, .percentile: []
        }
    }
}
