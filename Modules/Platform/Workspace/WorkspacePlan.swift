import Connectors
import Content
import EventModel
import Rules
import Storage

/// What a workspace would change in a store, worked out before anything is written.
struct WorkspacePlan: Sendable {
    /// What happens to one definition.
    enum Change: String, Sendable, CaseIterable {
        case added, changed, removed
        /// Its text stays, and something that it mentions changes.
        case affected
        /// Its text was saved by hand and is the workspace's from now on.
        case adopted
        case unchanged
    }

    /// One definition, before and after.
    struct Entry: Sendable {
        var kind: Definition.Kind
        var name: String
        var change: Change
        /// Who is in, where the segment is there and understood.
        var before: Membership?
        var after: Membership?
        /// The text before and after, without the workspace's mark; nil where there is none.
        var oldText: String?
        var newText: String?
        /// What was saved by hand gives way.
        var replacesSaved = false

        var entering: Membership? {
            guard let after else { return nil }
            return before.map { after.subtracting($0) } ?? after
        }
        var leaving: Membership? {
            guard let before else { return nil }
            return after.map { before.subtracting($0) } ?? before
        }
    }

    /// By kind and name.
    var entries: [Entry]
    var findings: [LintFinding]
    var swap: DefinitionSwap
}

/// A definition's name within its kind.
private struct DefinitionKey: Hashable {
    var kind: Definition.Kind
    var name: Text

    init(_ definition: Definition) { (kind, name) = (definition.kind, Text(definition.name)) }
}

