public import EventModel

extension LintFinding {
    var json: JSONObject {
        JSONObject([
            "check": .string(check.rawValue), "severity": .string(severity.rawValue), "segments": .list(segments),
            "message": .string(message), "reasons": .list(reasons),
        ])
    }

    /// As people read it.
    var sentence: String { "\(severity.rawValue): \(message)" + (reasons.isEmpty ? "" : " Reasons: \(reasons.joined(separator: "; ")).") }
}

/// What lint finds in a workspace.
public struct LintResult: CommandResult, Equatable {
    /// The worst first.
    public var findings: [LintFinding]
    /// Segments that were looked at.
    public var segments: Int

    public var json: JSONObject {
        JSONObject(["findings": .array(findings.map { .object($0.json) }), "segments": .integer(Int64(segments))])
    }
    public var table: ResultTable {
        ResultTable(
            [.init("severity"), .init("check"), .init("segments"), .init("message")],
            rows: findings.map {
                [.text($0.severity.rawValue), .text($0.check.rawValue), .text($0.segments.joined(separator: ", ")), .prose($0.message)]
            })
    }
    public func text(on canvas: Canvas) -> String {
        let sum = findings.isEmpty ? "Nothing to say about" : "\(Figures.count(findings.count, "finding")) in"
        return findings.map { TerminalText.safe($0.sentence) + "\n" }.joined() + "\(sum) \(Figures.count(segments, "segment")).\n"
    }
}
