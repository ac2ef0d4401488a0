import Connectors
import EventModel
import Rules
import Storage

/// What was answered before, and what traits were before.
extension Question {
    func history(_ subject: HistorySubject) throws(CommandError) -> any CommandResult {
        switch subject {
        case .segment(let name):
            let records = try records(of: name, touching: nil)
            return SegmentHistoryResult(segment: name, records: records)
        case .person(let reference): return try memberships(of: person(reference), in: nil)
        case .personInSegment(let reference, let name): return try memberships(of: person(reference), in: name)
        case .trait(let path, let reference): return try trait(path, of: person(reference))
        }
    }

    /// Who was answered for a segment at an instant; nil: at the latest record.
    func recorded(_ name: String, at instant: Instant?, limit: Int?) throws(CommandError) -> RecordedResult {
        guard let recorded = try attempt({ try snapshot.recordedMembers(of: name, at: instant) }) else {
            if let instant, let first = try records(of: name, touching: nil).first {
                throw CommandError(
                    .name, "Nothing was recorded of segment '\(name)' by \(instant.text); the first record is of \(first.at.text).")
            }
            throw neverRecorded(name)
        }
        let ids = try attempt { try snapshot.canonicalIDs() }
        let members = recorded.profiles(in: snapshot).map { ids[Int($0)] }.sorted { $0.precedesByScalars($1) }
        return RecordedResult(
            segment: name, at: recorded.at, expression: recorded.expression, members: limit.map { Array(members.prefix($0)) } ?? members,
            total: members.count)
    }

    private func records(of name: String, touching ordinals: OrdinalSet?) throws(CommandError) -> [MembershipRecord] {
        let records = try attempt { try snapshot.membershipRecords(of: name, touching: ordinals) }
        if records.isEmpty, ordinals == nil { throw neverRecorded(name) }
        return records
    }

    private func neverRecorded(_ name: String) -> CommandError {
        guard definition(.segment, name) != nil else { return unknown(.segment, name) }
        return CommandError(
            .name, "Nothing was recorded of segment '\(name)' yet. `record \(name)` asks it at the wall clock and records who is in.")
    }

    private func memberships(of person: Person, in segment: String?) throws(CommandError) -> PersonHistoryResult {
        if let segment { _ = try records(of: segment, touching: nil) }
        let records = try attempt { try snapshot.membershipRecords(of: segment, touching: OrdinalSet(person.ordinals)) }
        return PersonHistoryResult(
            id: person.id,
            changes: records.flatMap { record in
                let exited = record.exited.ordinals.isEmpty ? [] : [PersonHistoryResult.Change(record, "exited")]
                return exited + (record.entered.ordinals.isEmpty ? [] : [PersonHistoryResult.Change(record, "entered")])
            })
    }

    /// The values of a trait, each from the identify that set it: as the language reads it at that message's instant.
    private func trait(_ path: [String], of person: Person) throws(CommandError) -> TraitHistoryResult {
        let messages = try attempt { try person.messages(until: now, kinds: [.identify], threads: threads) }
        var values: [TraitHistoryResult.Entry] = []
        for message in messages where message.traits[path[0]] != nil {
            let value = message.traits.value(at: path) ?? .null
            if values.last?.value != value || values.isEmpty {
                values.append(.init(at: message.timestamp, value: value, messageID: message.messageID))
            }
        }
        return TraitHistoryResult(id: person.id, trait: Self.spelled(path[...], before: "trait"), values: values)
    }
}

extension Session {
    /// Asks saved segments at the wall clock and records who entered and exited since their last records.
    func record(
        _ names: [String], interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> any CommandResult {
        guard fixedNow == nil else {
            throw CommandError(.usage, "`now` is fixed, and nothing is recorded that depends on it. `set now clock`, then `record`.")
        }
        let (recorded, _) = try swapping(interruption: interruption, warn: warn, because: .clock) { question throws(CommandError) in
            let chosen = try names.map { name throws(CommandError) -> Definition in
                guard let definition = question.definition(.segment, name) else { throw question.unknown(.segment, name) }
                return definition
            }
            let segments = names.isEmpty ? question.definitions(.segment) : chosen
            let sets = try question.members(
                of: segments.map { definition throws(CommandError) in
                    try question.rule(definition.body, source: .segment(definition.name))
                })
            let answers = zip(segments, sets).map {
                DefinitionSwap.Answer(
                    segment: $0.name, expression: DefinitionText($0.body).expression, members: $1)
            }
            return (zip(segments, sets).map { ($0.name, $1.count) }, DefinitionSwap(instant: question.now, answers: answers))
        }
        let sizes = recorded.map { JSONValue.object(JSONObject(["name": .string($0.0), "members": .integer(Int64($0.1))])) }
        return Acknowledgement(
            "Recorded \(Figures.count(recorded.count, "segment")).", details: JSONObject(["segments": .array(sizes)]))
    }

    /// What saving a segment would change: its text, and who enters and leaves, also in segments that mention it.
    func diff(
        _ name: String, _ expression: String, interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> PlanResult {
        let question = try storeQuestion(interruption: interruption, warn: warn)
        var checker = question.checker
        checker.definitions.segments[Text(name)] = expression
        for warning in try attempt({ try checker.rule(expression, source: .segment(name)).warnings }) { warn(warning.description) }
        let entries = try question.entries(saving: [Definition(kind: .segment, name: name, body: expression)])
        return PlanResult(
            WorkspacePlan(entries: entries, findings: [], swap: DefinitionSwap()),
            ids: try attempt { try question.snapshot.canonicalIDs() }, now: question.now, command: "segment \(name) = ...")
    }
}
