/// Finds what a person probably meant by a name that is not known.
enum NearMatch {
    /// The candidate nearest to `word`, if any is near enough: a third of its length in edits, at most three, or equal but for case.
    ///
    /// - Parameter candidates: With a weight; of equally near ones the heaviest is taken, then the first by scalars.
    static func best(_ word: String, among candidates: some Sequence<(name: String, weight: Int)>) -> (name: String, weight: Int)? {
        let wanted = Array(word.loweredByScalars.unicodeScalars.prefix(longest))
        let length = word.unicodeScalars.count
        let bound = min(3, max(1, wanted.count / 3))
        var best: (name: String, weight: Int, distance: Int)?
        for candidate in candidates {
            // Most candidates are told apart here, before anything is copied.
            guard abs(candidate.name.unicodeScalars.count - length) <= bound else { continue }
            let other = Array(candidate.name.loweredByScalars.unicodeScalars.prefix(longest))
            let distance = distance(wanted, other, bound: best.map { min($0.distance, bound) } ?? bound)
            guard distance <= bound else { continue }
            if let known = best {
                if distance > known.distance { continue }
                if distance == known.distance, candidate.weight < known.weight { continue }
                if distance == known.distance, candidate.weight == known.weight, Text(known.name) <= Text(candidate.name) { continue }
            }
            best = (candidate.name, candidate.weight, distance)
        }
        return best.map { ($0.name, $0.weight) }
    }

    static let longest = 200

    /// Edits between two texts (insert, drop, change, swap of neighbours; F. Damerau, 1964, restricted to one edit a place);
    /// `bound + 1` where there are more than `bound`.
    static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], bound: Int) -> Int {
        var (before, last, row) = ([Int](), Array(0...b.count), [Int](repeating: 0, count: b.count + 1))
        for i in 0..<a.count {
            row[0] = i + 1
            var least = row[0]
            for j in 0..<b.count {
                var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, before[j - 1] + 1) }
                row[j + 1] = edits
                least = min(least, edits)
            }
            if least > bound { return bound + 1 }
            (before, last, row) = (last, row, last)
        }
        return min(last[b.count], bound + 1)
    }
}
