import Connectors
import EventModel

/// How far each shard was read.
struct KinesisPosition: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        /// Nothing was read.
        case start(KinesisStream.Start)
        case after(String)
        /// It is closed, and was read to its end.
        case done
    }
    /// By their ids.
    var shards: [String: Place] = [:]
    /// The one that was read last: the next has its turn.
    var last: String?

    init() {}

    /// - Throws: `.stop` where something else wrote it.
    init(_ checkpoint: Checkpoint) throws(ConnectorError) {
        let foreign = ConnectorError(
            .stop, at: "kinesis", "the kept position is of something else",
            remedy: "Reset the connector: what is read again is stored once.")
        guard checkpoint.version == 1, let object = (try? JSONValue(parsing: checkpoint.position))?.asObject,
            let places = object["shards"]?.asObject
        else { throw foreign }
        last = object["last"]?.asString
        for member in places.members {
            switch member.value {
            case .bool(true): shards[member.name] = .done
            case .bool(false): shards[member.name] = .start(.earliest)
            case .integer(let milliseconds): shards[member.name] = .start(.at(Instant(milliseconds: milliseconds)))
            case .string(let number): shards[member.name] = .after(number)
            default: throw foreign
            }
        }
    }

    var checkpoint: Checkpoint {
        let members = shards.sorted { $0.key.precedesByScalars($1.key) }.map { id, place in
            switch place {
            case .done: JSONObject.Member(id, .bool(true))
            case .start(.at(let instant)): JSONObject.Member(id, .integer(instant.milliseconds))
            case .after(let number), .start(.after(let number)): JSONObject.Member(id, .string(number))
            case .start(.earliest): JSONObject.Member(id, .bool(false))
            }
        }
        var object = JSONObject([.init("shards", .object(JSONObject(members)))])
        if let last { object.set("last", .string(last)) }
        return Checkpoint(version: 1, position: object.text)
    }
}
