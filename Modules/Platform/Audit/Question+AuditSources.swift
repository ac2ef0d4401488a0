import Connectors
import EventModel
import Foundation
import Rules
import Service
import Storage

extension Question {
    /// Where messages come from: how many, how lately, how long they were on their way, how many of them were refused, whether each source
    /// keeps to what it has agreed to, and whether as many are here as it says it sent.
    ///
    /// A source is what `context.source` says, else the name of the library that sent the message. The lag of a message is `receivedAt` -
    /// `timestamp`; where it says when it was sent and not when it was received, `sentAt` - `timestamp`.
    ///
    /// - Parameter quarantine: Where refused messages are.
    /// - Parameter sent: What sources say they sent. Messages are counted by the time that the sender gave them.
    func auditSources(quarantine: QuarantineFolder, sent: SentCounts) throws(CommandError) -> SourceAuditResult {
        let paths = [["context", "source"], ["context", "library", "name"], ["receivedAt"], ["sentAt"], ["originalTimestamp"]]
        var found: [String: SourceTally] = [:]
        for (name, counts) in sent.all() { found[name] = SourceTally(counts.filter { $0.to <= now }) }
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
                if !tally.sent.isEmpty { tally.ownTimes.append(columns.columns[4].instant(at: row) ?? time) }
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
                if !tally.sent.isEmpty,
                    let time = (message["originalTimestamp"] ?? message["timestamp"])?.asString.flatMap({ Instant(text: $0) })
                {
                    tally.ownTimes.append(time.milliseconds)
                }
                found[name] = tally
            }
        }
        var agreements: [String: SourceAgreement] = [:]
        var problems: [String] = []
        for definition in definitions(.source) {
            do throws(RuleError) { agreements[definition.name] = try definition.agreement() } catch { problems.append("\(error)") }
        }
        for name in agreements.keys where found[name] == nil { found[name] = SourceTally() }
        let entries = found.sorted { $0.value.messages != $1.value.messages ? $0.value.messages > $1.value.messages : $0.key < $1.key }
        return SourceAuditResult(
            entries: entries.map { $0.value.entry($0.key, agreement: agreements[$0.key], now: now) }, now: now, problems: problems)
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
    /// What it says it sent.
    let sent: [SentCount]
    /// Milliseconds, as the sender told them, of its messages that are stored or in quarantine; gathered only where something is said to
    /// have been sent.
    var ownTimes: ContiguousArray<Int64> = []

    init(_ sent: [SentCount] = []) { self.sent = sent }

    func entry(_ name: String, agreement: SourceAgreement?, now: Instant) -> SourceAuditResult.Entry {
        lags.sort()
        // The nearest rank: so many of all are at most that.
        func percentile(_ share: Double) -> Int64? {
            lags.isEmpty ? nil : lags[max(0, Int((share * Double(lags.count)).rounded(.up)) - 1)]
        }
        let isLate = agreement?.every.map { every in lastSeen.map { now.milliseconds - $0 > every.milliseconds } ?? true }
        return SourceAuditResult.Entry(
            source: name, title: agreement?.title, messages: messages, week: week, weekBefore: weekBefore,
            lastSeen: lastSeen.map { Instant(milliseconds: $0) },
            timed: lags.count, p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), refused: refused,
            every: agreement?.every, isLate: isLate, sent: sentAgainstHere(tolerance: agreement?.tolerance ?? 0))
    }

    /// What it says it sent beside what is here, over all that it said; nil where it said nothing.
    private func sentAgainstHere(tolerance: Double) -> SourceAuditResult.Sent? {
        if sent.isEmpty { return nil }
        ownTimes.sort()
        var sum = SourceAuditResult.Sent(messages: 0, here: 0, missing: 0, surplus: 0, isOff: false)
        for count in sent {
            let here = ownTimes.count(before: count.to.milliseconds) - ownTimes.count(before: count.from.milliseconds)
            sum.messages += count.messages
            sum.here += here
            sum.missing += max(0, count.messages - here)
            sum.surplus += max(0, here - count.messages)
        }
        sum.isOff = Double(max(sum.missing, sum.surplus)) > tolerance * Double(sum.messages)
        return sum
    }
}

extension ContiguousArray<Int64> {
    /// How many are less than a bound; they ascend.
    fileprivate func count(before bound: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
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
