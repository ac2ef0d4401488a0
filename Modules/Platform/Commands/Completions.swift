import EventModel

/// The words that a line may go on with: commands, and the names of events, properties, traits, segments and features.
public struct Completions: Sendable, Equatable {
    /// Names of track events, which stand in quotes.
    public var events: [String] = []
    /// Properties with their dot, traits with `trait.` and `traits.` before them, context likewise, features likewise.
    public var paths: [String] = []
    /// Names of segments: bare in commands, in quotes within an expression.
    public var segments: [String] = []
    /// Names of saved features, as `drop feature` takes them.
    public var features: [String] = []

    /// Keys of saved offers.
    public var offers: [String] = []
    /// Names of sources whose agreements are saved.
    public var sources: [String] = []

    /// Nothing but commands and the language's words.
    public init() {}

    /// Words of the segment language.
    static let words = [
        "did", "not", "and", "or", "count(", "sum(", "average(", "minimum(", "maximum(", "distinct(", "first(", "last(", "mostFrequent(",
        "mostFrequentCount(", "within", "since", "after", "until", "where", "any", "exists(", "segment", "trait.", "feature.", "consent.",
        "contains", "startsWith", "endsWith", "matches", "in", "top", "bottom", "now", "ago(", "date(", "time(", "lower(", "sequence(",
        "limit", "timestamp", "then", "spanning", "at least", "at most", "exactly", "times", "startOfDay(", "hour(", "weekday(",
        "distanceKm(", "distanceMiles(", "context.", "traits.", "asOf(", "stale(", "true", "false",
    ]

    /// What the word under the cursor may become.
    ///
    /// - Parameter line: The line up to the cursor.
    /// - Parameter wordStart: Where the line editor thinks the word starts, in bytes; a quoted name may have begun earlier.
    /// - Parameter values: Gives frequent texts of a path such as `.category` or `trait.country`, for a quoted word that is compared with it.
    /// - Returns: What to put in place of the bytes from `wordStart` on; sorted.
    public func candidates(line: String, wordStart: Int, values: (String) -> [String] = { _ in [] }) -> [String] {
        let bytes = Array(line.utf8)
        let (start, quoted) = Self.tokenStart(bytes)
        let token = String(decoding: bytes[start...], as: UTF8.self)
        let before = String(decoding: bytes[..<start], as: UTF8.self)
        let choices =
            if quoted, let path = Self.comparedPath(before) { values(path).map { JSONValue.string($0).text } } else {
                choices(token: token, quoted: quoted, before: before)
            }
        let known = max(0, min(wordStart, bytes.count) - start)
        let found = choices.filter { $0.hasPrefix(token) && $0 != token }.compactMap { choice -> String? in
            let rest = Array(choice.utf8)
            return rest.count > known ? String(decoding: rest[known...], as: UTF8.self) : nil
        }
        return found.sorted { $0.precedesByScalars($1) }
    }

    /// The properties, traits, features and context values that the word under the cursor is the beginning of, or is, once it has
    /// a dot. For a list that says of each what it holds.
    ///
    /// - Parameter line: The line up to the cursor.
    public func paths(line: String) -> [String] {
        let bytes = Array(line.utf8)
        let (start, quoted) = Self.tokenStart(bytes)
        let token = String(decoding: bytes[start...], as: UTF8.self)
        guard !quoted, token.contains(".") else { return [] }
        return paths.filter { $0.hasPrefix(token) }.sorted { $0.precedesByScalars($1) }
    }

    private func choices(token: String, quoted: Bool, before: String) -> [String] {
        let typed = before.split(separator: " ")
        if quoted {
            let dropsFeature = typed.count == 2 && typed[0] == "drop" && typed[1] == "feature"
            let names = dropsFeature ? features : before.hasSuffix("segment ") ? segments : events
            return names.map { JSONValue.string($0).text }
        }
        switch typed.first {
        case nil: return CommandHelp.all.map(\.name)
        case "help": return CommandHelp.all.map(\.name) + ExpressionHelp.names
        case "plot" where typed.count == 1: return ["segments", "overlap", "events", "rfm", "cluster", "pca", "elbow", "silhouette"]
        case "segment" where typed.count == 1, "overlap": return segments
        case "drop" where typed.count == 1: return ["segment", "feature", "offer", "source"]
        case "drop" where typed[1] == "feature": return features
        case "drop" where typed[1] == "offer": return offers
        case "drop" where typed[1] == "source": return sources
        case "offer" where typed.count == 1: return offers
        case "drop": return segments
        case "set" where typed.count == 1: return ["format", "now", "cache", "preview"]
        case "set" where typed[1] == "now": return ["last", "clock"]
        case "set" where typed[1] == "cache" || typed[1] == "preview": return ["on", "off"]
        case "set": return OutputFormat.allCases.map(\.rawValue)
        default: return Self.words + paths
        }
    }

    /// The path that a quoted word is about to be compared with: what stands before `==`, `in (` and the like; nil for anything else.
    static func comparedPath(_ before: String) -> String? {
        let path = #"((?:traits?|context)?(?:\.[\p{L}_][\p{L}\p{N}_]*)+)"#
        let comparison = #"\s*(?:==|!=|contains|startsWith|endsWith|in\s*\((?:[^()]*,)?)\s*$"#
        guard let pattern = try? Regex(path + comparison, as: (Substring, Substring).self), let match = before.firstMatch(of: pattern)
        else { return nil }
        return String(match.1)
    }

    /// Where the word under the cursor starts, and whether it is a quoted name.
    private static func tokenStart(_ bytes: [UInt8]) -> (Int, Bool) {
        var quote: Int?
        var start = 0
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\"") {
                quote = quote == nil ? index : nil
                if quote == nil { start = index + 1 }
            } else if quote == nil, " (),=<>!\t\n".utf8.contains(byte) {
                start = index + 1
            }
        }
        return quote.map { ($0, true) } ?? (start, false)
    }
}
