import EventModel
import Storage

/// Values made of values; single ones go through the operators of `Value`, so that no evaluator has its own arithmetic.
extension ChunkEvaluator {
    func apply(_ a: Lanes, _ operation: Arithmetic, _ b: Lanes, kinds: (a: Kind, b: Kind), _ count: Int, _ slot: Slot) {
        let tags = slot.makeTags()
        if a.times == nil, b.times == nil {
            let numbers = slot.makeNumbers()
            slot.lanes = Lanes(tags: UnsafePointer(tags), numbers: UnsafePointer(numbers))
            guard let x = a.numbers, let y = b.numbers else {
                tags.update(repeating: ValueTag.absent, count: count)
                return
            }
            switch operation {
            case .add: each(a, x, b, y, count, tags, numbers) { $0 + $1 }
            case .subtract: each(a, x, b, y, count, tags, numbers) { $0 - $1 }
            case .multiply: each(a, x, b, y, count, tags, numbers) { $0 * $1 }
            case .divide: each(a, x, b, y, count, tags, numbers) { $0 / $1 }
            }
            return
        }
        let isTime = operation.kind(kinds.a, kinds.b) != .number
        let (times, numbers) = (slot.makeTimes(), slot.makeNumbers())
        slot.lanes = Lanes(
            tags: UnsafePointer(tags), numbers: isTime ? nil : UnsafePointer(numbers), times: isTime ? UnsafePointer(times) : nil)
        if let x = a.times, let y = b.times, operation == .add || operation == .subtract {
            let sign: Int64 = operation == .add ? 1 : -1
            for i in 0..<count {
                // Both lie within 2^53, or are undefined and dropped by their tags.
                let result = x[i] &+ sign &* y[i]
                times[i] = result
                let isThere = a.tags[i] == ValueTag.number && b.tags[i] == ValueTag.number && result.magnitude <= UInt64(Value.largestTime)
                tags[i] = isThere ? ValueTag.number : ValueTag.absent
            }
            return
        }
        for i in 0..<count {
            switch Value.apply(Self.single(a, i, kinds.a), operation, Self.single(b, i, kinds.b)) {
            case .number(let number): (tags[i], numbers[i]) = (ValueTag.number, number)
            case .instant(let time), .duration(let time): (tags[i], times[i]) = (ValueTag.number, time)
            case .missing, .text, .truth: tags[i] = ValueTag.absent
            }
        }
    }

    @inline(__always)
    private func each(
        _ a: Lanes, _ x: UnsafePointer<Double>, _ b: Lanes, _ y: UnsafePointer<Double>, _ count: Int, _ tags: UnsafeMutablePointer<UInt8>,
        _ numbers: UnsafeMutablePointer<Double>, _ operation: (Double, Double) -> Double
    ) {
        for i in 0..<count {
            let result = operation(x[i], y[i])
            numbers[i] = result
            let isThere = a.tags[i] == ValueTag.number && b.tags[i] == ValueTag.number && result.isFinite
            tags[i] = isThere ? ValueTag.number : ValueTag.absent
        }
    }

    /// One number, instant or duration; everything else is missing to arithmetic.
    @inline(__always)
    private static func single(_ lanes: Lanes, _ i: Int, _ kind: Kind) -> Value {
        guard lanes.tags[i] == ValueTag.number else { return .missing }
        if let times = lanes.times { return kind == .instant ? .instant(times[i]) : .duration(times[i]) }
        return lanes.numbers.map { .number($0[i]) } ?? .missing
    }

    func negate(_ a: Lanes, _ count: Int, _ slot: Slot) {
        let tags = slot.makeTags()
        for i in 0..<count { tags[i] = a.tags[i] == ValueTag.number ? ValueTag.number : ValueTag.absent }
        slot.lanes = Lanes(tags: UnsafePointer(tags))
        if let x = a.times {
            let times = slot.makeTimes()
            for i in 0..<count { times[i] = 0 &- x[i] }
            slot.lanes.times = UnsafePointer(times)
        } else if let x = a.numbers {
            let numbers = slot.makeNumbers()
            for i in 0..<count { numbers[i] = -x[i] }
            slot.lanes.numbers = UnsafePointer(numbers)
        }
    }