extension Definition.Kind {
    /// Its place among those that a plan shows.
    fileprivate var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension Question {
    /// Compares a workspace with what is saved. The question must be about the store alone.
    ///
    /// - Throws: `CommandError` with everything that is wrong with the workspace's files.
    func plan(_ contents: WorkspaceContents) throws(CommandError) -> WorkspacePlan {
        let own = contents.definitions
        let kept = Set(own.map(DefinitionKey.init))
        let stored = definitions.filter { $0.kind != .model }
        let byHand = stored.filter { !kept.contains(DefinitionKey($0)) && WorkspaceMark.removed(from: $0.body) == nil }
        let checker = Checker(definitions: Definitions(own + byHand), catalogue: checker.catalogue)
        let (old, _, _) = Self.checked(stored, self.checker)
        let (new, problems, warnings) = Self.checked(own + byHand, checker)
        var refused = contents.problems + own.compactMap { problems[DefinitionKey($0)] }.map(contents.located)
        for definition in byHand where old[DefinitionKey(definition)] != nil {
            if var error = problems[DefinitionKey(definition)] {
                error.place.source += " (saved in the store)"
                refused.append(error)
            }
        }
        if let error = CommandError(refused) { throw error }
        for warning in own.flatMap({ warnings[DefinitionKey($0)] ?? [] }) { warn(contents.located(warning).description) }

        var entries = Self.entries(stored: stored, target: own + byHand, own: kept, old: old, new: new)
        try measure(&entries, old: old, new: new)
        var sizes: [Text: Membership] = [:]
        for entry in entries where entry.kind == .segment { sizes[Text(entry.name)] = entry.after }
        return WorkspacePlan(
            entries: entries, findings: Lint(contents.segments, members: sizes).findings,
            swap: Self.swap(entries, own: own, stored: stored))
    }

    /// What saving some definitions by hand changes: theirs, and those that mention them. Nothing is written.
    func entries(saving saved: [Definition]) throws(CommandError) -> [WorkspacePlan.Entry] {
        let stored = definitions.filter { $0.kind != .model }
        let replaced = Set(saved.map(DefinitionKey.init))
        let target = saved + stored.filter { !replaced.contains(DefinitionKey($0)) }
        let old = Self.checked(stored, checker).0
        let new = Self.checked(target, Checker(definitions: Definitions(target), catalogue: checker.catalogue)).0
        var entries = Self.entries(stored: stored, target: target, own: [], old: old, new: new).filter { $0.change != .unchanged }
        try measure(&entries, old: old, new: new)
        return entries
    }

    /// A checked definition: equal where nothing that it says, itself or through others, differs.
    private enum Meaning: Hashable {
        case rule(Rule)
        case formula(Formula)
        /// Of an offer, the conditions.
        case conditions([Rule])
        case agreement(SourceAgreement)
    }

    private static func checked(_ definitions: [Definition], _ checker: Checker) -> (
        [DefinitionKey: Meaning], [DefinitionKey: RuleError], [DefinitionKey: [RuleWarning]]
    ) {
        var meanings: [DefinitionKey: Meaning] = [:]
        var problems: [DefinitionKey: RuleError] = [:]
        var warnings: [DefinitionKey: [RuleWarning]] = [:]
        for definition in definitions {
            let key = DefinitionKey(definition)
            do throws(RuleError) {
                switch definition.kind {
                case .segment:
                    let checked = try checker.rule(definition.body, source: .segment(definition.name))
                    (meanings[key], warnings[key]) = (.rule(checked.tree), checked.warnings)
                case .offer:
                    let checked = try definition.offer().conditions(checker)
                    (meanings[key], warnings[key]) = (.conditions(checked.map(\.tree)), checked.flatMap(\.warnings))
                case .source: meanings[key] = .agreement(try definition.agreement())
                case .identity, .unmerge: break  // No files: they are changed through the store's writer.
                case .feature, .model:
                    let checked = try checker.formula(definition.body, source: .feature(definition.name))
                    (meanings[key], warnings[key]) = (.formula(checked.tree), checked.warnings)
                }
            } catch { problems[key] = error }
        }
        return (meanings, problems, warnings)
    }

    private static func entries(
        stored: [Definition], target: [Definition], own: Set<DefinitionKey>, old: [DefinitionKey: Meaning], new: [DefinitionKey: Meaning]
    ) -> [WorkspacePlan.Entry] {
        let before = Dictionary(stored.map { (DefinitionKey($0), $0) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(target.map { (DefinitionKey($0), $0) }, uniquingKeysWith: { first, _ in first })
        let entries = Set(before.keys).union(after.keys).map { key in
            let mark = before[key].flatMap { WorkspaceMark.removed(from: $0.body) }
            let oldText = mark ?? before[key]?.body.trimmingSpaces
            let newText = (after[key]?.body.trimmingSpaces)
            let isTaken = own.contains(key) && before[key] != nil && mark == nil
            let change: WorkspacePlan.Change =
                switch (oldText, newText) {
                case (nil, _): .added
                case (_, nil): .removed
                case (let x?, let y?) where !x.sameScalars(as: y): .changed
                default: isTaken ? .adopted : old[key] != new[key] ? .affected : .unchanged
                }
            return WorkspacePlan.Entry(
                kind: key.kind, name: key.name.string, change: change, oldText: oldText, newText: newText, replacesSaved: isTaken)
        }
        return entries.sorted { a, b in a.kind != b.kind ? a.kind.place < b.kind.place : a.name.precedesByScalars(b.name) }
    }

    /// Answers the old and the new of every segment in one scan; what did not change is asked once.
    private func measure(_ entries: inout [WorkspacePlan.Entry], old: [DefinitionKey: Meaning], new: [DefinitionKey: Meaning])
        throws(CommandError)
    {
        var rules: [Rule] = []
        var places: [Rule: Int] = [:]
        func place(_ meaning: Meaning?) -> Int? {
            guard case .rule(let rule) = meaning else { return nil }
            if let place = places[rule] { return place }
            places[rule] = rules.count
            rules.append(rule)
            return rules.count - 1
        }
        let asked = entries.map { entry -> (Int?, Int?) in
            let key = DefinitionKey(Definition(kind: entry.kind, name: entry.name, body: ""))
            return (place(old[key]), place(new[key]))
        }
        let sets = try members(of: rules)
        for (index, (before, after)) in asked.enumerated() {
            entries[index].before = before.map { sets[$0] }
            entries[index].after = after.map { sets[$0] }
        }
    }

    private static func swap(_ entries: [WorkspacePlan.Entry], own: [Definition], stored: [Definition]) -> DefinitionSwap {
        let keep = Set<WorkspacePlan.Change>([.added, .changed, .adopted])
        let written = Set(
            entries.filter { keep.contains($0.change) }.map { DefinitionKey(Definition(kind: $0.kind, name: $0.name, body: "")) })
        let gone = Set(
            entries.filter { $0.change == .removed }.map { DefinitionKey(Definition(kind: $0.kind, name: $0.name, body: "")) })
        return DefinitionSwap(
            saves: own.filter { written.contains(DefinitionKey($0)) }.map {
                Definition(kind: $0.kind, name: $0.name, body: WorkspaceMark.added(to: $0.body))
            },
            removals: stored.filter { gone.contains(DefinitionKey($0)) }, answers: DefinitionSwap.answers(of: entries))
    }
}
