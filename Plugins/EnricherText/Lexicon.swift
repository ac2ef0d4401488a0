/// What words mean for the mood of a text. All are in lower case.
struct Lexicon: Sendable {
    /// From -1, as bad as can be, to 1.
    private(set) var weights: [String: Double] = [:]
    /// What the weights of the words behind them are multiplied by.
    private(set) var factors: [String: Double] = [:]
    /// Words that turn the weights of the words behind them.
    private(set) var negations: Set<String> = []
    /// Words that are no keywords.
    private(set) var stops: Set<String> = []

    /// Reads lines of a word and its meaning: a weight, `*FACTOR`, `negates` or `stop`. What follows `#` is a comment.
    init(_ text: String) throws(LexiconFault) {
        var seen: Set<String> = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let fields = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if fields.isEmpty { continue }
            guard fields.count == 2, seen.insert(fields[0].lowercased()).inserted else { throw LexiconFault(line: index + 1) }
            let word = fields[0].lowercased()
            switch fields[1] {
            case "negates": negations.insert(word)
            case "stop": stops.insert(word)
            default:
                if fields[1].first == "*", let factor = Double(fields[1].dropFirst()), (0...10).contains(factor) {
                    factors[word] = factor
                } else if let weight = Double(fields[1]), (-1...1).contains(weight) {
                    weights[word] = weight
                } else {
                    throw LexiconFault(line: index + 1)
                }
            }
        }
    }
}

/// A line that is no word with its meaning.
struct LexiconFault: Error {
    var line: Int
}
