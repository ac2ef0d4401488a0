/// Runs one pattern over many texts, following all threads at once; its memory is made once.
public struct PatternMatcher {
    private let program: PatternProgram
    /// Threads at this position and the next: steps that wait for a scalar.
    private var waiting: ContiguousArray<Int32> = []
    private var coming: ContiguousArray<Int32> = []
    /// When a step was last reached: at position number `seen[step] - 1` of all positions so far.
    private var seen: ContiguousArray<UInt64>
    private var clock: UInt64 = 0
    private var stack: ContiguousArray<Int32> = []

    /// Makes memory for the pattern's steps. A matcher serves one thread; copies are independent.
    public init(_ pattern: Pattern) {
        program = pattern.program
        seen = ContiguousArray(repeating: 0, count: program.steps.count)
    }

    /// Whether the pattern is found anywhere in a text of well-formed UTF-8. Cost: bytes times steps of the program, at worst.
    public mutating func isFound(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        waiting.removeAll(keepingCapacity: true)
        var position = 0
        var before: UInt32?
        while true {
            var length = 0
            let scalar = position < text.count ? Self.scalar(in: text, at: position, &length) : nil
            // Threads that wait here were followed to their next scalar when they arrived; what is new starts here.
            clock += 1
            coming.removeAll(keepingCapacity: true)
            let edge = Self.isWord(before) != Self.isWord(scalar)
            for thread in waiting where follow(thread, isStart: before == nil, isEnd: scalar == nil, edge: edge) { return true }
            if follow(0, isStart: before == nil, isEnd: scalar == nil, edge: edge) { return true }
            guard let scalar else { return false }
            waiting.removeAll(keepingCapacity: true)
            for step in coming where program.sets[Int(program.steps[Int(step)].first)].contains(scalar) { waiting.append(step + 1) }
            (before, position) = (scalar, position + length)
        }
    }

    /// Follows a thread to every step that waits for a scalar; true when it gets to the end of the pattern.
    private mutating func follow(_ start: Int32, isStart: Bool, isEnd: Bool, edge: Bool) -> Bool {
        stack.append(start)
        while let index = stack.popLast() {
            if seen[Int(index)] == clock { continue }
            seen[Int(index)] = clock
            let step = program.steps[Int(index)]
            switch step.kind {
            case .set: coming.append(index)
            case .split:
                stack.append(step.second)
                stack.append(step.first)
            case .jump: stack.append(step.first)
            case .start: if isStart { stack.append(index + 1) }
            case .end: if isEnd { stack.append(index + 1) }
            case .edge: if edge { stack.append(index + 1) }
            case .notEdge: if !edge { stack.append(index + 1) }
            case .found:
                stack.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }

    private static func isWord(_ scalar: UInt32?) -> Bool { scalar.map { ScalarSet.word.contains($0) } ?? false }

    /// The scalar at an offset of well-formed UTF-8, and its length.
    private static func scalar(in text: UnsafeBufferPointer<UInt8>, at position: Int, _ length: inout Int) -> UInt32 {
        let first = UInt32(text[position])
        func next(_ ahead: Int) -> UInt32 { position + ahead < text.count ? UInt32(text[position + ahead] & 0x3F) : 0 }
        if first < 0x80 {
            length = 1
            return first
        }
        if first < 0xE0 {
            length = 2
            return (first & 0x1F) << 6 | next(1)
        }
        if first < 0xF0 {
            length = 3
            return (first & 0x0F) << 12 | next(1) << 6 | next(2)
        }
        length = 4
        return (first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3)
    }
}
