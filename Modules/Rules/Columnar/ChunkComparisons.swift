import Storage

/// Comparisons of lanes, as `Value.compare` has them for single values.
extension ChunkEvaluator {
    /// Lanes against a constant; never missing, since such comparisons are worked out before.
    func compare(_ a: Lanes, _ comparison: Comparison, _ constant: Value, _ count: Int, _ slot: Slot) {
        let mask = slot.makeMask()
        switch constant {
        case .number(let number):
            // Whatever is there and of another kind is unequal.
            let others: UInt8 = comparison == .notEqual ? 1 : 0
            switch comparison {
            case .equal: numbers(a, count, mask, others) { $0 == number }
            case .notEqual: numbers(a, count, mask, others) { $0 != number }
            case .less: numbers(a, count, mask, others) { $0 < number }
            case .lessOrEqual: numbers(a, count, mask, others) { $0 <= number }
            case .greater: numbers(a, count, mask, others) { $0 > number }
            case .greaterOrEqual: numbers(a, count, mask, others) { $0 >= number }
            }
        case .text(let text):
            text.string.withUTF8Bytes { wanted in
                test(a, count, slot) { comparison.holds(order: order($0, wanted)) }
            }
            if comparison == .notEqual {
                for i in 0..<count where Lanes.isPresent(a.tags[i]) && a.tags[i] != ValueTag.text { mask[i] = 1 }
            }
        case .truth(let truth):
            let wanted = truth ? ValueTag.yes : ValueTag.no
            switch comparison {
            case .equal: for i in 0..<count { mask[i] = a.tags[i] == wanted ? 1 : 0 }
            case .notEqual: for i in 0..<count { mask[i] = Lanes.isPresent(a.tags[i]) && a.tags[i] != wanted ? 1 : 0 }
            default: mask.update(repeating: 0, count: count)
            }
        case .instant(let milliseconds), .duration(let milliseconds):
            switch comparison {
            case .equal: times(a, count, mask) { $0 == milliseconds }
            case .notEqual: times(a, count, mask) { $0 != milliseconds }
            case .less: times(a, count, mask) { $0 < milliseconds }
            case .lessOrEqual: times(a, count, mask) { $0 <= milliseconds }
            case .greater: times(a, count, mask) { $0 > milliseconds }
            case .greaterOrEqual: times(a, count, mask) { $0 >= milliseconds }
            }
        case .missing: mask.update(repeating: 0, count: count)
        }
    }

    /// Counts against a number, as integers: those in a range hold, or those outside it.
    func compare(
        _ counts: UnsafePointer<UInt32>, _ comparison: Comparison, _ number: Double, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>
    ) {
        let isWhole = number == number.rounded(.down)
        let (below, above) = (number.rounded(.up) - 1, number.rounded(.down) + 1)  // The nearest wholes that are less and greater.
        let range: (least: Double, greatest: Double) =
            switch comparison {
            case .equal, .notEqual: isWhole ? (number, number) : (1, 0)
            case .less: (0, below)
            case .lessOrEqual: (0, number.rounded(.down))
            case .greater: (above, .infinity)
            case .greaterOrEqual: (number.rounded(.up), .infinity)
            }
        let (least, greatest) = (max(range.least, 0), min(range.greatest, Double(UInt32.max)))
        let outside: UInt8 = comparison == .notEqual ? 1 : 0
        guard least <= greatest else {
            mask.update(repeating: outside, count: count)
            return
        }
        let (first, span) = (UInt32(least), UInt32(greatest) - UInt32(least))
        for i in 0..<count { mask[i] = (counts[i] &- first <= span ? 1 : 0) ^ outside }
    }

    @inline(__always)
    private func numbers(_ a: Lanes, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>, _ others: UInt8, _ test: (Double) -> Bool) {
        guard let numbers = a.numbers else {
            for i in 0..<count { mask[i] = Lanes.isPresent(a.tags[i]) ? others : 0 }
            return
        }
        if a.uniform == ValueTag.number {
            for i in 0..<count { mask[i] = test(numbers[i]) ? 1 : 0 }
            return
        }
        let tags = a.tags
        for i in 0..<count {
            let (tag, passes) = (tags[i], test(numbers[i]) ? UInt8(1) : 0)
            mask[i] = tag == ValueTag.number ? passes : (tag &- 1 < 4 ? others : 0)
        }
    }

