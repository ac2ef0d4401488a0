import Connectors
import EventModel
import Synchronization

/// Looks keys up in a table that follows its file.
final class TableEnricher: Enricher {
    private struct State {
        var rows: TableRows
        /// Of the file that was read last, well or not, and of the last look at it.
        var taken: FileStamp?
        var seen: FileStamp?
    }
    let parts: [[String]]
    private let source: TableSource
    private let layout: TableLayout
    /// Columns of the same purpose and time to live become one message: their places, in the order of the first of each.
    private let groups: [[Int]]
    private let report: @Sendable (String) -> Void
    private let state: Mutex<State>

    init(
        source: TableSource, layout: TableLayout, key: [String], rows: TableRows, stamp: FileStamp?,
        report: @escaping @Sendable (String) -> Void
    ) {
        parts = [key]
        var groups: [[Int]] = []
        for (place, column) in layout.columns.enumerated() {
            let same = groups.firstIndex {
                let first = layout.columns[$0[0]]
                return first.purpose == column.purpose && first.timeToLive == column.timeToLive
            }
            if let same { groups[same].append(place) } else { groups.append([place]) }
        }
        (self.source, self.layout, self.groups, self.report) = (source, layout, groups, report)
        state = Mutex(State(rows: rows, taken: stamp, seen: stamp))
    }

    func traits(of parts: [JSONValue?], at now: Instant) throws(ConnectorError) -> [GivenTraits] {
        let text: String?
        switch parts[0] {
        case .string(let own): text = own
        case .integer(let number): text = String(number)
        case .unsigned(let number): text = String(number)
        default: text = nil
        }
        guard let key = text.flatMap({ layout.key($0) }), let row = state.withLock({ $0.rows[key] }) else { return [] }
        return groups.compactMap { places in
            let traits = places.compactMap { place in row[place].map { JSONObject.Member(layout.columns[place].trait, $0) } }
            let first = layout.columns[places[0]]
            return traits.isEmpty ? nil : GivenTraits(JSONObject(traits), purpose: first.purpose, timeToLive: first.timeToLive)
        }
    }

    /// Reads a changed file once two looks in a row find the same: whoever writes it may be at it still.
    func refresh() {
        let stamp = source.stamp
        let isNews = state.withLock { state in
            defer { state.seen = stamp }
            return stamp != nil && stamp != state.taken && stamp == state.seen
        }
        guard isNews else { return }
        do throws(TableFault) {
            let rows = try source.rows(layout)
            state.withLock { ($0.rows, $0.taken) = (rows, stamp) }
            report("the table was read anew: \(rows.count) rows.")
        } catch {
            state.withLock { $0.taken = stamp }
            report("the table cannot be read, the one before counts. \(source.path)\(error.place): \(error.problem). \(error.remedy)")
        }
    }
}
