public import EventModel
public import Rules

/// Why one person is a member of an expression, or is not.
public struct ExplainResult: CommandResult, Equatable {
    /// The person's canonical id.
    public var id: String
    /// The proof of the answer, until when it holds, and the least that would flip it.
    public var explanation: Explanation

    public var json: JSONObject { JSONObject(explanation.json.members + [.init("profile", .string(id))]) }
    public var records: [JSONObject] { [json] }
    public var table: ResultTable {
        var rows: [[ResultTable.Cell]] = []
        Self.enter(explanation.tree, depth: 0, into: &rows)
        return ResultTable(
            [
                .init("depth", numeric: true), .init("node"), .init("outcome"), .init("note"), .init("valid_until"),
                .init("events", numeric: true),
            ],
            rows: rows)
    }
    public func text(on canvas: Canvas) -> String {
        explanation.text.split(separator: "\n", omittingEmptySubsequences: false).map { TerminalText.safe(String($0)) }.joined(
            separator: "\n")
    }

    private static func enter(_ node: ExplainedNode, depth: Int, into rows: inout [[ResultTable.Cell]]) {
        let outcome =
            switch node.outcome {
            case .truth(let holds): holds ? "yes" : "no"
            case .value(let value): value.json.text
            }
        rows.append([
            .count(depth), .text(node.text), .text(outcome), node.note.map { .text($0) } ?? .missing,
            node.validUntil.map { .instant($0) } ?? .missing, .count(node.totalEvents),
        ])
        for child in node.children { enter(child, depth: depth + 1, into: &rows) }
    }
}
