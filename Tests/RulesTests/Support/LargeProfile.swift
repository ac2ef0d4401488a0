import EventModel
import Foundation
@testable import RulesTesting

/// A profile with very many track events, such as a bot's.
enum LargeProfile {
    /// Whether tests may take minutes.
    static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

    /// Events named `A`, `B` and `C` over the 60 days before `now`, some at the same instant, a few ahead; `.x` is a small number on most.
    static func messages(_ count: Int, seed: UInt64) -> [Message] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { number in
            let seconds = Int64(random.below(60 * 86_400 + 3_600)) - 3_600
            let properties = JSONObject(random.once(in: 5) ? [] : [.init("x", .integer(Int64(random.below(10))))])
            return track(random.pick(["A", "A", "A", "B", "C"]), number, Vocabulary.now.milliseconds - seconds * 1_000, properties)
        }
    }

    static func track(_ name: String, _ number: Int, _ time: Int64, _ properties: JSONObject = JSONObject()) -> Message {
        let json = JSONObject([
            .init("type", .string("track")), .init("event", .string(name)), .init("userId", .string("u")),
            .init("messageId", .string("m\(number)")), .init("properties", .object(properties)),
        ])
        return Message(kind: .track, messageID: "m\(number)", timestamp: Instant(milliseconds: time), json: json)
    }
}
