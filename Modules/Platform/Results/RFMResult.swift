public import EventModel

/// Recency, frequency and monetary value of every buyer, with scores.
public struct RFMResult: CommandResult, Equatable {
    /// One buyer.
    public struct Row: Sendable, Equatable {
        /// The buyer's canonical id.
        public var id: String
        /// Whole days since the latest order.
        public var recencyDays: Int
        /// Orders.
        public var frequency: Int
        /// Money of the orders, less refunds where they were named.
        public var monetary: Double
        /// Scores from 1 to `scores`; the highest is best.
        public var r: Int
        /// The score of the frequency.
        public var f: Int
        /// The score of the money.
        public var m: Int
        /// The name of the cell the scores fall in.
        public var segment: String
    }

    /// Buyers under one name.
    public struct Group: Sendable, Equatable {
        /// The name.
        public var segment: String
        /// Buyers who have it.
        public var profiles: Int
        /// Mean days since their latest orders.
        public var recencyDays: Double
        /// Mean number of their orders.
        public var frequency: Double
        /// Mean of their money.
        public var monetary: Double
        /// Money of all of them together.
        public var revenue: Double
    }

    /// Ascending by id.
    public var rows: [Row]
    /// How many scores there are.
    public var scores: Int

    public var json: JSONObject {
        JSONObject(["rows": .array(rows.map { .object(Self.json($0)) })])
    }
    public var records: [JSONObject] { rows.map(Self.json) }
    public var table: ResultTable {
        let columns: [ResultTable.Column] = [
            .init("id"), .init("recency_days", numeric: true), .init("frequency", numeric: true), .init("monetary", numeric: true),
            .init("r", numeric: true), .init("f", numeric: true), .init("m", numeric: true), .init("segment"),
        ]
        return ResultTable(
            columns,
            rows: rows.map {
                [
                    .text($0.id), .count($0.recencyDays), .count($0.frequency), .number($0.monetary, digits: 2), .count($0.r), .count($0.f),
                    .count($0.m), .text($0.segment),
                ]
            })
    }

    /// Rows that a terminal shows before it points to the other formats.
    static let shownRows = 20

    public func text(on canvas: Canvas) -> String {
        guard !rows.isEmpty else { return "No profile has an order.\n" }
        var best = table
        let order = rows.indices.sorted { a, b in
            rows[a].monetary != rows[b].monetary ? rows[a].monetary > rows[b].monetary : rows[a].id.precedesByScalars(rows[b].id)
        }
        best.rows = order.prefix(Self.shownRows).map { best.rows[$0] }
        let more = "The \(best.rows.count) with the most money of \(Figures.count(rows.count, "buyer")); `--format csv` prints all.\n"
        return groupTable.text(width: canvas.width) + "\n" + best.text(width: canvas.width) + more
    }

    /// The buyers by name, the name with the most money first.
    public var groups: [Group] {
        var totals: [String: (profiles: Int, recency: Int, frequency: Int, revenue: Double)] = [:]
        for row in rows {
            var total = totals[row.segment] ?? (0, 0, 0, 0)
            total.profiles += 1
            total.recency += row.recencyDays
            total.frequency += row.frequency
            total.revenue += row.monetary
            totals[row.segment] = total
        }
        return totals.map { name, total in
            let n = Double(total.profiles)
            return Group(
                segment: name, profiles: total.profiles, recencyDays: Double(total.recency) / n, frequency: Double(total.frequency) / n,
                monetary: total.revenue / n, revenue: total.revenue)
        }.sorted { $0.revenue != $1.revenue ? $0.revenue > $1.revenue : $0.segment.precedesByScalars($1.segment) }
    }

    /// `groups` as a table.
    public var groupTable: ResultTable {
        let columns: [ResultTable.Column] = [
            .init("segment"), .init("profiles", numeric: true), .init("share", numeric: true), .init("mean_recency_days", numeric: true),
            .init("mean_frequency", numeric: true), .init("mean_monetary", numeric: true), .init("revenue_share", numeric: true),
        ]
        let groups = groups
        let revenue = groups.reduce(0) { $0 + $1.revenue }
        return ResultTable(
            columns,
            rows: groups.map {
                [
                    .text($0.segment), .count($0.profiles), .share(Double($0.profiles) / Double(max(1, rows.count))),
                    .number($0.recencyDays, digits: 0), .number($0.frequency, digits: 1), .number($0.monetary, digits: 2),
                    revenue > 0 ? .share($0.revenue / revenue) : .missing,
                ]
            })
    }

    private static func json(_ row: Row) -> JSONObject {
        JSONObject([
            "id": .string(row.id), "recency_days": .integer(Int64(row.recencyDays)), "frequency": .integer(Int64(row.frequency)),
            "monetary": .finite(row.monetary), "r": .integer(Int64(row.r)), "f": .integer(Int64(row.f)), "m": .integer(Int64(row.m)),
            "segment": .string(row.segment),
        ])
    }
}

extension RFMResult: Drawable {
    /// Buyers in each cell of recency and frequency.
    public var chart: any Chart {
        var cells = [[Double?]](repeating: [Double?](repeating: 0, count: scores), count: scores)
        for row in rows { cells[scores - row.r][row.f - 1]? += 1 }
        return HeatMap(
            title: "Buyers by recency and frequency score", columns: (1...scores).map(String.init),
            rows: (1...scores).reversed().map(String.init), columnAxis: "frequency score (\(scores) = most orders)",
            rowAxis: "recency score (\(scores) = latest)", values: cells, captions: cells.map { $0.map { Figures.grouped(Int($0 ?? 0)) } })
    }
}