    @inline(__always)
    private func times(_ a: Lanes, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>, _ test: (Int64) -> Bool) {
        guard let times = a.times else {
            mask.update(repeating: 0, count: count)
            return
        }
        for i in 0..<count { mask[i] = (a.tags[i] == ValueTag.number ? 1 : 0) & (test(times[i]) ? 1 : 0) }
    }

    /// Lanes against lanes.
    func compare(_ a: Lanes, _ comparison: Comparison, _ b: Lanes, _ count: Int, _ mask: UnsafeMutablePointer<UInt8>) {
        if let x = a.times, let y = b.times {
            for i in 0..<count {
                mask[i] = a.tags[i] == ValueTag.number && b.tags[i] == ValueTag.number && comparison.holds(x[i], y[i]) ? 1 : 0
            }
            return
        }
        let (left, right) = (a.dictionary.map { TextBytes($0) }, b.dictionary.map { TextBytes($0) })
        for i in 0..<count {
            let (s, t) = (a.tags[i], b.tags[i])
            var holds = false
            if Lanes.isPresent(s), Lanes.isPresent(t) {
                if s == ValueTag.number, t == ValueTag.number {
                    if let x = a.numbers, let y = b.numbers { holds = comparison.holds(x[i], y[i]) }
                } else if s == ValueTag.text, t == ValueTag.text {
                    if let left, let right, let x = a.texts, let y = b.texts {
                        holds = comparison.holds(order: order(left[Int(x[i])], right[Int(y[i])]))
                    }
                } else if s <= ValueTag.yes, t <= ValueTag.yes {
                    holds = comparison == .equal ? s == t : comparison == .notEqual && s != t
                } else {
                    holds = comparison == .notEqual
                }
            }
            mask[i] = holds ? 1 : 0
        }
    }

    /// A test of texts: each text of the dictionary is asked once. Whatever is not a text does not pass.
    func test(_ a: Lanes, _ count: Int, _ slot: Slot, _ passes: (UnsafeBufferPointer<UInt8>) -> Bool) {
        let mask = slot.makeMask()
        guard let texts = a.texts, let dictionary = a.dictionary else {
            mask.update(repeating: 0, count: count)
            return
        }
        let (table, passing, only) = slot.test(dictionary, passes)
        let isText = a.uniform == ValueTag.text
        if passing == 0 {
            mask.update(repeating: 0, count: count)
        } else if let only, isText {
            for i in 0..<count { mask[i] = texts[i] == only ? 1 : 0 }
        } else if let only {
            let tags = a.tags
            for i in 0..<count { mask[i] = (texts[i] == only ? 1 : 0) & (tags[i] == ValueTag.text ? 1 : 0) }
        } else if isText {
            for i in 0..<count { mask[i] = table[Int(texts[i])] }
        } else {
            // A row of another kind has no text, so its number must not be looked at.
            for i in 0..<count { mask[i] = a.tags[i] == ValueTag.text ? table[Int(texts[i])] : 0 }
        }
    }

    func isIn(_ a: Lanes, _ literals: [Literal], _ count: Int, _ slot: Slot) {
        let mask = slot.makeMask()
        let wanted = literals.compactMap { if case .text(let text) = $0 { text } else { nil } }
        if wanted.isEmpty {
            mask.update(repeating: 0, count: count)
        } else {
            let bytes = wanted.map { ContiguousArray($0.string.utf8) }
            test(a, count, slot) { text in bytes.contains { $0.elementsEqual(text) } }
        }
        for literal in literals {
            switch literal {
            case .text: break
            case .number(let number):
                guard let numbers = a.numbers else { break }
                for i in 0..<count { mask[i] |= (a.tags[i] == ValueTag.number ? 1 : 0) & (numbers[i] == number ? 1 : 0) }
            case .truth(let truth):
                let tag = truth ? ValueTag.yes : ValueTag.no
                for i in 0..<count { mask[i] |= a.tags[i] == tag ? 1 : 0 }
            case .duration(let milliseconds):
                guard let times = a.times else { break }
                for i in 0..<count { mask[i] |= (a.tags[i] == ValueTag.number ? 1 : 0) & (times[i] == milliseconds ? 1 : 0) }
            }
        }
    }
}

extension String {
    /// Its UTF-8, without a copy when it is contiguous.
    func withUTF8Bytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var copy = self
        return copy.withUTF8(body)
    }
}
