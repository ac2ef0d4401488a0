// MARK: Commands that analyse: rfm, cluster and its relatives

extension CommandParser {
    mutating func rfm() throws(CommandError) -> RFMRequest {
        var request = RFMRequest()
        while at < text.tokens.count {
            let word = text.tokens[at]
            at += 1
            guard at < text.tokens.count else { throw fail("something was expected after `\(word.text)`") }
            let next = text.tokens[at]
            switch word.text {
            case "of": request.event = try name(next)
            case "refunds": request.refunds = try name(next)
            case "by": request.revenue = try property(next)
            case "orders": request.order = try property(next)
            case "into":
                guard let scores = Int(next.text), (2...10).contains(scores) else {
                    throw fail("\"\(next.text)\" is not a number of scores. Write 2 to 10")
                }
                request.scores = scores
            case "where":
                request.filter = text.text(from: at)
                return request
            default: throw fail("\"\(word.text)\" was not expected here")
            }
            at += 1
        }
        return request
    }

    private func name(_ token: CommandText.Token) throws(CommandError) -> String {
        guard token.kind != .symbol else { throw fail("a name was expected, not \"\(token.text)\"") }
        return token.text
    }

    /// `.a.b`, as the segment language writes a property; the leading dot may be left out.
    private mutating func property(_ token: CommandText.Token) throws(CommandError) -> [String] {
        if token.kind == .word, token.text == ".", at + 1 < text.tokens.count, text.tokens[at + 1].kind == .string {
            at += 1
            return [text.tokens[at].text]
        }
        let names = token.text.split(separator: ".", omittingEmptySubsequences: true).map(String.init)
        guard token.kind != .symbol, !names.isEmpty else { throw fail("a property such as .revenue was expected, not \"\(token.text)\"") }
        return token.kind == .string ? [token.text] : names
    }

    mutating func cluster() throws(CommandError) -> ClusterRequest {
        var request = ClusterRequest()
        if text.isWord("kmeans", at: at) || text.isWord("k-means", at: at) {
            at += 1
        } else if !text.isWord("on", at: at) {
            let found = at < text.tokens.count ? ", not \"\(text.tokens[at].text)\"" : ""
            throw fail("an algorithm (kmeans) was expected\(found)")
        }
        guard text.isWord("on", at: at) else { throw fail("`on` and the features were expected") }
        at += 1
        request.features = try features()
        while at < text.tokens.count {
            if text.isWord("where", at: at) {
                let end = clauseEnd(from: at + 1)
                guard end > at + 1 else { throw fail("an expression was expected after `where`") }
                request.filter = text.text(from: at + 1, to: end)
                at = end
            } else if text.isWord("save", at: at), text.isWord("as", at: at + 1) {
                guard at + 2 < text.tokens.count else { throw fail("a name was expected after `save as`") }
                let end = clauseEnd(from: at + 2)
                request.saveAs = try named(at + 2, end)
                at = end
            } else if text.isOption(at: at) {
                try option(into: &request)
            } else {
                throw fail("\"\(text.tokens[at].text)\" was not expected here")
            }
        }
        return request
    }

    private mutating func features() throws(CommandError) -> [String] {
        let end = clauseEnd(from: at)
        var features: [String] = []
        var start = at
        for index in at...end {
            let isComma =
                index < end && text.tokens[index].depth == 0 && text.tokens[index].kind == .symbol && text.tokens[index].text == ","
            guard isComma || index == end else { continue }
            guard index > start else { throw fail("a feature was expected") }
            features.append(text.text(from: start, to: index))
            start = index + 1
        }
        at = end
        return features
    }

    /// The next token outside parentheses that begins another clause.
    private func clauseEnd(from start: Int) -> Int {
        for index in text.tokens.indices.dropFirst(start) {
            if text.isWord("where", at: index) || text.isOption(at: index) { return index }
            if text.isWord("save", at: index), text.isWord("as", at: index + 1) { return index }
        }
        return text.tokens.count
    }

    private mutating func option(into request: inout ClusterRequest) throws(CommandError) {
        let option = text.tokens[at].text
        guard at + 2 < text.tokens.count else { throw fail("a value was expected after `\(option)=`") }
        let value = text.tokens[at + 2].text
        at += 3
        switch option {
        case "k":
            if value == "auto" { return request.count = .auto }
            guard let k = Int(value), (1...1_000).contains(k) else { throw fail("k=\(value) is not `auto` or a number from 1 to 1000") }
            request.count = .fixed(k)
        case "scale":
            guard let scale = ClusterRequest.Scale(rawValue: value) else { throw fail("scale=\(value) is not `zscore` or `minmax`") }
            request.scale = scale
        case "impute":
            guard let missing = ClusterRequest.Missing(rawValue: value) else { throw fail("impute=\(value) is not `median` or `drop`") }
            request.missing = missing
        case "seed":
            guard let seed = UInt64(value) else { throw fail("seed=\(value) is not a whole number") }
            request.seed = seed
        case "members":
            guard value == "yes" || value == "no" else { throw fail("members=\(value) is not `yes` or `no`") }
            request.listsMembers = value == "yes"
        default: throw fail("there is no option `\(option)`. Choose k, scale, impute, seed or members")
        }
    }
}
