public import EventModel

/// How many profiles an expression holds for.
public struct CountResult: CommandResult, Equatable {
    /// Profiles that the expression holds for at `now`.
    public var count: Int
    /// Profiles there are at all.
    public var population: Int
    /// What each clause leaves; nil where there is only one. For people; programs ask `waterfall`.
    public var waterfall: WaterfallResult?
    /// The latest message, where it is more than a day older than the instant that was asked at.
    public var latest: Instant?

    public var json: JSONObject { JSONObject(["count": .integer(Int64(count))]) }
    public var table: ResultTable { ResultTable([.init("count", numeric: true)], rows: [[.count(count)]]) }
    public func text(on canvas: Canvas) -> String {
        let share = population > 0 ? Double(count) / Double(population) : 0
        let sentence = "\(Figures.count(count, "profile")) of \(Figures.grouped(population)) (\(Figures.percent(share)))\n"
        let hint = latest.map { "The latest message is of \($0.text): `set now last` asks as of then.\n" } ?? ""
        return sentence + (count == 0 ? hint : "") + (waterfall.map { "\n" + $0.table.text(width: canvas.width) } ?? "")
    }
}

/// The ids of the profiles an expression holds for, ascending by scalars.
public struct MembersResult: CommandResult, Equatable {
    /// The first ones, when there was a limit.
    public var members: [String]
    /// Profiles that the expression holds for, listed or not.
    public var total: Int

    public var json: JSONObject { JSONObject(["members": .list(members), "total": .integer(Int64(total))]) }
    public var records: [JSONObject] { members.map { JSONObject(["id": .string($0)]) } }
    public var table: ResultTable { ResultTable([.init("id")], rows: members.map { [.text($0)] }) }
    public var notes: [String] {
        [
            members.count < total
                ? "The first \(Figures.grouped(members.count)) of \(Figures.count(total, "profile"))."
                : Figures.count(total, "profile") + "."
        ]
    }
}
