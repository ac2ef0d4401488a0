import EventModel
import Storage

/// The table `events`: every message until now.
final class EventsTable: VirtualTable {
    enum Name: Int {
        case time, timeMilliseconds, type, event, profile, userID, anonymousID, messageID, properties, context, traits, message
    }
    static let columns = """
        time TEXT, time_ms INTEGER, type TEXT, event TEXT, profile TEXT, user_id TEXT, anonymous_id TEXT, message_id TEXT, properties TEXT,
        context TEXT, traits TEXT, message TEXT
        """

    let run: ViewRun
    /// Blocks that begin until now, and the number of rows before each: the row ids of a block's rows.
    let blocks: [(summary: BlockSummary, before: Int)]
    private let rows: Int
    private let names: Int

    init(_ run: ViewRun) {
        self.run = run
        var blocks: [(BlockSummary, Int)] = []
        var rows = 0
        for block in run.views.snapshot.blocks where block.minTime <= run.views.now.milliseconds {
            blocks.append((block, rows))
            rows += block.rows
        }
        (self.blocks, self.rows) = (blocks, rows)
        names = max(1, Set(blocks.compactMap(\.0.event).map { Array($0.utf8) }).count)
    }

    func plan(_ constraints: inout [ScanConstraint]) -> (rows: Double, cost: Double) {
        var rows = Double(max(1, rows))
        var cost = rows * 4
        constraints = constraints.filter { constraint in
            switch (Name(rawValue: constraint.column), constraint.comparison) {
            case (.time, _), (.timeMilliseconds, _):
                rows /= 4
                cost /= 4
            case (.type, .equal):
                rows /= 2
                cost /= 2
            case (.event, .equal):
                rows /= Double(names)
                cost /= Double(names)
            case (.profile, .equal):
                // A look into every block, dearer than a row of a scan: so a join scans the events once and looks the people up.
                rows = max(1, rows / Double(max(1, run.views.snapshot.profileCount)))
                cost = min(cost, Double(blocks.count) * 400 + rows * 4)
            default: return false
            }
            return true
        }
        return (max(1, rows), max(1, cost))
    }

    func makeCursor() -> any VirtualCursor { EventsCursor(self) }
}
