/// Reads the mood and the keywords of a text.
struct TextReading: Sendable {
    let lexicon: Lexicon
    /// Bytes of a text that are read; the rest is not.
    static let longest = 65_536
    /// How many words before a weighted one change it.
    private static let reach = 3
    /// A negated word counts so much, the other way: "not good" is less bad than "bad".
    private static let turned = -0.75

    /// What is found in a text; nil where it has no word.
    func found(in text: String, keywords most: Int) -> (sentiment: Double, keywords: [String])? {
        let clauses = Self.clauses(text)
        guard !clauses.isEmpty else { return nil }
        var sum = 0.0
        var counts: [String: (count: Int, first: Int)] = [:]
        var number = 0
        for clause in clauses {
            for (place, word) in clause.enumerated() {
                number += 1
                if let weight = lexicon.weights[word] {
                    let before = clause[max(0, place - Self.reach)..<place]
                    sum += before.reduce(weight) { $0 * (lexicon.factors[$1] ?? 1) * (isNegation($1) ? Self.turned : 1) }
                }
                if isKeyword(word) { counts[word, default: (0, number)].count += 1 }
            }
        }
        // Many words make it surer, and never more than sure. Rounded, so that it is the same everywhere.
        let sentiment = (sum / (sum * sum + 1).squareRoot() * 100).rounded() / 100
        let ranked = counts.sorted { ($1.value.count, $0.value.first) < ($0.value.count, $1.value.first) }
        return (sentiment == 0 ? 0 : sentiment, ranked.prefix(most).map(\.key))
    }

    private func isNegation(_ word: String) -> Bool { lexicon.negations.contains(word) || word.hasSuffix("n't") }

    /// Words with digits are left out: numbers of orders and telephones say nothing of a mood, and may name somebody.
    private func isKeyword(_ word: String) -> Bool {
        (3...64).contains(word.utf8.count) && !word.contains(where: \.isNumber) && !lexicon.stops.contains(word)
            && lexicon.factors[word] == nil && !isNegation(word)
    }

    /// Words in lower case, cut where a mark ends what belongs together. Addresses of mail and of pages are left out.
    private static func clauses(_ text: String) -> [[String]] {
        var (clauses, clause): ([[String]], [String]) = ([], [])
        func end() {
            if !clause.isEmpty { clauses.append(clause) }
            clause = []
        }
        let text = String(decoding: text.utf8.prefix(longest), as: UTF8.self).lowercased()
        for piece in text.split(whereSeparator: \.isWhitespace) where !piece.contains("@") && !piece.contains("://") {
            var word = ""
            for character in piece {
                if character.isLetter || character.isNumber {
                    word.append(character)
                } else if character == "'" || character == "\u{2019}" {
                    if !word.isEmpty { word.append("'") }
                } else {
                    if !word.isEmpty { clause.append(trimmed(word)) }
                    word = ""
                    if ".,;:!?".contains(character) { end() }
                }
            }
            if !word.isEmpty { clause.append(trimmed(word)) }
        }
        end()
        return clauses
    }

    /// Without the apostrophes that close a quotation.
    private static func trimmed(_ word: String) -> String {
        var word = word
        while word.last == "'" { word.removeLast() }
        return word
    }
}
