import EventModel
import Storage

/// The table `segments`: what the caller knows by name.
final class SegmentsTable: VirtualTable {
    static let columns = "name TEXT, expression TEXT"

    private let run: ViewRun

    init(_ run: ViewRun) { self.run = run }

    func plan(_ constraints: inout [ScanConstraint]) -> (rows: Double, cost: Double) {
        constraints = []
        let count = Double(max(1, run.views.segments.count))
        return (count, count)
    }

    func makeCursor() -> any VirtualCursor { Cursor(run) }

    private final class Cursor: VirtualCursor {
        private let segments: [SQLViews.Segment]
        private var at = 0

        init(_ run: ViewRun) { segments = run.views.segments }

        func start(_ constraints: [(constraint: ScanConstraint, value: ScanValue)]) { at = 0 }
        var isAtEnd: Bool { at >= segments.count }
        func advance() { at += 1 }
        var rowID: Int64 { Int64(at) }
        func write(_ column: Int, to cell: ResultCell) { cell.set(column == 0 ? segments[at].name : segments[at].expression) }
    }
}

/// The table `memberships`: who is in which segment, each segment answered once where it is asked for.
final class MembershipsTable: VirtualTable {
    static let columns = "segment TEXT, profile TEXT"

    fileprivate let run: ViewRun
    private var answered: [Int: OrdinalSet] = [:]

    init(_ run: ViewRun) { self.run = run }

    func plan(_ constraints: inout [ScanConstraint]) -> (rows: Double, cost: Double) {
        constraints = constraints.filter { $0.comparison == .equal }
        var rows = Double(max(1, run.views.segments.count)) * Double(max(4, run.views.snapshot.profileCount)) / 4
        if constraints.contains(where: { $0.column == 0 }) { rows /= Double(max(1, run.views.segments.count)) }
        if constraints.contains(where: { $0.column == 1 }) { rows /= Double(max(4, run.views.snapshot.profileCount)) / 4 }
        return (max(1, rows), max(1, rows) * 2 + 2)
    }

    func makeCursor() -> any VirtualCursor { MembershipsCursor(self) }

    /// Profile numbers of the members of the segment in that place.
    fileprivate func members(_ place: Int) throws -> OrdinalSet {
        if let known = answered[place] { return known }
        try run.check()
        let members = OrdinalSet(try run.views.members(run.views.segments[place].name))
        answered[place] = members
        return members
    }
}

/// Goes through the members of one segment after the other.
private final class MembershipsCursor: VirtualCursor {
    private let table: MembershipsTable
    /// Places of the segments to go through.
    private var places: [Int] = []
    /// Only these profiles; nil: all.
    private var wanted: OrdinalSet?
    private var segment = 0
    private var members = OrdinalSet()
    private var at = 0

    init(_ table: MembershipsTable) { self.table = table }

    func start(_ constraints: [(constraint: ScanConstraint, value: ScanValue)]) throws {
        let segments = table.run.views.segments
        (places, wanted, segment) = (Array(segments.indices), nil, -1)
        for case (let constraint, .text(let text)) in constraints {
            if constraint.column == 0 {
                places = places.filter { segments[$0].name.utf8.elementsEqual(text) }
            } else {
                wanted = OrdinalSet(try table.run.people.profiles(called: text))
            }
        }
        try nextSegment()
    }

    private func nextSegment() throws {
        at = 0
        repeat {
            segment += 1
            guard segment < places.count else { return }
            members = try table.members(places[segment])
            if let wanted { members = members.intersection(wanted) }
        } while members.isEmpty
    }

    var isAtEnd: Bool { segment >= places.count }

    func advance() throws {
        at += 1
        if at >= members.count { try nextSegment() }
    }

    var rowID: Int64 { Int64(places[segment]) << 32 | Int64(members.ordinals[at]) }

    func write(_ column: Int, to cell: ResultCell) throws {
        if column == 0 {
            cell.set(table.run.views.segments[places[segment]].name)
        } else {
            try table.run.people.writeName(members.ordinals[at], to: cell)
        }
    }
}
