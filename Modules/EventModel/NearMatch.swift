/// The name of `known` that `word` was most likely meant to be; nil when none is near.
///
/// Nearness is the number of single-scalar edits and swaps of neighbours (restricted Damerau-Levenshtein distance, Boytsov 2011),
/// blind to ASCII case; at most a third of the longer word may differ. Ties go to the name that sorts first by Unicode scalars.
/// Cost: the product of both lengths for each name.
public func nearMatch(to word: String, among known: some Sequence<String>) -> String? {
    let target = folded(word)
    var best: (distance: Int, name: String)?
    for name in known {
        let candidate = folded(name)
        let allowed = max(1, max(target.count, candidate.count) / 3)
        guard abs(target.count - candidate.count) <= allowed else { continue }
        let distance = editDistance(target, candidate)
        guard distance <= allowed else { continue }
        if let best, best.distance < distance || best.distance == distance && !name.precedesByScalars(best.name) { continue }
        best = (distance, name)
    }
    return best?.name
}

/// "A", "A or B", "A, B or C": names as a sentence lists them, each in single quotes.
public func listed(_ names: some Collection<String>) -> String {
    let quoted = names.map { "'\($0)'" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " or " + last
}

private func folded(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.map { (65...90).contains($0.value) ? Unicode.Scalar(UInt8($0.value) + 32) : $0 }
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = previous
    for i in 0..<a.count {
        current[0] = i + 1
        for j in 0..<b.count {
            current[j + 1] = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { current[j + 1] = min(current[j + 1], before[j - 1] + 1) }
        }
        (before, previous, current) = (previous, current, before)
    }
    return previous[b.count]
}
