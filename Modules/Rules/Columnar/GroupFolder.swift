import Storage

/// How often each value comes to a chunk's profiles: `distinct`, `mostFrequent`, `mostFrequentCount`.
final class GroupFolder {
    private let sorter: GroupSorter
    private let most: FlatArray<UInt32>
    private let distinct: FlatArray<UInt32>
    private let best: FlatArray<UInt64>
    private let instants: FlatArray<UInt64>
    private let outputs: Set<LeafOutput>
    private let isOfInstants: Bool

    init(capacity: Int, outputs: Set<LeafOutput>, isOfInstants: Bool) {
        (self.outputs, self.isOfInstants) = (outputs, isOfInstants)
        sorter = GroupSorter(capacity: capacity)
        most = FlatArray(room: capacity)
        distinct = FlatArray(room: outputs.contains(.distinct) ? capacity : 0)
        best = FlatArray(room: outputs.contains(.mostFrequent) ? capacity : 0)
        instants = FlatArray(room: outputs.contains(.mostFrequent) && isOfInstants ? capacity : 0)
    }

    /// - Parameter dictionary: Every text that the leaves found.
    func gather(_ parts: [CutRows], _ chunk: Int, count: Int, _ dictionary: TextDictionary) -> LeafResult {
        let (most, distinct, best) = (most.start, distinct.start, best.start)
        let (countsDistinct, findsBest) = (self.distinct.count > 0, self.best.count > 0)
        most.update(repeating: 0, count: count)
        if countsDistinct { distinct.update(repeating: 0, count: count) }
        if findsBest { best.update(repeating: BoxedValue.missing, count: count) }
        let texts = TextBytes(dictionary)
        sorter.eachRun(parts, chunk, count) { profile, box, times in
            if countsDistinct { distinct[profile] &+= 1 }
            guard times >= most[profile] else { return }
            if findsBest, times > most[profile] || self.sortsBefore(box, best[profile], texts) { best[profile] = box }
            most[profile] = times
        }
        return result(count)
    }

    private func result(_ count: Int) -> LeafResult {
        var result = LeafResult()
        if outputs.contains(.distinct) { result.columns[.distinct] = .counts(distinct) }
        if outputs.contains(.mostFrequentCount) { result.columns[.mostFrequentCount] = .counts(most) }
        guard outputs.contains(.mostFrequent) else { return result }
        if isOfInstants {
            let edge = TimeKey(isLast: true)
            for profile in 0..<count {
                instants[profile] = most[profile] > 0 ? edge.key(of: Int64(bitPattern: best[profile])) : TimeKey.none
            }
            result.columns[.mostFrequent] = .times(instants, edge)
        } else {
            result.columns[.mostFrequent] = .boxes(best)
        }
        return result
    }

    /// As `Value.sortsBefore`: false, true, numbers ascending, texts by scalars.
    private func sortsBefore(_ a: UInt64, _ b: UInt64, _ texts: TextBytes) -> Bool {
        if isOfInstants { return Int64(bitPattern: a) < Int64(bitPattern: b) }
        func rank(_ box: UInt64) -> Int { BoxedValue.isTruth(box) ? 0 : BoxedValue.isNumber(box) ? 1 : 2 }
        if rank(a) != rank(b) { return rank(a) < rank(b) }
        switch rank(a) {
        case 0: return a < b
        case 1: return BoxedValue.number(of: a) < BoxedValue.number(of: b)
        default: return order(texts[Int(BoxedValue.textNumber(a))], texts[Int(BoxedValue.textNumber(b))]) < 0
        }
    }
}

/// Sorts the rows of a chunk by profile and value. Confined to one thread.
final class GroupSorter {
    private let ends: FlatArray<UInt32>
    private var boxes = FlatArray<UInt64>(room: 0)
    private var many = FlatArray<UInt32>(room: 0)
    private var large: ContiguousArray<(box: UInt64, count: UInt32)> = []

    init(capacity: Int) { ends = FlatArray(room: capacity) }

    /// Calls `body` with each distinct value of each profile of a chunk, profiles ascending, and how often it came.
    ///
    /// - Parameter count: Profiles of the chunk.
    func eachRun(_ parts: [CutRows], _ chunk: Int, _ count: Int, _ body: (_ profile: Int, _ box: UInt64, _ times: UInt32) -> Void) {
        let hasMany = place(parts.map { $0.rows(of: chunk) }, count)
        let (ends, boxes, many) = (ends.start, boxes.start, many.start)
        var entry = 0
        for profile in 0..<count {
            let end = Int(ends[profile])
            if end - entry > 1 { sort(entry, end, hasMany) }
            while entry < end {
                let box = boxes[entry]
                var times = hasMany ? many[entry] : 1
                entry += 1
                while entry < end, boxes[entry] == box {
                    times &+= hasMany ? many[entry] : 1
                    entry += 1
                }
                body(profile, box, times)
            }
        }
    }

    /// Puts the rows of each profile together; afterwards `ends` tells where each profile's end.
    ///
    /// - Returns: Whether some row stands for several.
    private func place(_ parts: [CutRows.Rows], _ count: Int) -> Bool {
        let ends = ends.start
        ends.update(repeating: 0, count: count)
        for rows in parts { for entry in 0..<rows.count { ends[Int(rows.owners[entry])] &+= 1 } }
        var total: UInt32 = 0
        for profile in 0..<count { (ends[profile], total) = (total, total &+ ends[profile]) }
        let hasMany = parts.contains { $0.many != nil }
        if boxes.count < Int(total) { boxes = FlatArray(room: Int(total) * 2) }
        if hasMany, many.count < Int(total) { many = FlatArray(room: Int(total) * 2) }
        let (boxes, many) = (boxes.start, many.start)
        for rows in parts {
            for entry in 0..<rows.count {
                let owner = Int(rows.owners[entry])
                let place = Int(ends[owner])
                ends[owner] &+= 1
                boxes[place] = rows.words[entry]
                if hasMany { many[place] = rows.many.map { $0[entry] } ?? 1 }
            }
        }
        return hasMany
    }

    private func sort(_ start: Int, _ end: Int, _ hasMany: Bool) {
        let (boxes, many) = (boxes.start, many.start)
        guard end - start <= 24 else {
            large.removeAll(keepingCapacity: true)
            for entry in start..<end { large.append((boxes[entry], hasMany ? many[entry] : 1)) }
            large.sort { $0.box < $1.box }
            for (place, entry) in large.enumerated() {
                boxes[start + place] = entry.box
                if hasMany { many[start + place] = entry.count }
            }
            return
        }
        for entry in (start + 1)..<end {
            let (box, times) = (boxes[entry], hasMany ? many[entry] : 1)
            var place = entry
            while place > start, boxes[place - 1] > box {
                boxes[place] = boxes[place - 1]
                if hasMany { many[place] = many[place - 1] }
                place -= 1
            }
            boxes[place] = box
            if hasMany { many[place] = times }
        }
    }
}
