import Service
import Synchronization

/// What the last audit of sources found, for `/metrics`.
final class SourceAlarms: Sendable {
    private let entries = Mutex<[SourceAuditResult.Entry]>([])

    func take(_ result: SourceAuditResult) { entries.withLock { $0 = result.entries } }

    /// Only of sources that have agreed to something, or said what they sent; none before the first audit.
    var figures: [ServiceFigure] {
        entries.withLock { $0 }.flatMap { entry in
            var figures: [ServiceFigure] = []
            let labels = ["source": entry.source]
            if let isLate = entry.isLate {
                figures.append(
                    ServiceFigure(
                        "tessera_source_late", .gauge, help: "1 where a source brings nothing new as often as it has agreed to.",
                        labels: labels, value: isLate ? 1 : 0))
            }
            if let sent = entry.sent {
                figures += [
                    ServiceFigure(
                        "tessera_source_missing_messages", .gauge, help: "Messages that a source says it sent and that are not here.",
                        labels: labels, value: Double(sent.missing)),
                    ServiceFigure(
                        "tessera_source_surplus_messages", .gauge, help: "Messages that are here beyond what a source says it sent.",
                        labels: labels, value: Double(sent.surplus)),
                ]
            }
            return figures
        }
    }
}
