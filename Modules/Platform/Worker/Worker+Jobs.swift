import Archive
import EventModel
import Foundation
public import Jobs
import Rules
import Storage

extension Worker {
    /// What can be done at set times, by the names that the section `jobs:` uses; sorted.
    private static let jobs: [(name: String, body: @Sendable (Worker) async throws -> String)] = [
        ("check-memberships", { try await $0.checkMemberships() }), ("percentiles", { try await $0.refreshPercentiles() }),
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

    /// Holds every segment as it is kept against the same segment asked of the blocks anew, at one instant. Segments with percentiles
    /// are left out: their bounds move between refreshes. Where one differs, all are made anew.
    private func checkMemberships() async throws -> String {
        let question = try await now { loop in loop.membersNow() }.get()
        var segments: [(name: String, rule: Rule)] = []
        for definition in question.question.definitions(.segment) where question.members[definition.name] != nil {
            let rule = try question.question.rule(definition.body, source: .segment(definition.name))
            let thresholds = try question.question.evaluator.thresholds(of: rule)
            if thresholds == PercentileThresholds.none { segments.append((definition.name, rule)) }
        }
        let computed = try question.question.members(of: segments.map(\.rule))
        let profileOf = question.question.snapshot.profileOfIdentifier
        var wrong: [String] = []
        for (segment, members) in zip(segments, computed) {
            let kept = Set((question.members[segment.name] ?? []).map { Int(profileOf[Int($0)]) })
            let different = kept.symmetricDifference(members.members).count
            if different > 0 { wrong.append("\(segment.name) (\(different))") }
        }
        guard wrong.isEmpty else {
            requestReload()
            throw JobFailure(description: "Kept otherwise than computed, and made anew: \(wrong.joined(separator: ", ")).")
        }
        return "\(Figures.count(segments.count, "segment")) checked: as computed anew."
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

    public func save(_ ledger: JobLedger) async throws {
        let part = path + ".new"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileWriting.failure(part, errno) }
        defer { close(descriptor) }
        do {
            try FileWriting.write(ContiguousArray(ledger.json.text.utf8), to: descriptor, name: part)
            guard fdatasync(descriptor) == 0, rename(part, path) == 0 else { throw FileWriting.failure(path, errno) }
        } catch {
            unlink(part)
            throw error
        }
    }
}
