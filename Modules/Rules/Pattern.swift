/// A regular expression of `matches`, compiled: ECMAScript's `u` rules without flags, run in time linear in the text.
///
/// Refused before running, since they need more than linear time or more tables than they are worth: back references, look-around,
/// `\p`, repeats above 1 000, flags inside the pattern, and programs above 20 000 steps. The rest gives ECMAScript's answer to whether
/// the pattern is found; which of several matches it would be plays no part.
///
/// The method is K. Thompson's ("Regular Expression Search Algorithm", CACM 11, 1968), as a program for a virtual machine that follows
/// all threads at once (R. Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009).
public struct Pattern: Sendable, Hashable {
    /// The pattern as written.
    public let text: Text
    let program: PatternProgram

    /// Compiles a pattern.
    ///
    /// - Throws: `PatternError` with code `syntax` where it does not follow the grammar, `kind` where it asks for something refused,
    ///   `limit` where it is too large.
    public init(_ text: String) throws(PatternError) {
        self.text = Text(text)
        var parser = PatternParser(text)
        let node = try parser.parse()
        let size = node.size
        guard size <= Self.longestProgram else {
            throw PatternError(.limit, "the pattern is too large: it unfolds to more than \(Self.longestProgram.formatted) steps")
        }
        program = PatternProgram(node, sets: parser.sets)
    }

    /// Most steps that a program may have.
    static let longestProgram = 20_000
    /// Largest count of a repeat.
    static let largestRepeat = 1_000

    public static func == (a: Pattern, b: Pattern) -> Bool { a.text == b.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// Whether the pattern is found anywhere in the text. For many texts keep a `PatternMatcher`, which reuses its memory.
    public func isFound(in text: String) -> Bool {
        var matcher = PatternMatcher(self)
        var text = text
        return text.withUTF8 { matcher.isFound(in: $0) }
    }
}

/// A set of Unicode scalars (and lone surrogates, which no text has).
struct ScalarSet: Sendable, Hashable {
    /// Ascending, without overlap.
    private(set) var ranges: ContiguousArray<ClosedRange<UInt32>>
    /// The members below 128, one bit each.
    private var low: (UInt64, UInt64) = (0, 0)

    static let last: UInt32 = 0x10FFFF

    init(_ ranges: some Sequence<ClosedRange<UInt32>>) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let before = self.ranges.last, range.lowerBound <= before.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = before.lowerBound...max(before.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
        for value in UInt32(0)..<128 where search(value) {
            if value < 64 { low.0 |= 1 << UInt64(value) } else { low.1 |= 1 << UInt64(value - 64) }
        }
    }

    static func == (a: ScalarSet, b: ScalarSet) -> Bool { a.ranges == b.ranges }
    func hash(into hasher: inout Hasher) { hasher.combine(ranges) }

    /// Every scalar that is not in the set.
    var inverse: ScalarSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.last { gaps.append(next...Self.last) }
        return ScalarSet(gaps)
    }

    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low.0 >> UInt64(value) & 1 == 1 }
        if value < 128 { return low.1 >> UInt64(value - 64) & 1 == 1 }
        return search(value)
    }

    private func search(_ value: UInt32) -> Bool {
        var (first, last) = (0, ranges.count)
        while first < last {
            let middle = (first + last) / 2
            if ranges[middle].upperBound < value { first = middle + 1 } else { last = middle }
        }
        return first < ranges.count && ranges[first].lowerBound <= value
    }

    static let digits = ScalarSet([48...57])
    static let word = ScalarSet([48...57, 65...90, 95...95, 97...122])
    /// ECMAScript's WhiteSpace and LineTerminator.
    static let space = ScalarSet([
        9...13, 32...32, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
        0xFEFF...0xFEFF,
    ])
    /// What `.` finds: everything but line terminators.
    static let dot = ScalarSet([10...10, 13...13, 0x2028...0x2029]).inverse
}

/// A pattern as a tree, before it becomes a program.
indirect enum PatternNode {
    case empty
    /// One scalar of a set, by its number.
    case set(Int)
    case sequence([PatternNode])
    case choice([PatternNode])
    /// At least `least` and at most `most` times (nil: without bound).
    case repeated(PatternNode, least: Int, most: Int?)
    case assertion(PatternProgram.Step.Kind)

    /// Steps of the program it becomes, held at a bound so that nothing overflows.
    var size: Int {
        let bound = 1 << 30
        switch self {
        case .empty: return 0
        case .set, .assertion: return 1
        case .sequence(let parts): return parts.reduce(0) { min(bound, $0 + $1.size) }
        case .choice(let parts): return parts.reduce(0) { min(bound, $0 + $1.size + 2) }
        case .repeated(let part, let least, let most):
            let (own, copies) = (part.size + 2, max(1, most ?? least + 1))
            return min(bound, own.multipliedReportingOverflow(by: copies).partialValue)
        }
    }
}

/// The program that a pattern becomes.
struct PatternProgram: Sendable {
    struct Step: Sendable {
        enum Kind: UInt8, Sendable {
            /// Go on behind a scalar of set number `first`.
            case set
            /// Go on at `first` and at `second`.
            case split
            /// Go on at `first`.
            case jump
            /// Go on where the text starts, ends, at an edge of a word, or not at one.
            case start, end, edge, notEdge
            case found
        }
        var kind: Kind
        var first: Int32 = 0
        var second: Int32 = 0
    }
    private(set) var steps: ContiguousArray<Step> = []
    let sets: ContiguousArray<ScalarSet>

    init(_ node: PatternNode, sets: [ScalarSet]) {
        self.sets = ContiguousArray(sets)
        emit(node)
        steps.append(Step(kind: .found))
    }

    private var here: Int32 { Int32(steps.count) }

    private mutating func emit(_ node: PatternNode) {
        switch node {
        case .empty: break
        case .set(let number): steps.append(Step(kind: .set, first: Int32(number)))
        case .assertion(let kind): steps.append(Step(kind: kind))
        case .sequence(let parts): for part in parts { emit(part) }
        case .choice(let parts):
            var ends: [Int] = []
            for (index, part) in parts.enumerated() {
                let split = steps.count
                let isLast = index + 1 == parts.count
                if !isLast { steps.append(Step(kind: .split, first: here + 1)) }
                emit(part)
                if isLast { continue }
                ends.append(steps.count)
                steps.append(Step(kind: .jump))
                steps[split].second = here
            }
            for end in ends { steps[end].first = here }
        case .repeated(let part, let least, let most):
            for _ in 0..<least { emit(part) }
            guard let most else {
                let split = steps.count
                steps.append(Step(kind: .split, first: here + 1))
                emit(part)
                steps.append(Step(kind: .jump, first: Int32(split)))
                steps[split].second = here
                return
            }
            var splits: [Int] = []
            for _ in least..<max(least, most) {
                splits.append(steps.count)
                steps.append(Step(kind: .split, first: here + 1))
                emit(part)
            }
            for split in splits { steps[split].second = here }
        }
    }
}
