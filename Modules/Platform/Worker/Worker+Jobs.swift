import Archive
import Content
import EventModel
import Foundation
public import Jobs
import Rules
import Storage

extension Worker {
    /// What can be done at set times, by the names that the section `jobs:` uses; sorted.
    private static let jobs: [(name: String, body: @Sendable (Worker) async throws -> String)] = [
        ("audit-sources", { try await $0.auditSources() }), ("check-memberships", { try await $0.checkMemberships() }),
        ("percentiles", { try await $0.refreshPercentiles() }),
    ]
    /// Their names.
    public static let jobNames = jobs.map(\.name)

    /// What each of them does, by name.
    public var jobBodies: [String: JobBody] {
        var bodies: [String: JobBody] = [:]
        for (name, body) in Self.jobs { bodies[name] = { _ in try await body(self) } }
        return bodies
    }

    /// Where what ran is kept.
    public var jobLedger: JobLedgerFile { JobLedgerFile(store: path) }

    /// Why a job failed, in a sentence.
    struct JobFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// Holds every segment and every condition of an offer as it is kept against the same one asked of the blocks anew, at one instant.
    /// Those with percentiles are left out: their bounds move between refreshes. Where one differs, all are made anew.
    private func checkMemberships() async throws -> String {
        let now = try await now { loop in loop.membersNow() }.get()
        let question = now.question
        var checks: [Check] = []
        for definition in question.definitions(.segment) {
            guard let kept = now.members[definition.name] else { continue }
            let rule = try question.rule(definition.body, source: .segment(definition.name))
            checks.append(Check(name: definition.name, rule: rule, kept: kept, isSegment: true))
        }
        for definition in question.definitions(.offer) {
            guard let kept = now.offers[definition.name] else { continue }
            let offer = try definition.offer()
            for (index, condition) in try offer.conditions(question.checker).enumerated() {
                let name = "offer \(definition.name), \(offer.rules[index].name)"
                checks.append(Check(name: name, rule: condition.tree, kept: kept[index], isSegment: false))
            }
        }
        checks = try checks.filter { try question.evaluator.thresholds(of: $0.rule) == PercentileThresholds.none }
        let profileOf = question.snapshot.profileOfIdentifier
        var wrong: [String] = []
        for (check, members) in zip(checks, try question.members(of: checks.map(\.rule))) {
            let kept = Set(check.kept.map { Int(profileOf[Int($0)]) })
            let different = kept.symmetricDifference(members.members).count
            if different > 0 { wrong.append("\(check.name) (\(different))") }
        }
        guard wrong.isEmpty else {
            requestReload()
            throw JobFailure(description: "Kept otherwise than computed, and made anew: \(wrong.joined(separator: ", ")).")
        }
        let segments = checks.count { $0.isSegment }
        let what = [Figures.count(segments, "segment"), Figures.count(checks.count - segments, "condition") + " of offers"]
        return "\(what.joined(separator: " and ")) checked: as computed anew."
    }

    /// Something that is kept up to date, on its way to be compared.
    private struct Check {
        var name: String
        var rule: Rule
        /// Least ordinals of the profiles for which it holds.
        var kept: [UInt32]
        /// Else a condition of an offer.
        var isSegment: Bool
    }

    /// Looks whether sources keep to what they have agreed to, and whether as many messages are here as they say they sent.
    private func auditSources() async throws -> String {
        let (path, sent) = (path, sent)
        let result = try await beside { question throws(CommandError) in
            try question.auditSources(quarantine: QuarantineFolder(store: path), sent: sent)
        }
        sourceAlarms.take(result)
        guard result.alarms.isEmpty else { throw JobFailure(description: result.alarms.joined(separator: " ")) }
        let agreed = result.entries.count { $0.every != nil }
        let counted = result.entries.count { $0.sent != nil }
        return "\(Figures.count(result.entries.count, "source")) looked at: \(agreed) in time as agreed, \(counted) as many as sent."
    }

    private func refreshPercentiles() async throws -> String {
        let count = try await offThread { try self.refreshThresholds() }
        return "\(Figures.count(count, "segment")) with percentiles refreshed."
    }
}

/// Keeps the ledger of jobs in a file beside the store; what was saved stays through a crash.
public struct JobLedgerFile: JobLedgerKeeper {
    private let path: String

    /// The ledger of the store at a path.
    public init(store path: String) { self.path = path + ".jobs.json" }

    public func load() async throws -> JobLedger? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return try JobLedger(json: JSONValue(parsing: Array(data)))
    }

    public func save(_ ledger: JobLedger) async throws { try FileWriting.replace(path, with: ContiguousArray(ledger.json.text.utf8)) }
}
