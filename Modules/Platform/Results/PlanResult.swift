public import EventModel
import Rules
import Storage

/// What a workspace would change.
public struct PlanResult: CommandResult, Equatable {
    /// One definition, before and after.
    public struct Entry: Sendable, Equatable {
        /// `segment`, `feature`, `offer` or `source`.
        public var kind: String
        /// The definition's name within its kind.
        public var name: String
        /// `added`, `changed`, `removed`, `affected`, `adopted` or `unchanged`.
        public var change: String
        /// Members now; nil for all but segments, and where the segment is not there or not understood.
        public var before: Int?
        /// Members afterwards; nil for all but segments, and where the segment goes.
        public var after: Int?
        /// How many enter; nil for all but segments.
        public var enter: Int?
        /// How many leave; nil for all but segments.
        public var leave: Int?
        /// Ids of the first who enter, ascending by scalars, at most `examples`.
        public var entering: [String]
        /// Ids of the first who leave, ascending by scalars, at most `examples`.
        public var leaving: [String]
        /// Lines that go (`- `) and come (`+ `). People are shown them only where a text changed.
        public var difference: [String]
        /// A definition saved by hand gives way to the workspace's.
        public var replacesSaved: Bool
    }

    /// How many ids are shown of those who enter or leave.
    public static let examples = 5

    /// Every segment, then every feature, offer and source, by name.
    public var entries: [Entry]
    /// What lint finds, the worst first.
    public var findings: [LintFinding]
    /// The instant that everybody was looked at.
    public var now: Instant
    /// The command that writes what is shown here.
    var command: String

    /// Whether `apply` would write nothing.
    public var changesNothing: Bool { entries.allSatisfy { $0.change == "unchanged" } }
    /// Whether lint lets `apply` go on.
    public var isApplicable: Bool { !findings.contains { $0.severity == .refused } }

    /// - Parameter ids: The ids of the plan's profiles by their numbers.
    /// - Parameter command: The command that writes it.
    init(_ plan: WorkspacePlan, ids: [String], now: Instant, command: String = "apply") {
        (self.now, self.command) = (now, command)
        findings = plan.findings
        entries = plan.entries.map { entry in
            let isSegment = entry.kind == .segment
            let (entering, leaving) = (entry.entering, entry.leaving)
            return Entry(
                kind: entry.kind.rawValue, name: entry.name, change: entry.change.rawValue, before: entry.before?.count,
                after: entry.after?.count, enter: isSegment ? entering?.count ?? 0 : nil, leave: isSegment ? leaving?.count ?? 0 : nil,
                entering: Self.examples(entering, ids), leaving: Self.examples(leaving, ids),
                difference: Self.difference(entry.oldText, entry.newText), replacesSaved: entry.replacesSaved)
        }
    }

    private static func examples(_ set: Membership?, _ ids: [String]) -> [String] {
        guard let set else { return [] }
        return Array(set.members.map { ids[$0] }.sorted { $0.precedesByScalars($1) }.prefix(examples))
    }

    /// The lines that differ, in their order: a shortest edit script (E. W. Myers, 1986), those that go before those that come.
    private static func difference(_ old: String?, _ new: String?) -> [String] {
        let before = old.map { DefinitionText.lines(of: $0).map { Text($0) } } ?? []
        let after = new.map { DefinitionText.lines(of: $0).map { Text($0) } } ?? []
        let changes = after.difference(from: before)
        var gone: Set<Int> = [], come: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let offset, _, _): gone.insert(offset)
            case .insert(let offset, _, _): come.insert(offset)
            }
        }
        var lines: [String] = []
        var (i, j) = (0, 0)
        while i < before.count || j < after.count {
            if gone.contains(i) {
                lines.append("- \(before[i])")
                i += 1
            } else if come.contains(j) {
                lines.append("+ \(after[j])")
                j += 1
            } else {
                (i, j) = (i + 1, j + 1)
            }
        }
        return lines
    }
}

extension PlanResult {
    public var json: JSONObject {
        JSONObject([
            "changes": .array(entries.map { .object($0.json) }), "findings": .array(findings.map { .object($0.json) }),
            "applicable": .bool(isApplicable), "now": .string(now.text),
        ])
    }

    public var table: ResultTable { Self.table(of: entries) }