    /// `time(v)`: texts are read once for each dictionary.
    func time(_ a: Lanes, _ count: Int, _ slot: Slot) {
        let (tags, times) = (slot.makeTags(), slot.makeTimes())
        slot.lanes = Lanes(tags: UnsafePointer(tags), times: UnsafePointer(times))
        if let dictionary = a.dictionary, slot.turn(to: dictionary) {
            slot.timesOfTexts = ContiguousArray(
                (0..<dictionary.count).map { number in
                    if case .instant(let time) = Value.time(.text(Text(dictionary[number]))) { time } else { .min }
                })
        }
        for i in 0..<count {
            var time = Int64.min
            if a.tags[i] == ValueTag.text, let texts = a.texts {
                time = slot.timesOfTexts[Int(texts[i])]
            } else if a.tags[i] == ValueTag.number, let numbers = a.numbers, case .instant(let read) = Value.time(.number(numbers[i])) {
                time = read
            }
            times[i] = time
            tags[i] = time == .min ? ValueTag.absent : ValueTag.number
        }
    }

    /// `lower(v)`: a dictionary of lowered texts with the same numbers.
    func lower(_ a: Lanes, _ count: Int, _ slot: Slot) {
        guard let texts = a.texts, let dictionary = a.dictionary else {
            slot.lanes = Lanes(uniform: ValueTag.absent)
            return
        }
        if slot.turn(to: dictionary) {
            slot.lowered = TextDictionary((0..<dictionary.count).map { dictionary[$0].loweredByScalars })
        }
        guard a.uniform != ValueTag.text else {
            slot.lanes = Lanes(tags: a.tags, uniform: ValueTag.text, texts: texts, dictionary: slot.lowered)
            return
        }
        let tags = slot.makeTags()
        for i in 0..<count { tags[i] = a.tags[i] == ValueTag.text ? ValueTag.text : ValueTag.absent }
        slot.lanes = Lanes(tags: UnsafePointer(tags), texts: texts, dictionary: slot.lowered)
    }

    func distance(_ unit: DistanceUnit, _ parts: [Lanes], _ count: Int, _ slot: Slot) {
        let (tags, numbers) = (slot.makeTags(), slot.makeNumbers())
        slot.lanes = Lanes(tags: UnsafePointer(tags), numbers: UnsafePointer(numbers))
        tags.update(repeating: ValueTag.absent, count: count)
        guard let a = parts[0].numbers, let b = parts[1].numbers, let c = parts[2].numbers, let d = parts[3].numbers else { return }
        for i in 0..<count where parts.allSatisfy({ $0.tags[i] == ValueTag.number }) {
            let length = greatCircle(latitude1: a[i], longitude1: b[i], latitude2: c[i], longitude2: d[i], in: unit)
            if length.isFinite { (tags[i], numbers[i]) = (ValueTag.number, length) }
        }
    }

    func calendar(_ part: CalendarPart, _ a: Lanes, _ zone: Zone, _ count: Int, _ slot: Slot) {
        let (tags, numbers, times) = (slot.makeTags(), slot.makeNumbers(), slot.makeTimes())
        slot.lanes = Lanes(
            tags: UnsafePointer(tags), numbers: part == .startOfDay ? nil : UnsafePointer(numbers),
            times: part == .startOfDay ? UnsafePointer(times) : nil)
        tags.update(repeating: ValueTag.absent, count: count)
        guard let own = a.times else { return }
        for i in 0..<count where a.tags[i] == ValueTag.number {
            switch Value.calendar(part, .instant(own[i]), zone) {
            case .number(let number): (tags[i], numbers[i]) = (ValueTag.number, number)
            case .instant(let time): (tags[i], times[i]) = (ValueTag.number, time)
            default: break
            }
        }
    }
}
