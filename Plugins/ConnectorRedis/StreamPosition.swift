import Connectors
import EventModel

/// Where reading goes on: of each stream the id of the last entry that was given.
struct StreamPosition {
    /// By their places in the settings; nil: nothing was kept of it.
    var last: [StreamID?]

    /// - Parameter streams: Those of the settings; what is kept of others is left out.
    init(_ checkpoint: Checkpoint?, streams: [String]) throws(ConnectorError) {
        last = [StreamID?](repeating: nil, count: streams.count)
        guard let checkpoint else { return }
        guard checkpoint.version == 1, let object = (try? JSONValue(parsing: Array(checkpoint.position.utf8)))?.asObject else {
            throw Self.foreign
        }
        for member in object.members {
            guard let id = member.value.asString.flatMap({ StreamID($0.utf8) }) else { throw Self.foreign }
            if let place = streams.firstIndex(where: { $0.sameScalars(as: member.name) }) { last[place] = id }
        }
    }

    /// By stream: the id of its last entry.
    static func checkpoint(_ streams: [String], _ last: [StreamID]) -> Checkpoint {
        let members = zip(streams, last).map { JSONObject.Member($0, .string($1.text)) }
        return Checkpoint(version: 1, position: JSONObject(members).text)
    }

    private static let foreign = ConnectorError(
        .stop, at: "redis", "the kept position is of something else", remedy: "Reset the connector: what is read again is stored once.")
}
