import EventModel
import Foundation
import Storage

extension Question {
    /// Where messages come from: how many, how lately, how long they were on their way, and how many of them were refused.
    ///
    /// A source is what `context.source` says, else the name of the library that sent the message. The lag of a message is `receivedAt` -
    /// `timestamp`; where it says when it was sent and not when it was received, `sentAt` - `timestamp`.
    ///
    /// - Parameter quarantine: Where refused messages are.
    func auditSources(quarantine: QuarantineFolder) throws(CommandError) -> SourceAuditResult {
        let paths = [["context", "source"], ["context", "library", "name"], ["receivedAt"], ["sentAt"]]
        var found: [String: SourceTally] = [:]
        let (week, weekBefore) = (now.milliseconds - 7 * 86_400_000, now.milliseconds - 14 * 86_400_000)
        for block in snapshot.blocks where block.rows > 0 && block.minTime <= now.milliseconds {
            let columns = try attempt { try snapshot.read(block, paths: paths) }
            // Numbers of the texts of both columns, and who they are.
            var known: [UInt64: SourceTally] = [:]
            for row in columns.times.indices where columns.times[row] <= now.milliseconds {
                let (own, library) = (columns.columns[0].auditNumber(at: row), columns.columns[1].auditNumber(at: row))
                let key = UInt64(own) << 32 | UInt64(library)
                let tally: SourceTally
                if let held = known[key] {
                    tally = held
                } else {
                    let name = columns.columns[0].auditText(at: row) ?? columns.columns[1].auditText(at: row) ?? ""
                    tally = found[name] ?? SourceTally()
                    (found[name], known[key]) = (tally, tally)
                }
                let time = columns.times[row]
                tally.messages += 1
                tally.lastSeen = max(tally.lastSeen ?? time, time)
                if time > week { tally.week += 1 } else if time > weekBefore { tally.weekBefore += 1 }
                if let arrived = columns.columns[2].instant(at: row) ?? columns.columns[3].instant(at: row) {
                    tally.lags.append(arrived - time)
                }
            }
        }
        for file in quarantine.files {
            try quarantine.read(file) { record in
                guard let text = record.message, let message = (try? JSONValue(parsing: text))?.asObject else { return }
                let name =
                    message.value(at: ["context", "source"])?.asString ?? message.value(at: ["context", "library", "name"])?.asString ?? ""
                let tally = found[name] ?? SourceTally()
                tally.refused += 1
                found[name] = tally
            }
        }
        let entries = found.sorted { $0.value.messages != $1.value.messages ? $0.value.messages > $1.value.messages : $0.key < $1.key }
        return SourceAuditResult(entries: entries.map { $0.value.entry($0.key) }, now: now)
    }
}

/// What an audit gathers of one source.
final class SourceTally {
    var messages = 0
    var week = 0
    var weekBefore = 0
    var refused = 0
    var lastSeen: Int64?
    /// Milliseconds, of the messages that say when they arrived.
    var lags: ContiguousArray<Int64> = []

    func entry(_ name: String) -> SourceAuditResult.Entry {
        lags.sort()
        // The nearest rank: so many of all are at most that.
        func percentile(_ share: Double) -> Int64? {
            lags.isEmpty ? nil : lags[max(0, Int((share * Double(lags.count)).rounded(.up)) - 1)]
        }
        return SourceAuditResult.Entry(
            source: name, messages: messages, week: week, weekBefore: weekBefore, lastSeen: lastSeen.map { Instant(milliseconds: $0) },
            timed: lags.count, p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), refused: refused)
    }
}

extension Column {
    /// The number of a row's text in the dictionary, from 1; 0 where it is no text.
    fileprivate func auditNumber(at row: Int) -> UInt32 { tags[row] == ValueTag.text ? texts[row] + 1 : 0 }

    /// The instant that a row tells, as a text or in milliseconds.
    fileprivate func instant(at row: Int) -> Int64? {
        if tags[row] == ValueTag.number { return Int64(exactly: numbers[row].rounded(.down)) }
        return auditText(at: row).flatMap { Instant(text: $0) }?.milliseconds
    }
}
