import EventModel
import Rules
import Storage

extension Session {
    /// Saves and removes definitions. They are short transactions that any process may make, whoever writes events meanwhile.
    func define(
        _ command: Command, interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> any CommandResult {
        switch command {
        case .saveSegment(let name, let expression):
            return try save(Definition(kind: .segment, name: name, body: expression), interruption, warn)
        case .saveFeature(let name, let value):
            return try save(Definition(kind: .feature, name: name, body: value), interruption, warn)
        case .dropSegment(let name): return try drop(.segment, name, interruption, warn)
        case .dropFeature(let name): return try drop(.feature, name, interruption, warn)
        case .dropOffer(let key): return try drop(.offer, key, interruption, warn)
        case .dropSource(let name): return try drop(.source, name, interruption, warn)
        default: throw CommandError(.usage, "The command cannot be used here.")
        }
    }

    private func save(
        _ definition: Definition, _ interruption: Interruption, _ warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> any CommandResult {
        let name = definition.name
        try Self.checkName(name)
        _ = try tessera.store(.creating)
        let question = try question(interruption: interruption, warn: warn)
        var checker = question.checker
        let checked: [RuleWarning]
        switch definition.kind {
        case .segment:
            checker.definitions.segments[Text(name)] = definition.body
            checked = try attempt { try checker.rule(definition.body, source: .segment(name)).warnings }
        default:
            checker.definitions.features[Text(name)] = definition.body
            checked = try attempt { try checker.formula(definition.body, source: .feature(name)).warnings }
        }
        for warning in checked { warn(warning.description) }
        if let workspace, try workspace.definitions().contains(where: { $0.kind == definition.kind && $0.name.sameScalars(as: name) }) {
            warn("\(definition.kind.rawValue) '\(name)' is in the workspace too, and the workspace's counts. Change its file instead.")
        }
        let moved = try save([definition], interruption: interruption)
        var details = JSONObject(["name": .string(name)])
        details.set(definition.kind == .segment ? "expression" : "value", .string(definition.body))
        let own = moved.first { $0.kind == definition.kind && $0.name.sameScalars(as: name) }
        return Acknowledgement("Saved \(definition.kind.rawValue) \(name)." + Self.words(for: own), details: details)
    }

    /// Refuses what no definition can be called.
    static func checkName(_ name: String) throws(CommandError) {
        guard Definition.accepts(name: name) else {
            throw CommandError(.name, "A \(Definition.nameRule.dropFirst(2)). Choose another name.")
        }
    }

    /// Saves definitions and records whom they move, all of it or nothing.
    ///
    /// - Returns: The segments and features that this changes.
    @discardableResult
    func save(_ definitions: [Definition], interruption: Interruption) throws(CommandError) -> [WorkspacePlan.Entry] {
        try swapping(interruption: interruption, warn: { _ in }) { question throws(CommandError) in
            let entries = try question.entries(saving: definitions.filter { $0.kind != .model })
            let instant = fixedNow == nil ? question.now : nil
            return (entries, DefinitionSwap(saves: definitions, instant: instant, answers: DefinitionSwap.answers(of: entries)))
        }.plan
    }

    /// Who is in a segment that was saved, and whom that moved.
    private static func words(for entry: WorkspacePlan.Entry?) -> String {
        guard let entry, let after = entry.after else { return "" }
        let size = " \(Figures.count(after.count, "profile"))."
        guard entry.change == .changed, let before = entry.before else { return size }
        return size + " It replaces one of \(Figures.grouped(before.count)): \(Figures.grouped(entry.entering?.count ?? 0)) enter,"
            + " \(Figures.grouped(entry.leaving?.count ?? 0)) leave."
    }

    private func drop(
        _ kind: Definition.Kind, _ name: String, _ interruption: Interruption, _ warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> any CommandResult {
        let store = try tessera.store()
        try interruption.check()
        let edit = DefinitionEdit(removed: [.init(kind: kind, name: name, at: wallClock)])
        guard try attempt({ try store.apply(edit) }).removedCount == 1 else {
            throw try question(interruption: interruption, warn: warn).unknown(kind, name)
        }
        return Acknowledgement("Dropped \(kind.rawValue) \(name).", details: JSONObject(["name": .string(name)]))
    }
}
