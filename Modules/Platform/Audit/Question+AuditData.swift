import EventModel
import Rules
import Statistics
import Storage

extension Question {
    /// Milliseconds of a week.
    private static let week: Int64 = 7 * 86_400_000

    /// What is stored, event by event and property by property, trait by trait: how much is there, of what kind, within which bounds, and
    /// who uses it.
    ///
    /// - Parameter name: Only this event; nil: everything.
    /// - Parameter plan: What values are meant to be; nil: nothing is outside.
    func auditData(_ name: String?, plan: TrackingPlan?) throws(CommandError) -> DataAuditResult {
        var subjects: [AuditSubject] = []
        if let name { _ = try event(name) }
        for (event, _) in try attempt({ try snapshot.eventNames() }) where name.map({ event.sameScalars(as: $0) }) ?? true {
            subjects.append(try subject(.track, event, plan))
        }
        if name == nil {
            let kinds = Set(snapshot.blocks.filter { $0.rows > 0 }.map(\.kind))
            for kind in Message.Kind.allCases where kind != .track && kinds.contains(kind) {
                subjects.append(try subject(kind, nil, plan))
            }
        }
        let origins = try gather(subjects)
        let uses = uses()
        return DataAuditResult(
            entries: subjects.filter { $0.rows > 0 }.flatMap { $0.entries(uses, origins) }, now: now, hasPlan: plan != nil)
    }

    private func subject(_ kind: Message.Kind, _ event: String?, _ plan: TrackingPlan?) throws(CommandError) -> AuditSubject {
        let member = kind == .identify || kind == .group ? "traits" : "properties"
        let all = try attempt { try snapshot.paths(kind: kind, event: event) }.filter { $0.first == member && $0.count > 1 }
        let paths = Self.leaves(all)
        return AuditSubject(
            kind: kind, event: event, paths: paths,
            tallies: paths.map { FieldTally(planned: plan?.field(Array($0.dropFirst()), kind: kind, event: event)) })
    }

    /// Reads every block once, with all columns that are asked of it.
    private func gather(_ subjects: [AuditSubject]) throws(CommandError) -> AuditOrigins {
        var origins = AuditOrigins(agreements: definitions(.source).compactMap { try? $0.agreement() })
        for block in snapshot.blocks where block.rows > 0 && block.minTime <= now.milliseconds {
            let isShared = block.kind == .track && block.event == nil
            let wanted = subjects.filter { subject in
                subject.kind == block.kind && (isShared || subject.event.sameScalars(as: block.event))
            }
            if wanted.isEmpty { continue }
            // Rare events share blocks; what one of them lacks is absent there, and costs nothing.
            let paths = (isShared ? [["event"]] : []) + wanted.flatMap(\.paths) + MessageOrigins.paths
            let columns = try attempt { try snapshot.read(block, paths: paths) }
            let own = MessageOrigins(
                columns.columns.suffix(MessageOrigins.paths.count), rows: columns.times.count, &origins.sources, &origins.purposes)
            var place = isShared ? 1 : 0
            for subject in wanted {
                let rows = columns.times.indices.filter { row in
                    columns.times[row] <= now.milliseconds
                        && (!isShared || columns.columns[0].auditText(at: row).sameScalars(as: subject.event))
                }
                let first = place
                place += subject.paths.count
                if rows.isEmpty { continue }
                let part = FieldTally.Rows(
                    chosen: rows, times: columns.times, origins: own, week: now.milliseconds - Self.week,
                    weekBefore: now.milliseconds - 2 * Self.week)
                subject.count(part)
                let tallies = subject.tallies
                shareOut(tallies.count, threads: threads) { tallies[$0].add(columns.columns[first + $0], part) }
            }
        }
        return origins
    }

    /// What each segment, feature and offer reads; one that cannot be checked reads nothing.
    private func uses() -> [(name: String, reads: TimelineReads)] {
        definitions.compactMap { definition in
            switch definition.kind {
            case .segment:
                guard let rule = try? checker.rule(definition.body, source: .segment(definition.name)).tree else { return nil }
                return ("segment \(definition.name)", TimelineReads(rule))
            case .feature:
                guard let formula = try? checker.formula(definition.body, source: .feature(definition.name)).tree else { return nil }
                let rule = Rule(root: .exists(formula.root), segments: formula.segments, features: formula.features)
                return ("feature \(definition.name)", TimelineReads(rule))
            case .offer:
                guard let conditions = try? definition.offer().conditions(checker) else { return nil }
                var reads = TimelineReads()
                for condition in conditions { reads.formUnion(TimelineReads(condition.tree)) }
                return ("offer \(definition.name)", reads)
            case .model, .source, .identity, .unmerge: return nil
            }
        }
    }
}

