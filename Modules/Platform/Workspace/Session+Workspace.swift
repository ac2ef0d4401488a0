import Connectors
import EventModel
import Rules
import Storage

/// The workspace as code: what it would change, making it so, and what to think of it.
extension Session {
    /// What `apply` would change. Nothing is written.
    func plan(_ question: Question) throws(CommandError) -> PlanResult {
        PlanResult(try question.plan(try contents()), ids: try question.ids(), now: question.now)
    }

    /// Makes the store's definitions those of the workspace; those saved by hand under other names stay.
    func apply(interruption: Interruption, warn: @escaping @Sendable (String) -> Void) throws(CommandError) -> ApplyResult {
        let contents = try contents()
        let (plan, isRecorded) = try swapping(interruption: interruption, warn: warn) { question throws(CommandError) in
            let plan = try question.plan(contents)
            let refusals = plan.findings.filter { $0.severity == .refused }
            guard refusals.isEmpty else {
                throw CommandError(.limit, (refusals.map(\.message) + ["Nothing was changed."]).joined(separator: "\n"))
            }
            var swap = plan.swap
            swap.instant = fixedNow == nil ? question.now : nil
            return (plan, swap)
        }
        for finding in plan.findings where finding.severity == .warning { warn(finding.message) }
        return ApplyResult(plan, recorded: isRecorded)
    }

    /// What lint finds in the workspace.
    func lint(_ question: Question) throws(CommandError) -> LintResult {
        let contents = try contents()
        return LintResult(findings: try question.plan(contents).findings, segments: contents.segments.count)
    }

    private func contents() throws(CommandError) -> WorkspaceContents {
        guard let workspace else {
            throw CommandError(
                .usage, "No workspace is named. Start the shell with --workspace DIR, a folder with segments/, features/ or offers/.")
        }
        let contents = try workspace.contents()
        guard workspace.isThere else {
            throw CommandError(
                .missing, "\(workspace.folder) has neither segments/ nor features/ nor offers/. Make one of them, or name another folder.")
        }
        return contents
    }

    /// The question that `plan`, `apply` and `lint` ask: about the store alone.
    func storeQuestion(
        _ access: Plugins.Access = .existing, interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> Question {
        let store = try tessera.store(access)
        return try Question(
            snapshot: try attempt { try store.snapshot() }, workspace: nil, now: now, threads: threads, interruption: interruption,
            warn: warn)
    }
}

extension Question {
    fileprivate func ids() throws(CommandError) -> [String] { try attempt { try snapshot.canonicalIDs() } }

    /// The sizes of the exclusive segments of taxonomies.
    ///
    /// - Parameter name: nil: all of them.
    func taxonomies(_ name: String?) throws(CommandError) -> TaxonomyResult {
        let made = definitions(.segment).compactMap {
            definition -> (taxonomy: String, order: Int, definition: Definition, title: String?)? in
            let text = DefinitionText(definition.body)
            guard let taxonomy = text.head.taxonomy, let order = text.head.order,
                definition.name.unicodeScalars.starts(with: Taxonomy.name(of: "", in: taxonomy).unicodeScalars)
            else { return nil }
            return (taxonomy, order, definition, text.title)
        }
        let chosen = made.filter { entry in name.map { entry.taxonomy.sameScalars(as: $0) } ?? true }
        if let name, chosen.isEmpty {
            let near = nearMatch(to: name, among: made.map(\.taxonomy)).map { " Did you mean '\($0)'?" } ?? ""
            throw CommandError(
                .name, "There is no taxonomy '\(name)'.\(near) A segment's file says `# taxonomy: \(name)` and `# order: 1`.")
        }
        let sorted = chosen.sorted { a, b in
            a.taxonomy.sameScalars(as: b.taxonomy) ? a.order < b.order : a.taxonomy.precedesByScalars(b.taxonomy)
        }
        let sets = try members(
            of: sorted.map { entry throws(CommandError) in try rule(entry.definition.body, source: .segment(entry.definition.name)) })
        return TaxonomyResult(
            segments: zip(sorted, sets).map { entry, set in
                .init(taxonomy: entry.taxonomy, name: entry.definition.name, title: entry.title, members: set.count)
            }, population: snapshot.profileCount)
    }
}
