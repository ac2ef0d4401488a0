import Connectors
import EventModel
import Synchronization

/// A batch on its way.
final class Delivery: Sendable {
    let batch: DeliveryBatch
    /// Of its records.
    let ids: [String]
    /// Where records of one id stand.
    private let places: [String: [Int]]
    private let failure = Mutex<ConnectorError?>(nil)
    private let state: Mutex<[RecordLot]>

    init(batch: DeliveryBatch, ids: [String]) {
        (self.batch, self.ids) = (batch, ids)
        state = Mutex([RecordLot](repeating: .unknown, count: batch.count))
        places = Dictionary(grouping: ids.indices) { ids[$0] }
    }

    /// What is known of its records.
    var lots: [RecordLot] { state.withLock { $0 } }

    /// Places of records whose lot is unknown; of those with one id the first.
    var unsent: [Int] {
        let lots = lots
        return ids.indices.filter { lots[$0] == .unknown && places[ids[$0]]?.first == $0 }
    }

    /// Enters what an answer says of records, and of all with the same ids.
    func settle(_ places: ArraySlice<Int>, _ lot: RecordLot) {
        state.withLock { lots in for sent in places { for place in self.places[ids[sent]] ?? [] { lots[place] = lot } } }
    }

    /// Why some lane could not go on: the others end behind the request that they have under way.
    var error: ConnectorError? { failure.withLock { $0 } }

    /// Of several failures the one counts that trying again does not mend, else the first.
    func fail(_ error: ConnectorError) {
        failure.withLock { failure in
            if case .retry = failure?.recovery { if case .retry = error.recovery { return } } else if failure != nil { return }
            failure = error
        }
    }

    /// `{"type","timestamp","data"}`, with `"id"` before it where it is named.
    func envelope(of place: Int, isNamed: Bool, now: () -> Instant) -> [UInt8] {
        let record = batch.records[place]
        let json = batch.json(place)
        let at = json.withUnsafeBufferPointer { Self.time(record.kind, $0) } ?? now()
        var text = ContiguousArray("{".utf8)
        text.reserveCapacity(json.count + 192)
        if isNamed { text.append(contentsOf: #""id":"\#(ids[place])","#.utf8) }
        text.append(contentsOf: #""type":"\#(record.kind.rawValue)","timestamp":"\#(at.text)","data":"#.utf8)
        text.append(contentsOf: json)
        text.append(UInt8(ascii: "}"))
        return Array(text)
    }

    func array(of places: ArraySlice<Int>, now: () -> Instant) -> [UInt8] {
        var text: [UInt8] = []
        for place in places {
            text.append(UInt8(ascii: text.isEmpty ? "[" : ","))
            text.append(contentsOf: envelope(of: place, isNamed: true, now: now))
        }
        text.append(UInt8(ascii: "]"))
        return text
    }

    /// When a record came to be; nil where it does not say: a profile is as it is now.
    private static func time(_ kind: DeliveryBatch.Kind, _ json: UnsafeBufferPointer<UInt8>) -> Instant? {
        switch kind {
        case .message: (try? Message(parsing: json, derivedID: ""))?.timestamp
        case .membership: (try? JSONValue(parsing: json))?.asObject?["at"]?.asString.flatMap { Instant(text: $0) }
        case .profile: nil
        }
    }
}
