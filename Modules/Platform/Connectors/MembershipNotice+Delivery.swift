import EventModel
import Service

extension MembershipNotice {
    /// The record that destinations are given of it.
    ///
    /// - Parameter traits: Of the person, where the destination wants them; nil: it has no member for them.
    func deliveryJSON(_ traits: JSONObject?) -> JSONObject {
        var object = JSONObject([
            .init("segment", .string(segment)), .init("profile", .string(profile)), .init("entered", .bool(entered)),
            .init("at", .string(at.text)), .init("cause", .string(cause)), .init("version", .integer(number)),
        ])
        if let traits { object.set("traits", .object(traits)) }
        return object
    }

    /// What repeats of it are told by. Traits are no part of it: they may be others when it is made again.
    var deliveryKey: String { "\(number)/\(segment)/\(profile)/\(entered ? "entered" : "exited")" }
}
