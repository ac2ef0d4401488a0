/// Gives words that mean the same one word: `{"f": "female", "w": "female", "m": "male"}`.
///
/// Keys are found whatever their case and the spaces round them; numbers and truths are found by their JSON text. A word that is a
/// result already stays, in the result's own spelling.
public struct CategoryMap: Sendable, Hashable {
    private let results: [String: JSONValue]
    /// The results, each once, as a reason lists them.
    let shown: String

    /// Why a map cannot be taken, and under which key.
    public enum Problem: Error, Sendable, Hashable {
        /// Nothing is mapped.
        case empty
        /// The result is null, an array or an object.
        case notScalar(key: String)
        /// Two keys, or a key and a result, are the same word and lead to different results, so that mapping twice would be another thing
        /// than mapping once.
        case contradiction(key: String)
    }

    /// Makes a map.
    ///
    /// - Throws: `Problem` where it cannot be taken.
    public init(_ map: JSONObject) throws(Problem) {
        if map.members.isEmpty { throw .empty }
        var results: [String: JSONValue] = [:]
        var listed: [String] = []
        func add(_ word: String, _ result: JSONValue, key: String) throws(Problem) {
            if let known = results[word], known != result { throw .contradiction(key: key) }
            results[word] = result
        }
        for member in map.members {
            guard let word = Self.word(member.value) else { throw .notScalar(key: member.name) }
            try add(Self.folded(member.name), member.value, key: member.name)
            try add(word, member.value, key: member.name)
            if !listed.contains(member.value.text) { listed.append(member.value.text) }
        }
        self.results = results
        shown = listed.prefix(20).joined(separator: ", ") + (listed.count > 20 ? ", ..." : "")
    }

    /// The list's own word for `value`; nil where it has none.
    public func normalised(_ value: JSONValue) -> JSONValue? { Self.word(value).flatMap { results[$0] } }

    private static func folded(_ text: String) -> String { text.trimmedSpaces.lowercased() }

    private static func word(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): folded(text)
        case .bool, .integer, .unsigned, .number: value.text
        default: nil
        }
    }
}
