import Connectors
import EventModel

/// A partition of one of the topics of a source.
struct TopicPartition: Hashable {
    /// Place of the topic among those of the settings.
    var topic: Int32
    var number: Int32
}

/// Where reading goes on: of each partition the offset of the next record.
struct KafkaPosition {
    var offsets: [TopicPartition: Int64] = [:]

    init() {}

    /// - Parameter topics: Those of the settings; what is kept of others is left out.
    init(_ checkpoint: Checkpoint, topics: [String]) throws(ConnectorError) {
        guard checkpoint.version == 1, let object = (try? JSONValue(parsing: Array(checkpoint.position.utf8)))?.asObject else {
            throw Self.foreign
        }
        for member in object.members {
            guard let pairs = member.value.asArray else { throw Self.foreign }
            let place = topics.firstIndex { $0.sameScalars(as: member.name) }
            for pair in pairs {
                guard let parts = pair.asArray, parts.count == 2, case .integer(let number) = parts[0],
                    case .integer(let offset) = parts[1],
                    let number = Int32(exactly: number), offset >= 0
                else { throw Self.foreign }
                if let place { offsets[TopicPartition(topic: Int32(place), number: number)] = offset }
            }
        }
    }

    /// By topic: partitions, each with the offset of its next record.
    func checkpoint(_ topics: [String]) -> Checkpoint {
        var pairs = [[JSONValue]](repeating: [], count: topics.count)
        for (partition, offset) in offsets.sorted(by: { $0.key.number < $1.key.number }) {
            pairs[Int(partition.topic)].append(.array([.integer(Int64(partition.number)), .integer(offset)]))
        }
        let members = zip(topics, pairs).filter { !$1.isEmpty }.map { JSONObject.Member($0, .array($1)) }
        return Checkpoint(version: 1, position: JSONObject(members).text)
    }

    private static let foreign = ConnectorError(
        .stop, at: "kafka", "the kept position is of something else", remedy: "Reset the connector: what is read again is stored once.")
}
