import EventModel
import Storage

/// The table `profiles`: everyone the store knows.
final class ProfilesTable: VirtualTable {
    static let columns = "profile TEXT, user_ids TEXT, anonymous_ids TEXT, traits TEXT"

    let run: ViewRun
    let traits: ProfileTraits

    init(_ run: ViewRun) { (self.run, traits) = (run, ProfileTraits(run)) }

    func plan(_ constraints: inout [ScanConstraint]) -> (rows: Double, cost: Double) {
        constraints = constraints.filter { $0.column == 0 && $0.comparison == .equal }
        let count = Double(max(1, run.views.snapshot.profileCount))
        return constraints.isEmpty ? (count, count * 4) : (1, 4)
    }

    func makeCursor() -> any VirtualCursor { ProfilesCursor(self) }
}

/// Goes through all profiles, or those of one name.
private final class ProfilesCursor: VirtualCursor {
    private let table: ProfilesTable
    /// Nil: all.
    private var wanted: [UInt32]?
    private var at = 0

    init(_ table: ProfilesTable) { self.table = table }

    func start(_ constraints: [(constraint: ScanConstraint, value: ScanValue)]) throws {
        (wanted, at) = (nil, 0)
        for case (_, .text(let name)) in constraints { wanted = try table.run.people.profiles(called: name) }
    }

    var isAtEnd: Bool { at >= wanted?.count ?? table.run.views.snapshot.profileCount }
    func advance() { at += 1 }
    private var profile: UInt32 { wanted?[at] ?? UInt32(at) }
    var rowID: Int64 { Int64(profile) }

    func write(_ column: Int, to cell: ResultCell) throws {
        let people = table.run.people
        switch column {
        case 0: try people.writeName(profile, to: cell)
        case 1, 2:
            let ids = try people.identifiers(of: profile, kind: column == 1 ? .user : .anonymous)
            cell.set(JSONValue.array(ids.map { .string($0) }).text)
        default: cell.set(try table.traits.traits(of: profile, isOneOfMany: wanted == nil).text)
        }
    }
}
