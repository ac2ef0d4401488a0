import Connectors
import EventModel
import WebClient

/// Posts records, each or some of them in a request of its own, those of one profile one after another.
final class WebhookDestination: Destination {
    /// What a request holds.
    enum Form: Sendable {
        case single
        case array(most: Int)
    }
    private let receiver: Receiver
    private let form: Form
    private let concurrency: Int
    private let now: @Sendable () -> Instant

    init(receiver: Receiver, form: Form, concurrency: Int, now: @escaping @Sendable () -> Instant) {
        (self.receiver, self.form, self.concurrency, self.now) = (receiver, form, concurrency, now)
    }

    func probe() async throws(ConnectorError) -> String {
        "\(receiver.address.shown) is there; it answers OPTIONS with \(try await receiver.probe())."
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        let ids = batch.records.indices.map { RecordID.of(batch.records[$0].kind, key: batch.key($0)) }
        let delivery = Delivery(batch: batch, ids: ids)
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes(delivery) { group.addTask { await self.send(lane, of: delivery) } }
        }
        let lots = delivery.lots
        guard let error = delivery.error else { return DeliveryReceipt(lots) }
        // Where only settings help, there is no later: all of it comes again.
        guard case .retry = error.recovery, lots.contains(where: { $0 != .unknown }) else { throw error }
        return DeliveryReceipt(lots, later: error)
    }

    /// Places of the records to be sent: those of one profile lie in one lane, in their order.
    private func lanes(_ delivery: Delivery) -> [[Int]] {
        var lanes = [[Int]](repeating: [], count: concurrency)
        var laneOf: [String: Int] = [:]
        for place in delivery.unsent {
            let profile = delivery.batch.profile(place)
            let lane = laneOf[profile] ?? laneOf.count % concurrency
            laneOf[profile] = lane
            lanes[lane].append(place)
        }
        return lanes.filter { !$0.isEmpty }
    }

    /// Sends the records of a lane, until one lane fails.
    private func send(_ lane: [Int], of delivery: Delivery) async {
        let most = if case .array(let most) = form { most } else { 1 }
        do throws(ConnectorError) {
            for start in stride(from: 0, to: lane.count, by: most) {
                try await send(lane[start..<min(start + most, lane.count)], of: delivery)
            }
        } catch { delivery.fail(error) }
    }

    /// Sends some records in one request. Where they are refused together, they are sent in halves, so that only those are refused that
    /// the receiver does not want.
    private func send(_ places: ArraySlice<Int>, of delivery: Delivery) async throws(ConnectorError) {
        guard delivery.error == nil, let first = places.first else { return }
        if Task.isCancelled {
            throw ConnectorError(.retry(after: nil), at: receiver.address.shown, "it was asked to end", remedy: "Start it again.")
        }
        let answer =
            switch form {
            case .single:
                try await receiver.post(delivery.envelope(of: first, isNamed: false, now: now), id: delivery.ids[first])
            case .array:
                try await receiver.post(delivery.array(of: places, now: now), id: RecordID.of(places.map { delivery.ids[$0] }))
            }
        if case .refused = answer, places.count > 1 {
            let middle = places.startIndex + places.count / 2
            try await send(places[..<middle], of: delivery)
            try await send(places[middle...], of: delivery)
            return
        }
        delivery.settle(places, answer)
    }
}
