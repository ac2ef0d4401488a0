import EventModel
import Features
import Rules
import Storage

extension Question {
    /// Recency, frequency and monetary value of everyone with an order at `now` (and in the filter).
    func rfm(_ request: RFMRequest) throws(CommandError) -> RFMResult {
        let query = RFMQuery(
            event: request.event, revenue: request.revenue, order: request.order, refunds: request.refunds, scores: request.scores)
        for event in [request.event, request.refunds].compactMap({ $0 }) where checker.catalogue.events?[Text(event)] == nil {
            warn("No event is called \"\(event)\". `events` lists the names; `rfm of EVENT` says which one is an order.")
        }
        let filter = try request.filter.map { text throws(CommandError) in try members(of: rule(text)) }
        let rfm = try attempt { try query.rfm(self, among: filter, checker: checker) }
        let ids = try attempt { try snapshot.canonicalIDs() }
        let rows = rfm.rows.map {
            RFMResult.Row(
                id: ids[$0.profile], recencyDays: $0.recencyDays, frequency: $0.frequency, monetary: $0.monetary, r: $0.recencyScore,
                f: $0.frequencyScore, m: $0.monetaryScore, segment: $0.segment.rawValue)
        }
        return RFMResult(rows: rows.sorted { $0.id.precedesByScalars($1.id) }, scores: rfm.scores)
    }
}
