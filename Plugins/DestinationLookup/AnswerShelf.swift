import Connectors
import Crypto
import EventModel

/// Answers of one service in a cache, which may hold those of others.
struct AnswerShelf: Sendable {
    private let cache: OptionalCache
    private let lifetime: Duration
    /// What keys of this service begin with. It is made of the address, which may hold what nobody else is to see.
    private let prefix: String

    init(cache: OptionalCache, url: String, lifetime: Duration) {
        (self.cache, self.lifetime) = (cache, lifetime)
        prefix =
            "lookup/"
            + SHA256.hash(data: Array(url.utf8)).prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "/"
    }

    /// The answers that stand for keys.
    func answers(to keys: [String]) async -> [String: LookupService.Answer] {
        let found = await cache.values(of: keys.map { prefix + $0 })
        var answers: [String: LookupService.Answer] = [:]
        for key in keys {
            if let value = found[prefix + key], let answer = LookupService.Answer(value) { answers[key] = answer }
        }
        return answers
    }

    func keep(_ answer: LookupService.Answer, of key: String) async { await cache.keep(answer.value, of: prefix + key, for: lifetime) }
}

extension LookupService.Answer {
    /// As it is kept.
    fileprivate var value: ContiguousArray<UInt8> {
        let member: JSONObject.Member =
            switch self {
            case .known(let object): .init("known", .object(object))
            case .unknown: .init("unknown", .bool(true))
            case .refused(let reason): .init("refused", .string(reason))
            }
        return ContiguousArray(JSONObject([member]).text.utf8)
    }

    /// Reads what `value` wrote; nil where it is something else.
    fileprivate init?(_ value: ContiguousArray<UInt8>) {
        guard let object = (try? JSONValue(parsing: Array(value)))?.asObject else { return nil }
        if let known = object["known"]?.asObject {
            self = .known(known)
        } else if let reason = object["refused"]?.asString {
            self = .refused(reason)
        } else if object["unknown"] == .bool(true) {
            self = .unknown
        } else {
            return nil
        }
    }
}