    private static func table(of entries: [Entry]) -> ResultTable {
        func cell(_ count: Int?) -> ResultTable.Cell { count.map { .count($0) } ?? .missing }
        let columns: [ResultTable.Column] = [
            .init("change"), .init("kind"), .init("name"), .init("before", numeric: true), .init("after", numeric: true),
            .init("enter", numeric: true), .init("leave", numeric: true),
        ]
        return ResultTable(
            columns,
            rows: entries.map { entry in
                [
                    .text(entry.change), .text(entry.kind), .text(entry.name), cell(entry.before), cell(entry.after), cell(entry.enter),
                    cell(entry.leave),
                ]
            })
    }

    public func text(on canvas: Canvas) -> String {
        let changed = entries.filter { $0.change != "unchanged" }
        var text = changed.isEmpty ? "" : Self.table(of: changed).text(width: canvas.width)
        for entry in changed where entry.change == "changed" || !entry.entering.isEmpty || !entry.leaving.isEmpty {
            text += "\n\(TerminalText.safe("\(entry.kind) \(entry.name)")): \(entry.change)\n"
            if entry.replacesSaved { text += "  A definition saved by hand gives way to the workspace's.\n" }
            if entry.change == "changed" { for line in entry.difference { text += "  \(TerminalText.safe(line))\n" } }
            for (word, ids, count) in [("enter", entry.entering, entry.enter), ("leave", entry.leaving, entry.leave)] where !ids.isEmpty {
                let more = (count ?? 0) > ids.count ? ", ..." : ""
                text += "  \(word): \(TerminalText.safe(ids.joined(separator: ", ")))\(more)\n"
            }
        }
        if !text.isEmpty { text += "\n" }
        if !findings.isEmpty { text += findings.map { TerminalText.safe($0.sentence) + "\n" }.joined() + "\n" }
        let same = entries.count - changed.count
        text += same > 0 ? "\(Figures.count(same, "definition")) unchanged. " : ""
        if changesNothing { return text + "Nothing to apply: the store has what the workspace says.\n" }
        return text
            + (isApplicable ? "Nothing was written; `\(command)` makes it so.\n" : "Nothing was written, and `apply` would refuse.\n")
    }
}

extension PlanResult.Entry {
    var json: JSONObject {
        func number(_ count: Int?) -> JSONValue { count.map { .integer(Int64($0)) } ?? .null }
        var object = JSONObject([
            "kind": .string(kind), "name": .string(name), "change": .string(change), "before": number(before), "after": number(after),
            "enter": number(enter), "leave": number(leave), "entering": .list(entering), "leaving": .list(leaving),
            "difference": .list(difference),
        ])
        if replacesSaved { object.set("replaces_saved", .bool(true)) }
        return object
    }
}

/// What `apply` did.
public struct ApplyResult: CommandResult, Equatable {
    /// Definitions that were saved, as `segment NAME`, `feature NAME` and `offer KEY`.
    public var saved: [String]
    /// Definitions that were removed, likewise.
    public var removed: [String]
    /// Profiles that entered a segment, counted once for each.
    public var entered: Int
    /// Profiles that left a segment, counted once for each.
    public var left: Int
    /// Whether these changes stand in the history of memberships.
    public var isRecorded: Bool

    init(_ plan: WorkspacePlan, recorded: Bool) {
        saved = plan.swap.saves.map { "\($0.kind.rawValue) \($0.name)" }
        removed = plan.swap.removals.map { "\($0.kind.rawValue) \($0.name)" }
        entered = plan.swap.isEmpty ? 0 : plan.entries.reduce(0) { $0 + ($1.entering?.count ?? 0) }
        left = plan.swap.isEmpty ? 0 : plan.entries.reduce(0) { $0 + ($1.leaving?.count ?? 0) }
        isRecorded = recorded
    }

    /// What happened, in a sentence.
    public var sentence: String {
        if saved.isEmpty, removed.isEmpty { return "Nothing to apply: the store has what the workspace says." }
        let saves =
            "Saved \(Figures.count(saved.count, "definition"))" + (removed.isEmpty ? "" : ", removed \(Figures.grouped(removed.count))")
        return "\(saves). \(Figures.grouped(entered)) entered and \(Figures.grouped(left)) left segments."
    }

    public var json: JSONObject {
        JSONObject([
            "done": .string(sentence), "saved": .list(saved), "removed": .list(removed), "entered": .integer(Int64(entered)),
            "left": .integer(Int64(left)), "recorded": .bool(isRecorded),
        ])
    }
    public var records: [JSONObject] { [json] }
    public var table: ResultTable {
        ResultTable(
            [.init("done"), .init("definition")],
            rows: saved.map { [.text("saved"), .text($0)] } + removed.map { [.text("removed"), .text($0)] })
    }
    public func text(on canvas: Canvas) -> String { sentence + "\n" }
}