/// The messages of one kind and name in an audit, with their fields.
final class AuditSubject {
    let kind: Message.Kind
    let event: String?
    let paths: [ColumnPath]
    let tallies: [FieldTally]
    private(set) var rows = 0
    private var lastSeen: Int64 = .min
    private var weekRows = 0
    private var weekBeforeRows = 0
    private var origins = MetOrigins()

    init(kind: Message.Kind, event: String?, paths: [ColumnPath], tallies: [FieldTally]) {
        (self.kind, self.event, self.paths, self.tallies) = (kind, event, paths, tallies)
    }

    func count(_ part: FieldTally.Rows) {
        rows += part.chosen.count
        lastSeen = max(lastSeen, part.latest)
        weekRows += part.weekRows
        weekBeforeRows += part.weekBeforeRows
        for row in part.chosen { origins.meet(part.origins, row: row) }
    }

    /// The messages themselves, then each of their fields.
    func entries(_ uses: [(name: String, reads: TimelineReads)], _ names: AuditOrigins) -> [DataAuditResult.Entry] {
        var whole = DataAuditResult.Entry(of: event ?? kind.word, field: nil, rows: rows)
        (whole.week, whole.weekBefore) = (weekRows, weekBeforeRows)
        whole.lastSeen = Instant(milliseconds: lastSeen)
        whole.usedBy = uses.filter { $0.reads.needs(kind, event: event) }.map(\.name)
        (whole.sources, whole.purposes) = names.named(origins)
        return [whole]
            + zip(paths, tallies).map { path, tally in
                var entry = DataAuditResult.Entry(of: event ?? kind.word, field: spelled(path), rows: tally.rows)
                let rows = Double(max(1, tally.rows))
                entry.missing = Double(tally.tags[Int(ValueTag.absent)]) / rows
                entry.null = Double(tally.tags[Int(ValueTag.null)]) / rows
                entry.kinds = Self.kindWords.filter { word in word.tags.contains { tally.tags[Int($0)] > 0 } }.map(\.word)
                entry.distinct = tally.distinct
                if tally.leastNumber <= tally.greatestNumber {
                    (entry.least, entry.greatest) = (.number(tally.leastNumber), .number(tally.greatestNumber))
                } else if let least = tally.leastText, let greatest = tally.greatestText {
                    (entry.least, entry.greatest) = (.string(least), .string(greatest))
                }
                entry.outside = tally.isPlanned ? Double(tally.outside) / Double(max(1, tally.present)) : nil
                entry.drift = tally.drift
                entry.lastSeen = tally.lastSeen.map { Instant(milliseconds: $0) }
                (entry.sources, entry.purposes) = names.named(tally.origins)
                entry.usedBy = uses.filter { use in
                    switch kind {
                    case .identify, .group: use.reads.reads(trait: path[1], of: kind)
                    default: use.reads.reads(property: path[1], of: kind, event: event)
                    }
                }.map(\.name)
                return entry
            }
    }

    private func spelled(_ path: ColumnPath) -> String {
        let before =
            switch kind {
            case .identify: "trait"
            case .group: "group"
            default: ""
            }
        return Question.spelled(path.dropFirst(), before: before)
    }

    private static let kindWords: [(word: String, tags: [UInt8])] = [
        ("text", [ValueTag.text]), ("number", [ValueTag.number]), ("truth", [ValueTag.no, ValueTag.yes]), ("array", [ValueTag.array]),
        ("object", [ValueTag.object]),
    ]
}

extension Column {
    /// The text of a row; nil where it is none.
    func auditText(at row: Int) -> String? {
        guard tags[row] == ValueTag.text, let dictionary else { return nil }
        return dictionary[Int(texts[row])]
    }
}

extension String? {
    /// Whether both are the same text by scalars, or both are none.
    fileprivate func sameScalars(as other: String?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let a?, let b?): a.sameScalars(as: b)
        default: false
        }
    }
}
