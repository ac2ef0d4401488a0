import Connectors
public import EventModel
import Storage

extension ConnectorFolder {
    /// How far a connector is behind, as far as its other side or the store tells.
    ///
    /// - Returns: Of a source `lagMilliseconds`, since its newest message was recorded there, null where the source does not tell. Of a
    ///   destination `waitingBytes` of the log and `waitingRecords` of membership, where it is given them; null before its first delivery.
    public func lag(of entry: ConnectorPlan.Entry, _ tessera: Tessera, at now: Instant) async throws -> JSONObject {
        var told = JSONObject([.init("name", .string(entry.name)), .init("kind", .string(entry.kind))])
        func set(_ name: String, _ value: JSONValue?) { told.set(name, value ?? .null) }
        switch entry.work {
        case .source:
            let state = try await state(of: entry.name)
            set("lastSeen", (state?.lastSeen?.text).map { .string($0) })
            set("lagMilliseconds", state?.newest.map { .integer(now.milliseconds - $0.milliseconds) })
        case .destination(_, let plan):
            let state = try await deliveryState(of: entry.name)
            let place = try state?.place.map { try DeliveryPlace($0, of: entry.name) }
            set("lastDelivered", (state?.lastDelivered?.text).map { .string($0) })
            if plan.needsLog {
                let all = LogPlace(generation: .max, offset: 0)
                set("waitingBytes", try place.map { .integer(Int64(try tessera.store().log?.bytes(from: $0.log, to: all) ?? 0)) })
            }
            if plan.kinds.contains(.membership) {
                let last = try place.map { _ in
                    try tessera.store().snapshot().membershipRecords(of: nil, touching: nil).map(\.number).max() ?? 0
                }
                set("waitingRecords", place.map { .integer(max(0, (last ?? 0) - $0.lastRecord)) })
            }
        }
        return told
    }
}
