import Connectors
import EventModel

/// What of an answer becomes traits, and what these may be used for.
struct LookupTraits: Sendable {
    /// The trait, and the part of the answer that it is.
    let paths: [(trait: String, path: [String])]
    let purpose: String
    let timeToLive: Duration?

    /// The traits that an answer gives; nil where it has none of them.
    func traits(of answer: JSONObject) -> GivenTraits? {
        let found = paths.compactMap { wanted in
            answer.value(at: wanted.path).flatMap { $0 == .null ? nil : JSONObject.Member(wanted.trait, $0) }
        }
        return found.isEmpty ? nil : GivenTraits(JSONObject(found), purpose: purpose, timeToLive: timeToLive)
    }
}
